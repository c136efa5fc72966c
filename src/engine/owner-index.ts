/**
 * Records by the local person they belong to, in order, kept beside a table: what a client asks for at every connect is
 * read off, not searched for and sorted.
 */
export class OwnerIndex<T> {
  readonly #lists = new Map<string, T[]>();
  readonly #order: (a: T, b: T) => number;

  /** @param order total: equal only for the versions of one record. */
  constructor(order: (a: T, b: T) => number) {
    this.#order = order;
  }

  /** A table's record has changed; its key begins with its owner's id. */
  change(key: string, value: T | undefined, before: T | undefined): void {
    const owner = key.slice(0, key.indexOf(' '));
    const list = this.#lists.get(owner) ?? [];
    if (before !== undefined) list.splice(this.#placeOf(list, before), 1);
    if (value !== undefined) list.splice(this.#placeOf(list, value), 0, value);
    if (list.length === 0) this.#lists.delete(owner);
    else this.#lists.set(owner, list);
  }

  of(owner: string): readonly T[] {
    return this.#lists.get(owner) ?? [];
  }

  /** The first place whose record does not come before this one. */
  #placeOf(list: readonly T[], record: T): number {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = list[middle];
      if (there !== undefined && this.#order(there, record) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
