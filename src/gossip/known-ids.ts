/**
 * Which of the ids that a neighbour names belong to bundles that need not come. Keys are hashed for the session only where
 * it looks: a few news cost a few hashes, and a liar that aims at one place costs no more than one pass over all keys.
 */
import type { BundleKey } from '../bundle/index.js';
import { placeOf } from '../store/index.js';

export class KnownIds {
  readonly #numberOf: (key: BundleKey) => number;
  readonly #knownAt: (place: number) => readonly BundleKey[];
  readonly #numbers = new Set<number>();
  readonly #lookedAt = new Set<number>();

  /**
   * @param numberOf the id's number in this session.
   * @param knownAt every key that begins with these 16 bits and is held or was seen.
   */
  constructor(numberOf: (key: BundleKey) => number, knownAt: (place: number) => readonly BundleKey[]) {
    this.#numberOf = numberOf;
    this.#knownAt = knownAt;
  }

  has(id: number, place: number): boolean {
    if (!this.#lookedAt.has(place)) {
      this.#lookedAt.add(place);
      for (const key of this.#knownAt(place)) this.#numbers.add(this.#numberOf(key));
    }
    return this.#numbers.has(id);
  }

  /** The key came to be held or seen. */
  add(key: BundleKey): void {
    if (this.#lookedAt.has(placeOf(key))) this.#numbers.add(this.#numberOf(key));
  }
}
