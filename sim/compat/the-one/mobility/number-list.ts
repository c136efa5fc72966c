/** Numbers that come and go every round: a list that keeps its room when it is emptied. */
export class NumberList {
  #items = new Float64Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  at(index: number): number {
    return this.#items[index] as number;
  }

  push(item: number): void {
    if (this.#size === this.#items.length) {
      const grown = new Float64Array(this.#size * 2);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[this.#size] = item;
    this.#size += 1;
  }

  clear(): void {
    this.#size = 0;
  }

  includes(item: number): boolean {
    for (let i = 0; i < this.#size; i++) if (this.#items[i] === item) return true;
    return false;
  }

  sort(compare: (a: number, b: number) => number): void {
    if (this.#size > 1) this.#items.subarray(0, this.#size).sort(compare);
  }
}
