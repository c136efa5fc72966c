/**
 * What a laptop holds, said in 2 bytes a bundle: a Bloom filter (B. Bloom, *Space/time trade-offs in hash coding with
 * allowable errors*, CACM 13(7), 1970) of 16 bits and 11 probes a key, which is wrong about 1 key in 2,000.
 *
 * A key that it wrongly claims is not written to the stick this time. The salt differs at every visit, so the next filter
 * errs about other keys.
 */
import { fromHex } from '../../base/index.js';
import type { BundleKey } from '../../bundle/index.js';
import { sipHash24 } from '../../crypto/index.js';

export const SALT_BYTES = 16;
/** 2 MiB of filter; a laptop that holds more says so of the first million. */
export const MAX_FILTER_KEYS = 1_048_576;
const BYTES_A_KEY = 2;
/** In a smaller one the probes of a key fall together, and it errs more often. */
const MIN_FILTER_BYTES = 128;

/** ln 2 times the bits a key has: the number that errs least. */
const PROBES = 11;
/** Used again for every key: all here is synchronous, and keeps nothing. */
const probes = new Uint32Array(PROBES);

export interface HoldingsFilter {
  readonly salt: Uint8Array;
  /** How many keys went in. */
  readonly keys: number;
  /** {@link filterBytes} of them. */
  readonly bits: Uint8Array;
}

export function filterBytes(keys: number): number {
  return Math.max(MIN_FILTER_BYTES, keys * BYTES_A_KEY);
}

/** @param count how many keys will be added. */
export function emptyFilter(count: number, salt: Uint8Array): HoldingsFilter {
  const keys = Math.min(count, MAX_FILTER_KEYS);
  return { salt, keys, bits: new Uint8Array(filterBytes(keys)) };
}

export function addTo({ salt, bits }: HoldingsFilter, key: BundleKey): void {
  for (const bit of probesOf(key, salt, bits.length * 8)) {
    bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7));
  }
}

/** @returns false for certain, true with a doubt of about 1 in 2,000. */
export function mayHold({ salt, bits }: HoldingsFilter, key: BundleKey): boolean {
  for (const bit of probesOf(key, salt, bits.length * 8)) {
    if (((bits[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

/**
 * Two halves of one keyed hash make all probes; the second difference grows by one each time, else a step that divides the
 * number of bits would visit few of them (P. Dillinger and P. Manolios, *Bloom filters in probabilistic verification*,
 * FMCAD 2004).
 */
function probesOf(key: BundleKey, salt: Uint8Array, bitCount: number): Uint32Array {
  const hash = sipHash24(salt, fromHex(key));
  const words = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  let at = words.getUint32(0, true) % bitCount;
  let step = words.getUint32(4, true) % bitCount;
  for (let probe = 0; probe < PROBES; probe++) {
    probes[probe] = at;
    at = (at + step) % bitCount;
    step = (step + probe + 1) % bitCount;
  }
  return probes;
}
