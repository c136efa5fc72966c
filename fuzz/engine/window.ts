/** Memory that both threads see: the input that is being run, so that it is known even when its run never ends. */

const HEAD_BYTES = 8;
const MAX_INPUT_BYTES = 65_536;

export class InputWindow {
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    this.#head = new Int32Array(shared, 0, 2);
    this.#bytes = new Uint8Array(shared, HEAD_BYTES);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD_BYTES + MAX_INPUT_BYTES);
  }

  /** @returns how many inputs were shown so far. */
  show(input: Uint8Array): number {
    this.#bytes.set(input.subarray(0, MAX_INPUT_BYTES));
    Atomics.store(this.#head, 1, Math.min(input.length, MAX_INPUT_BYTES));
    return Atomics.add(this.#head, 0, 1) + 1;
  }

  /** Inputs shown so far. */
  get count(): number {
    return Atomics.load(this.#head, 0);
  }

  get input(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, Atomics.load(this.#head, 1)));
  }
}
