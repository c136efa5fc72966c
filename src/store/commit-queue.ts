/**
 * Group commit: what is handed in while one group is being written waits and becomes the next group. One sync then
 * serves many bundles, and the order in which they came is the order in which they are written.
 */
import type { StoreOp } from './types.js';

/** A group ends here, so that a burst of large bundles is not held in memory twice over. */
const GROUP_BYTES = 8 * 1024 * 1024;

export interface Commit {
  readonly ops: readonly StoreOp[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class CommitQueue {
  #waiting: Commit[] = [];
  #writing: Promise<void> | undefined;
  readonly #write: (group: readonly Commit[]) => Promise<void>;

  /** @param write settles each commit of the group itself and never rejects. */
  constructor(write: (group: readonly Commit[]) => Promise<void>) {
    this.#write = write;
  }

  push(ops: readonly StoreOp[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ops, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    // Everything that the current turn of the event loop hands in belongs to the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#write(this.#nextGroup());
    this.#writing = undefined;
  }

  #nextGroup(): readonly Commit[] {
    let bytes = 0;
    let count = 0;
    for (const commit of this.#waiting) {
      for (const op of commit.ops) bytes += op.op === 'put' ? op.bytes.length : 0;
      if (count > 0 && bytes > GROUP_BYTES) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
