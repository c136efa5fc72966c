/**
 * Which parts of our chunked messages neighbours have acknowledged. In memory: who was handed a part before a restart is
 * counted as a carrier only if it acknowledges all parts after it. So the count may be too low, never too high.
 */
import type { BundleKey } from '../bundle/index.js';
import { BoundedMap } from '../gossip/index.js';

/** Messages on their way to neighbours; each costs up to 200 KB while it is not whole there. */
const MAX_PLACES = 64;

export class HandedOver {
  readonly #places = new BoundedMap<string, Set<BundleKey>>(MAX_PLACES);

  /**
   * @param place a message at a neighbour.
   * @returns how many parts it has acknowledged.
   */
  add(place: string, part: BundleKey): number {
    const parts = this.#places.get(place) ?? new Set();
    this.#places.set(place, parts.add(part));
    return parts.size;
  }
}
