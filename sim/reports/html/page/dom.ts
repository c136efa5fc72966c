/** As much of a browser as the page uses: the program is compiled without one, and tests put a stand-in here. */

export interface Context {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  lineJoin: string;
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void;
  setLineDash(segments: readonly number[]): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  fill(): void;
  stroke(): void;
  strokeText(text: string, x: number, y: number): void;
  fillText(text: string, x: number, y: number): void;
}

/** Of a pointer, a wheel or a key. */
export interface PageEvent {
  readonly key: string;
  readonly deltaY: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly movementX: number;
  readonly movementY: number;
  readonly buttons: number;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  preventDefault(): void;
}

export interface Element {
  textContent: string | null;
  value: string;
  hidden: boolean;
  width: number;
  height: number;
  max: string;
  readonly clientWidth: number;
  readonly clientHeight: number;
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: { readonly passive: boolean }): void;
  append(...children: readonly (Element | string)[]): void;
  replaceChildren(...children: readonly (Element | string)[]): void;
  setAttribute(name: string, value: string): void;
  getContext(kind: '2d'): Context | null;
}

export interface Document {
  readonly documentElement: Element;
  getElementById(id: string): Element | null;
  createElement(name: string): Element;
}

export interface Window {
  readonly devicePixelRatio: number;
  requestAnimationFrame(draw: (nowMs: number) => void): void;
  addEventListener(type: string, listener: () => void): void;
  matchMedia(query: string): { addEventListener(type: 'change', listener: () => void): void };
  getComputedStyle(element: Element): { getPropertyValue(name: string): string };
}

/** As much of uPlot as the page uses. */
export interface Plot {
  readonly ctx: Context;
  valToPos(value: number, scale: string, isCanvas: boolean): number;
  setSize(size: { readonly width: number; readonly height: number }): void;
  destroy(): void;
}

export interface PlotMaker {
  new (options: object, data: readonly (readonly (number | null)[])[], target: Element): Plot;
  readonly paths: {
    stepped(options: { readonly align: 1 | -1 }): unknown;
    bars(options: { readonly size: readonly number[] }): unknown;
  };
}
