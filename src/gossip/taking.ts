/**
 * The taking half of a session with a Hearsay neighbour: answers offers, and knows how far its cursor may move.
 *
 * The index of short ids is built at the first offer: most meetings of neighbours who know each other have none.
 */
import type { BundleKey } from '../bundle/index.js';
import { toBitmap } from './frames.js';

/** A neighbour that goes on offering past this is lying about its store; the session ends. */
const MAX_OFFERED_IDS = 4_000_000;

export class Taking {
  readonly #shortId: (key: BundleKey) => Uint8Array;
  readonly #knownKeys: () => Iterable<BundleKey>;
  #known: Set<number> | undefined;
  #offered = 0;
  #turnedAway = false;
  #doneUpTo = 0;

  /** @param knownKeys every key that is held or was seen: what need not come again. */
  constructor(shortId: (key: BundleKey) => Uint8Array, knownKeys: () => Iterable<BundleKey>) {
    this.#shortId = shortId;
    this.#knownKeys = knownKeys;
  }

  /** @returns the bitmap of what is wanted, or undefined when the neighbour has offered beyond all bounds. */
  onOffer(ids: readonly Uint8Array[]): Uint8Array | undefined {
    this.#offered += ids.length;
    if (this.#offered > MAX_OFFERED_IDS) return undefined;
    const known = this.#index();
    return toBitmap(ids.map((id) => !known.has(idNumber(id))));
  }

  /** A key came to be held or seen, from whomever. */
  onKnown(key: BundleKey): void {
    this.#known?.add(idNumber(this.#shortId(key)));
  }

  /** Something was refused for want of room: it must be offered again at a later meeting. */
  onTurnedAway(): void {
    this.#turnedAway = true;
  }

  /**
   * The neighbour says that it has offered all up to this number.
   *
   * @returns whether the cursor may move there, or undefined when it says so again: each DONE costs a write to disk.
   */
  onDone(upTo: number): boolean | undefined {
    if (upTo <= this.#doneUpTo) return undefined;
    this.#doneUpTo = upTo;
    return !this.#turnedAway;
  }

  #index(): Set<number> {
    if (this.#known === undefined) {
      this.#known = new Set();
      for (const key of this.#knownKeys()) this.#known.add(idNumber(this.#shortId(key)));
    }
    return this.#known;
  }
}

/** The first 53 bits of a short id: as a number it is cheap to look up, and two keys in 10^5 meet once in 10^6 tables. */
function idNumber(id: Uint8Array): number {
  const high = (((id[0] ?? 0) << 24) | ((id[1] ?? 0) << 16) | ((id[2] ?? 0) << 8) | (id[3] ?? 0)) >>> 0;
  const low = (((id[4] ?? 0) << 13) | ((id[5] ?? 0) << 5) | ((id[6] ?? 0) >>> 3)) >>> 0;
  return high * 0x20_0000 + low;
}
