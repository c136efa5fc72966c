/** The story's time of day: it begins at eight in the morning and runs as fast as presence ages. */
import { HOUR_MS } from '../../base/index.js';

const MORNING_MS = 8 * HOUR_MS;

/** Story times are milliseconds since midnight. */
export class StoryClock {
  readonly #startedAt = Date.now();
  readonly #squeeze: number;

  /** @param squeeze story milliseconds in one real millisecond. */
  constructor(squeeze: number) {
    this.#squeeze = squeeze;
  }

  now(): number {
    return this.at(Date.now());
  }

  /** @param wall Unix ms, as the nodes write it into messages. */
  at(wall: number): number {
    return MORNING_MS + this.duration(wall - this.#startedAt);
  }

  /** How long a real time is in the story. */
  duration(ms: number): number {
    return ms * this.#squeeze;
  }
}
