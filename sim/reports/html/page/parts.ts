/** What the page's program is made of. */
import { camera } from './camera.js';
import { journeys } from './journeys.js';
import { meshState } from './mesh-state.js';
import { painter } from './painter.js';
import { plots } from './plots.js';
import { replay } from './replay.js';
import { tracks } from './tracks.js';
import { written } from './written.js';

/** Parts find each other here, by name, and nowhere else. */
export interface Parts {
  readonly camera: typeof camera;
  readonly journeys: typeof journeys;
  readonly meshState: typeof meshState;
  readonly painter: typeof painter;
  readonly plots: typeof plots;
  readonly replay: typeof replay;
  readonly tracks: typeof tracks;
  readonly written: typeof written;
}

export const PARTS: Parts = { camera, journeys, meshState, painter, plots, replay, tracks, written };
