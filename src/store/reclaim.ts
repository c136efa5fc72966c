/**
 * Gives the room of dropped bundles back to the disk.
 *
 * A deletion in LevelDB is a note of a few bytes that hides the old value; the value itself goes when the files that
 * hold it happen to be merged. A node that carries and drops megabytes with few notes would grow far past its quota, so
 * the files are merged on purpose once enough has been dropped.
 */
import type { KeyRange } from './level-keys.js';
import { slicesOfBytes } from './level-keys.js';

/** Dropped bytes that are worth a merge. */
const WORTHWHILE_BYTES = 64 * 1024 * 1024;

export class Reclaimer {
  #droppedBytes = 0;
  #stopped = false;
  #running: Promise<void> | undefined;
  readonly #compact: (range: KeyRange) => Promise<void>;

  /** @param compact merges the files of one range of keys. */
  constructor(compact: (range: KeyRange) => Promise<void>) {
    this.#compact = compact;
  }

  /** Counts what was dropped, and starts a merge in the background when it is worth one. */
  dropped(bytes: number): void {
    this.#droppedBytes += bytes;
    if (this.#droppedBytes < WORTHWHILE_BYTES || this.#stopped) return;
    this.#running ??= this.#run();
  }

  /** Ends a running merge after its current slice, so that closing the store takes well under a second. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#droppedBytes = 0;
    for (const slice of slicesOfBytes()) {
      if (this.#stopped) break;
      await this.#compact(slice);
    }
    this.#running = undefined;
  }
}
