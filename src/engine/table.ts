/**
 * A space of records in the store, decoded and held in memory. Changes go through a {@link Transaction}.
 *
 * A change is visible at once and settled when its commit is on disk. Several may wait above one another; if one of them
 * fails, the later ones stay, as they do on disk.
 */
import { DecodeError, type Logger } from '../base/index.js';

export interface RecordCodec<T> {
  readonly encode: (value: T) => Uint8Array;
  /** @throws DecodeError */
  readonly decode: (bytes: Uint8Array) => T;
}

/** One change that waits for its commit. */
export interface UnsettledWrite {
  readonly settle: () => void;
  readonly undo: () => void;
}

interface Unsettled<T> {
  /** What the disk has. */
  settled: T | undefined;
  /** What it will have, the latest last. Wrapped, so that equal values stay apart. */
  readonly writes: { readonly value: T | undefined }[];
}

export class Table<T> {
  readonly space: string;
  readonly encode: (value: T) => Uint8Array;
  /** In order of their last change. */
  readonly #values = new Map<string, T>();
  readonly #unsettled = new Map<string, Unsettled<T>>();
  readonly #onChange: ((key: string, value: T | undefined, before: T | undefined) => void) | undefined;

  /** @param onChange keeps an index beside the table right, whoever changes it. */
  constructor(
    space: string,
    codec: RecordCodec<T>,
    stored: ReadonlyMap<string, Uint8Array> | undefined,
    log: Logger,
    onChange?: (key: string, value: T | undefined, before: T | undefined) => void,
  ) {
    this.space = space;
    this.encode = codec.encode;
    this.#onChange = onChange;
    for (const [key, bytes] of stored ?? []) {
      try {
        this.#replace(key, codec.decode(bytes));
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        // One record that a newer version wrote must not keep the node from starting; it stays on disk.
        log.warn('a stored record cannot be read and is left alone', { space, key, code: error.code });
      }
    }
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  /** Whether the disk has a value for the key, or had one until a change that is on its way there. */
  isStored(key: string): boolean {
    const unsettled = this.#unsettled.get(key);
    return unsettled === undefined ? this.#values.has(key) : unsettled.settled !== undefined;
  }

  values(): Iterable<T> {
    return this.#values.values();
  }

  /** The one changed longest ago first; after a start, in the store's order. */
  entries(): Iterable<[string, T]> {
    return this.#values.entries();
  }

  /** Counts as changed just now. */
  touch(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#values.set(key, value);
  }

  /** Memory only: for {@link Transaction}, which brings it to disk. */
  write(key: string, value: T | undefined): UnsettledWrite {
    const unsettled = this.#unsettled.get(key) ?? { settled: this.#values.get(key), writes: [] };
    this.#unsettled.set(key, unsettled);
    const write = { value };
    unsettled.writes.push(write);
    this.#replace(key, value);
    return {
      settle: () => this.#settle(key, unsettled, write),
      undo: () => this.#undo(key, unsettled, write),
    };
  }

  #settle(key: string, unsettled: Unsettled<T>, write: { readonly value: T | undefined }): void {
    const at = unsettled.writes.indexOf(write);
    if (at < 0) return;
    unsettled.settled = write.value;
    unsettled.writes.splice(at, 1);
    if (unsettled.writes.length === 0) this.#unsettled.delete(key);
  }

  #undo(key: string, unsettled: Unsettled<T>, write: { readonly value: T | undefined }): void {
    const at = unsettled.writes.indexOf(write);
    if (at < 0) return;
    const wasLatest = at === unsettled.writes.length - 1;
    unsettled.writes.splice(at, 1);
    const latest = unsettled.writes.at(-1);
    if (wasLatest) this.#replace(key, latest === undefined ? unsettled.settled : latest.value);
    if (latest === undefined) this.#unsettled.delete(key);
  }

  #replace(key: string, value: T | undefined): void {
    const before = this.#values.get(key);
    this.#values.delete(key);
    if (value !== undefined) this.#values.set(key, value);
    this.#onChange?.(key, value, before);
  }
}
