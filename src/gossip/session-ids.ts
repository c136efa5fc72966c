/**
 * The names and fingerprints of one session (docs/protocol/gossip.md, *Short ids*): the first 16 bits of a bundle's key as
 * they are, which finds it quickly, then SipHash-2-4 under a key that both nonces decide, so that nobody can prepare
 * bundles whose names or sums collide.
 */
import type { BundleKey } from '../bundle/index.js';
import { SipHasher } from '../crypto/index.js';
import { type KeySum, keyWord, placeOf } from '../store/index.js';

/** Bytes of a session-keyed bundle id. */
export const SHORT_ID_BYTES = 8;
/** Bytes of it that tell the bundles of one range apart. */
export const LISTED_ID_BYTES = 5;

/** A short id as a number: its first 53 bits. Two of 10^5 keys share them once in 10^6 sessions. */
export type IdNumber = number;
/** A listed id as a number: all its 40 bits, which are the first of the short id. */
export type ListedNumber = number;

const PLACE_BYTES = 2;
const KEY_BYTES = 16;
const SUM_BYTES = 24;

export class SessionIds {
  readonly #hasher: SipHasher;
  readonly #key = new Int32Array(4);
  readonly #sum = new Int32Array(6);

  /** @param sessionKey 16 bytes that both sides know. */
  constructor(sessionKey: Uint8Array) {
    this.#hasher = new SipHasher(sessionKey);
  }

  /** The 8 bytes of a short id. */
  shortId(key: BundleKey): Uint8Array {
    this.#hash(key);
    const { low, high } = this.#hasher;
    const place = placeOf(key);
    return Uint8Array.of(place >> 8, place, low, low >> 8, low >> 16, low >> 24, high, high >> 8);
  }

  number(key: BundleKey): IdNumber {
    this.#hash(key);
    const { low, high } = this.#hasher;
    return idNumber(placeOf(key), low, low >>> 8, low >>> 16, low >>> 24, high);
  }

  listed(key: BundleKey): ListedNumber {
    this.#hash(key);
    const { low } = this.#hasher;
    return placeOf(key) * 0x100_0000 + (((low & 0xff) << 16) | (low & 0xff00) | ((low >>> 16) & 0xff));
  }

  /** What tells whether two nodes hold the same in a range: 48 bits of the hash of their sum and number. */
  fingerprint({ count, words }: KeySum): number {
    this.#sum[0] = words[0];
    this.#sum[1] = words[1];
    this.#sum[2] = words[2];
    this.#sum[3] = words[3];
    this.#sum[4] = count;
    this.#sum[5] = Math.floor(count / 0x1_0000_0000);
    this.#hasher.hash(this.#sum, SUM_BYTES);
    return (this.#hasher.low >>> 0) + (this.#hasher.high & 0xffff) * 0x1_0000_0000;
  }

  #hash(key: BundleKey): void {
    for (let index = 0; index < this.#key.length; index++) this.#key[index] = keyWord(key, index);
    this.#hasher.hash(this.#key, KEY_BYTES);
  }
}

/** The number of a short id that came in a frame. */
export function numberOf(id: Uint8Array): IdNumber {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0] = id;
  return idNumber((b0 << 8) | b1, b2, b3, b4, b5, b6);
}

/** The number of a listed id that came in a frame. */
export function listedNumberOf(id: Uint8Array): ListedNumber {
  return id.reduce((number, byte) => number * 0x100 + byte, 0);
}

/** The place among the known keys at which an id's bundle would be. */
export function placeOfBytes(id: Uint8Array): number {
  return ((id[0] ?? 0) << 8) | (id[1] ?? 0);
}

export function placeOfListed(id: ListedNumber): number {
  return Math.floor(id / 2 ** (8 * (LISTED_ID_BYTES - PLACE_BYTES)));
}

function idNumber(place: number, b2: number, b3: number, b4: number, b5: number, b6: number): IdNumber {
  const high = (place << 8) | (b2 & 0xff);
  const low = (((b3 & 0xff) << 21) | ((b4 & 0xff) << 13) | ((b5 & 0xff) << 5) | ((b6 & 0xff) >>> 3)) >>> 0;
  return high * 0x2000_0000 + low;
}
