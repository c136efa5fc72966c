/** Which part of the world the canvas shows. Stands on its own: see ../script.ts. */
import type { View } from './painter.js';
import type { Tracks } from './tracks.js';

export interface Camera {
  readonly view: View;
  /** The canvas is so large now, in pixels of the page. */
  resize(width: number, height: number): void;
  /** Makes everything larger by this factor, around a pixel. */
  zoom(factor: number, x: number, y: number): void;
  pan(dx: number, dy: number): void;
  showAll(): void;
}

export function camera(bounds: Tracks['bounds']): Camera {
  const margin = 28;
  const most = 60;
  let view = { width: 1, height: 1, scale: 1, left: 0, top: 0 };
  let wholeScale = 1;
  const made = {
    get view(): View {
      return view;
    },
    resize(width: number, height: number): void {
      view = { ...view, width, height };
      made.showAll();
    },
    zoom(factor: number, x: number, y: number): void {
      const scale = Math.max(wholeScale / 2, Math.min(wholeScale * most, view.scale * factor));
      const grown = scale / view.scale;
      view = { ...view, scale, left: x - (x - view.left) * grown, top: y - (y - view.top) * grown };
    },
    pan(dx: number, dy: number): void {
      view = { ...view, left: view.left + dx, top: view.top + dy };
    },
    showAll(): void {
      const wide = Math.max(1, bounds.right - bounds.left);
      const high = Math.max(1, bounds.bottom - bounds.top);
      const { width, height } = view;
      wholeScale = Math.max(1e-6, Math.min((width - 2 * margin) / wide, (height - 2 * margin) / high));
      view = {
        ...view,
        scale: wholeScale,
        left: (width - wide * wholeScale) / 2 - bounds.left * wholeScale,
        top: (height - high * wholeScale) / 2 - bounds.top * wholeScale,
      };
    },
  };
  return made;
}
