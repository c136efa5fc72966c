/**
 * A custody store in memory for tests and the simulator, with the faults of a real one on demand: syncs that have not
 * happened yet, a crash that loses them, a disk that refuses.
 *
 * Bundle bytes are kept by reference: a simulated swarm of thousands shares one copy.
 */
import { type Random, toHex } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { storeError } from './level-errors.js';
import { recordKey } from './level-keys.js';
import { seenEntryOf } from './seen-memory.js';
import {
  type CustodyStore,
  EPOCH_BYTES,
  type LedgerEntry,
  SEQ_GAP,
  type SeenEntry,
  type StoreOp,
  type StoreSnapshot,
} from './types.js';

export interface MemoryStoreOptions {
  /**
   * When a commit becomes durable: in the call itself, or not before the test calls {@link MemoryStore.settle}.
   *
   * @default 'at-once'
   */
  readonly sync?: 'at-once' | 'when-settled';
}

export interface MemoryStore extends CustodyStore {
  /** Makes the oldest `count` waiting commits durable and resolves their promises. @default all of them */
  settle(count?: number): void;
  /** How many commits wait to be settled. */
  readonly unsettled: number;
  /**
   * The power fails. What was not durable is lost, its promises never settle, and this handle is dead.
   *
   * @returns the store as a process started afterwards finds it.
   */
  crash(): MemoryStore;
  /** The next commit is refused with this error, and nothing of it is stored. @default ERR_STORE_IO, "disk full" */
  failNext(error?: Error): void;
}

export function memoryStore(random: Random, options: MemoryStoreOptions = {}): MemoryStore {
  const medium = {
    epoch: toHex(random.bytes(EPOCH_BYTES)),
    lastSeq: 0,
    held: new Map(),
    seen: new Map(),
    records: new Map(),
  };
  return new InMemory(medium, options);
}

interface Held {
  readonly entry: LedgerEntry;
  readonly bytes: Uint8Array;
}

/** What lies on the imagined disk. */
interface Medium {
  readonly epoch: string;
  lastSeq: number;
  readonly held: Map<BundleKey, Held>;
  readonly seen: Map<BundleKey, SeenEntry>;
  readonly records: Map<string, Map<string, Uint8Array>>;
}

interface Waiting {
  readonly ops: readonly StoreOp[];
  readonly resolve: () => void;
}

class InMemory implements MemoryStore {
  readonly #medium: Medium;
  readonly #options: MemoryStoreOptions;
  #waiting: Waiting[] = [];
  #nextError: Error | undefined;
  #open = true;

  constructor(medium: Medium, options: MemoryStoreOptions) {
    this.#medium = medium;
    this.#options = options;
  }

  get unsettled(): number {
    return this.#waiting.length;
  }

  load(): Promise<StoreSnapshot> {
    return this.#promise(() => {
      const { epoch, lastSeq, held, seen, records } = this.#medium;
      return {
        epoch,
        lastSeq,
        entries: Array.from(held.values(), ({ entry }) => entry),
        seen: [...seen.values()],
        records: new Map(Array.from(records, ([space, values]) => [space, new Map(values)])),
      };
    });
  }

  commit(ops: readonly StoreOp[]): Promise<void> {
    return this.#promise(() => {
      for (const op of ops) if (op.op === 'set' || op.op === 'unset') recordKey(op.space, op.key);
      const error = this.#nextError;
      this.#nextError = undefined;
      if (error !== undefined) throw error;
      if (this.#options.sync === 'when-settled') {
        return new Promise<void>((resolve) => this.#waiting.push({ ops, resolve }));
      }
      return this.#write(ops);
    });
  }

  read(key: BundleKey): Promise<Uint8Array | undefined> {
    return this.#promise(() => {
      for (const { ops } of this.#waiting.toReversed()) {
        for (const op of ops.toReversed()) {
          if (op.op === 'put' && op.entry.key === key) return op.bytes;
          if (op.op === 'drop' && op.key === key) return undefined;
        }
      }
      return this.#medium.held.get(key)?.bytes;
    });
  }

  close(): Promise<void> {
    if (this.#open) this.settle();
    this.#open = false;
    return Promise.resolve();
  }

  settle(count = this.#waiting.length): void {
    for (const { ops, resolve } of this.#waiting.splice(0, count)) {
      this.#write(ops);
      resolve();
    }
  }

  crash(): MemoryStore {
    this.#open = false;
    this.#waiting = [];
    this.#medium.lastSeq += SEQ_GAP;
    return new InMemory(this.#medium, this.#options);
  }

  failNext(error: Error = storeError('ERR_STORE_IO', 'the disk is full')): void {
    this.#nextError = error;
  }

  #write(ops: readonly StoreOp[]): void {
    for (const op of ops) this.#writeOne(op);
  }

  #writeOne(op: StoreOp): void {
    const { held, seen, records } = this.#medium;
    switch (op.op) {
      case 'put':
        held.set(op.entry.key, { entry: op.entry, bytes: op.bytes });
        this.#medium.lastSeq = Math.max(this.#medium.lastSeq, op.entry.seq);
        return;
      case 'update': {
        const { bytes } = held.get(op.entry.key) ?? {};
        if (bytes !== undefined) held.set(op.entry.key, { entry: op.entry, bytes });
        return;
      }
      case 'drop':
        held.delete(op.key);
        seen.set(op.key, seenEntryOf(op));
        return;
      case 'see':
        seen.set(op.key, seenEntryOf(op));
        return;
      case 'unsee':
        seen.delete(op.key);
        return;
      case 'set': {
        const space = records.get(op.space) ?? new Map<string, Uint8Array>();
        records.set(op.space, space.set(op.key, op.value));
        return;
      }
      case 'unset': {
        const space = records.get(op.space);
        if (space?.delete(op.key) && space.size === 0) records.delete(op.space);
        return;
      }
    }
  }

  /** Runs at once, as a disk without latency would; what it throws becomes a rejection. */
  #promise<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      if (!this.#open) throw storeError('ERR_STORE_CLOSED', 'the store is closed');
      resolve(work());
    });
  }
}
