/** A space of records in the store, decoded and held in memory. Changes go through a {@link Transaction}. */
import { DecodeError, type Logger } from '../base/index.js';

export interface RecordCodec<T> {
  readonly encode: (value: T) => Uint8Array;
  /** @throws DecodeError */
  readonly decode: (bytes: Uint8Array) => T;
}

export class Table<T> {
  readonly space: string;
  readonly encode: (value: T) => Uint8Array;
  readonly #values = new Map<string, T>();
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
        this.replace(key, codec.decode(bytes));
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

  values(): Iterable<T> {
    return this.#values.values();
  }

  entries(): Iterable<[string, T]> {
    return this.#values.entries();
  }

  /** Memory only: for {@link Transaction} and for loading. */
  replace(key: string, value: T | undefined): void {
    const before = this.#values.get(key);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    this.#onChange?.(key, value, before);
  }
}
