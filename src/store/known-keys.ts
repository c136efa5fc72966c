/**
 * All keys that need not come again (held, or remembered), by the first 16 bits of each: the part of a session's short
 * ids that is the same in every session. Looking an id up then costs a hash for the few keys of its place instead of
 * one for each key there is (docs/protocol/gossip.md, *Short ids*).
 */
import type { BundleKey } from '../bundle/index.js';

/** The place of a key: its first 16 bits. */
export function placeOf(key: BundleKey): number {
  return Number.parseInt(key.slice(0, 4), 16);
}

export class KnownKeys {
  readonly #places = new Map<number, BundleKey[]>();

  /** Adds a key that is not there yet. */
  add(key: BundleKey): void {
    const place = placeOf(key);
    const keys = this.#places.get(place);
    if (keys === undefined) this.#places.set(place, [key]);
    else keys.push(key);
  }

  remove(key: BundleKey): void {
    const place = placeOf(key);
    const keys = this.#places.get(place) ?? [];
    const at = keys.indexOf(key);
    if (at < 0) return;
    if (keys.length === 1) this.#places.delete(place);
    else keys.splice(at, 1);
  }

  at(place: number): readonly BundleKey[] {
    return this.#places.get(place) ?? [];
  }
}
