/** A set of small whole numbers, one bit each; it grows as they do. */
export class IdSet {
  #words = new Uint32Array(8);

  has(key: number): boolean {
    const word = this.#words[key >>> 5];
    return word !== undefined && (word & (1 << (key & 31))) !== 0;
  }

  add(key: number): void {
    const at = key >>> 5;
    if (at >= this.#words.length) {
      const grown = new Uint32Array(Math.max(at + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[at] = (this.#words[at] ?? 0) | (1 << (key & 31));
  }

  delete(key: number): void {
    const at = key >>> 5;
    if (at < this.#words.length) this.#words[at] = (this.#words[at] ?? 0) & ~(1 << (key & 31));
  }
}
