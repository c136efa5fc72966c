/**
 * The disk of a laptop in a swarm. Commits come to it one after the other; when the power fails, of those that were not
 * synced yet some first ones may have reached the medium all the same, and the one that was torn counts for nothing.
 */
import { type Random, toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import {
  EPOCH_BYTES,
  type LedgerEntry,
  SEQ_GAP,
  type SeenEntry,
  type StoreOp,
  type StoreSnapshot,
} from '../../src/store/index.js';

export class SwarmDisk {
  readonly held = new Map<BundleKey, { readonly entry: LedgerEntry; readonly bytes: Uint8Array }>();
  readonly seen = new Map<BundleKey, SeenEntry>();
  readonly #epoch: string;
  readonly #random: Random;
  readonly #records = new Map<string, Map<string, Uint8Array>>();
  /** Handed in, and not synced. */
  #waiting: (readonly StoreOp[])[] = [];
  #lastSeq = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#epoch = toHex(random.bytes(EPOCH_BYTES));
  }

  handIn(ops: readonly StoreOp[]): void {
    this.#waiting.push(ops);
  }

  /** The oldest waiting commit is synced. */
  sync(): readonly StoreOp[] {
    const ops = this.#waiting.shift() ?? [];
    for (const op of ops) this.#write(op);
    return ops;
  }

  /** Nothing of the oldest waiting commit is stored. */
  refuse(): void {
    this.#waiting.shift();
  }

  powerFails(): void {
    const survivors = Math.floor(this.#random.unit() * (this.#waiting.length + 1));
    for (const ops of this.#waiting.slice(0, survivors)) for (const op of ops) this.#write(op);
    this.#waiting = [];
  }

  read(key: BundleKey): Uint8Array | undefined {
    for (const ops of this.#waiting.toReversed()) {
      for (const op of ops.toReversed()) {
        if (op.op === 'put' && op.entry.key === key) return op.bytes;
        if (op.op === 'drop' && op.key === key) return undefined;
      }
    }
    return this.held.get(key)?.bytes;
  }

  /** Held, or done with, also by a receipt that came before it. */
  knows(key: BundleKey): boolean {
    if (this.held.has(key) || this.seen.has(key)) return true;
    for (const receipted of this.#records.get('receipts')?.keys() ?? []) if (receipted.startsWith(key)) return true;
    return false;
  }

  /** What a start finds. */
  load(): StoreSnapshot {
    if (this.#lastSeq > 0) this.#lastSeq += SEQ_GAP;
    return {
      epoch: this.#epoch,
      lastSeq: this.#lastSeq,
      entries: Array.from(this.held.values(), ({ entry }) => entry),
      seen: [...this.seen.values()],
      records: new Map(Array.from(this.#records, ([space, values]) => [space, new Map(values)])),
    };
  }

  #write(op: StoreOp): void {
    switch (op.op) {
      case 'put':
        this.held.set(op.entry.key, { entry: op.entry, bytes: op.bytes });
        this.#lastSeq = Math.max(this.#lastSeq, op.entry.seq);
        return;
      case 'update': {
        const held = this.held.get(op.entry.key);
        if (held !== undefined) this.held.set(op.entry.key, { ...held, entry: op.entry });
        return;
      }
      case 'drop':
        this.held.delete(op.key);
        this.#see(op);
        return;
      case 'see':
        this.#see(op);
        return;
      case 'unsee':
        this.seen.delete(op.key);
        return;
      case 'set': {
        const space = this.#records.get(op.space) ?? new Map<string, Uint8Array>();
        this.#records.set(op.space, space.set(op.key, op.value));
        return;
      }
      case 'unset':
        this.#records.get(op.space)?.delete(op.key);
    }
  }

  #see({ key, reason, rememberUntil, author, depositor }: SeenEntry): void {
    const charged = { ...(author === undefined ? {} : { author }), ...(depositor === undefined ? {} : { depositor }) };
    this.seen.set(key, { key, reason, rememberUntil, ...charged });
  }
}
