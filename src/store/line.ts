/**
 * A line of things that anybody may leave from anywhere, read from the front. All in constant time on average; a `Set`
 * would step over everything that ever left before it reached the first that stands.
 */

/** A line with fewer gaps than this is never closed up. */
const GAPS_FLOOR = 64;

export class Line<T extends object> {
  #places: (T | undefined)[] = [];
  readonly #at = new Map<T, number>();
  /** No one stands before this place. */
  #front = 0;

  get size(): number {
    return this.#at.size;
  }

  has(item: T): boolean {
    return this.#at.has(item);
  }

  /** At the end; who stands in line already stays where they are. */
  add(item: T): void {
    if (this.#at.has(item)) return;
    this.#at.set(item, this.#places.length);
    this.#places.push(item);
  }

  delete(item: T): void {
    const place = this.#at.get(item);
    if (place === undefined) return;
    this.#at.delete(item);
    this.#places[place] = undefined;
    if (this.#places.length > 2 * this.#at.size + GAPS_FLOOR) this.#closeUp();
  }

  /** From the front. */
  first(limit: number): readonly T[] {
    const found: T[] = [];
    for (let place = this.#front; place < this.#places.length && found.length < limit; place++) {
      const item = this.#places[place];
      if (item !== undefined) found.push(item);
      else if (place === this.#front) this.#front++;
    }
    return found;
  }

  /** From the front, and those go to the end. */
  turn(limit: number): readonly T[] {
    const found = this.first(limit);
    if (found.length === this.size) return found;
    for (const item of found) {
      this.delete(item);
      this.add(item);
    }
    return found;
  }

  all(): Iterable<T> {
    return this.#at.keys();
  }

  #closeUp(): void {
    this.#places = this.#places.filter((item) => item !== undefined);
    this.#front = 0;
    for (const [place, item] of this.#places.entries()) if (item !== undefined) this.#at.set(item, place);
  }
}
