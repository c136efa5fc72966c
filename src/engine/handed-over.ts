/**
 * Which parts of our chunked messages are with which neighbour.
 *
 * | a part | becomes | when |
 * | --- | --- | --- |
 * | - | perhaps there | it is sent |
 * | perhaps there | there | it is acknowledged; or, after a cut, the neighbour lacks nothing any more |
 * | perhaps there | - | it is refused |
 *
 * In memory: who was handed a part before a restart of ours may not be counted as a carrier. So the count may be too low.
 */
import type { BundleKey } from '../bundle/index.js';
import { BoundedMap } from '../gossip/index.js';

/** Messages on their way to neighbours; each takes up to 200 KB, mostly much less. */
const MAX_PLACES = 64;

interface Place {
  readonly neighbour: string;
  readonly message: BundleKey;
  /** Whether it is surely there. */
  readonly parts: Map<BundleKey, boolean>;
}

export class HandedOver {
  readonly #places = new BoundedMap<string, Place>(MAX_PLACES);

  sending(neighbour: string, message: BundleKey, part: BundleKey): void {
    const { parts } = this.#place(neighbour, message);
    if (!parts.has(part)) parts.set(part, false);
  }

  arrived(neighbour: string, message: BundleKey, part: BundleKey): void {
    this.#place(neighbour, message).parts.set(part, true);
  }

  refused(neighbour: string, message: BundleKey, part: BundleKey): void {
    const place = this.#places.get(nameOf(neighbour, message));
    if (place?.parts.get(part) === false) place.parts.delete(part);
  }

  /**
   * @param kept whether the part may be kept back from the neighbour, so that its silence says nothing.
   * @returns the messages of which it has parts.
   */
  allAnswered(neighbour: string, kept: (part: BundleKey) => boolean): readonly BundleKey[] {
    const messages: BundleKey[] = [];
    for (const [, place] of this.#places.entries()) {
      if (place.neighbour !== neighbour) continue;
      for (const [part, isThere] of place.parts) place.parts.set(part, isThere || !kept(part));
      messages.push(place.message);
    }
    return messages;
  }

  /** How many parts are surely there. */
  has(neighbour: string, message: BundleKey): number {
    let count = 0;
    for (const there of this.#places.get(nameOf(neighbour, message))?.parts.values() ?? []) if (there) count += 1;
    return count;
  }

  #place(neighbour: string, message: BundleKey): Place {
    const name = nameOf(neighbour, message);
    const place = this.#places.get(name) ?? { neighbour, message, parts: new Map() };
    this.#places.set(name, place);
    return place;
  }
}

function nameOf(neighbour: string, message: BundleKey): string {
  return `${neighbour} ${message}`;
}
