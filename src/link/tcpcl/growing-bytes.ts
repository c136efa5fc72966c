/**
 * Bytes collected as they arrive. Memory grows with what has come, never with what was announced, and incoming chunks are
 * copied: a hostile peer could otherwise keep a whole network buffer alive for each byte it sends.
 */
export class GrowingBytes {
  #buffer: Uint8Array = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const roomier = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      roomier.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = roomier;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
  }

  /** @returns what was collected; the collection is not to be used after that. */
  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
