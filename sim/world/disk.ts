/** The disk of a simulated laptop: what is committed is there, at once, and nothing else is after a crash. */
import { invariant, type Random, toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import {
  EPOCH_BYTES,
  type LedgerEntry,
  SEQ_GAP,
  type SeenEntry,
  type StoreOp,
  type StoreSnapshot,
} from '../../src/store/index.js';

interface Held {
  entry: LedgerEntry;
  readonly bytes: Uint8Array;
}

export class SimDisk {
  readonly #epoch: string;
  /** Whether anything but bundles is ever read again: only after a crash. */
  readonly #mayCrash: boolean;
  #lastSeq = 0;
  readonly #bundles = new Map<BundleKey, Held>();
  readonly #seen = new Map<BundleKey, SeenEntry>();
  readonly #records = new Map<string, Map<string, Uint8Array>>();

  constructor(random: Random, mayCrash: boolean) {
    this.#epoch = toHex(random.bytes(EPOCH_BYTES));
    this.#mayCrash = mayCrash;
  }

  /** @param onLeft is told of each bundle that leaves. */
  commit(ops: readonly StoreOp[], onLeft: (entry: LedgerEntry) => void): void {
    for (const op of ops) {
      switch (op.op) {
        case 'put':
          this.#bundles.set(op.entry.key, { entry: op.entry, bytes: op.bytes });
          this.#lastSeq = Math.max(this.#lastSeq, op.entry.seq);
          break;
        case 'update': {
          const held = this.#bundles.get(op.entry.key);
          if (held !== undefined) held.entry = op.entry;
          break;
        }
        case 'drop': {
          const held = this.#bundles.get(op.key);
          if (held !== undefined) onLeft(held.entry);
          this.#bundles.delete(op.key);
          this.#see(op);
          break;
        }
        case 'see':
          this.#see(op);
          break;
        case 'unsee':
          this.#seen.delete(op.key);
          break;
        case 'set':
          if (this.#mayCrash) this.#space(op.space).set(op.key, op.value);
          break;
        case 'unset':
          if (this.#mayCrash) this.#space(op.space).delete(op.key);
          break;
      }
    }
  }

  read(key: BundleKey): Uint8Array | undefined {
    return this.#bundles.get(key)?.bytes;
  }

  /** What a start finds. */
  load(): StoreSnapshot {
    invariant(this.#mayCrash || this.#bundles.size === 0, 'this disk was told that its laptop never starts again');
    if (this.#lastSeq > 0) this.#lastSeq += SEQ_GAP;
    return {
      epoch: this.#epoch,
      lastSeq: this.#lastSeq,
      entries: [...this.#bundles.values()].map(({ entry }) => entry),
      seen: [...this.#seen.values()],
      records: this.#records,
    };
  }

  #see({ key, reason, rememberUntil, author, depositor }: SeenEntry): void {
    if (!this.#mayCrash) return;
    const charged = {
      ...(author === undefined ? {} : { author }),
      ...(depositor === undefined ? {} : { depositor }),
    };
    this.#seen.set(key, { key, reason, rememberUntil, ...charged });
  }

  #space(name: string): Map<string, Uint8Array> {
    const space = this.#records.get(name);
    if (space !== undefined) return space;
    const fresh = new Map<string, Uint8Array>();
    this.#records.set(name, fresh);
    return fresh;
  }
}
