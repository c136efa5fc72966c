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
export const FILTER_BYTES_A_KEY = 2;
/** 2 MiB of filter; a laptop that holds more says so of the first million. */
export const MAX_FILTER_KEYS = 1_048_576;

/** ln 2 times the bits a key has: the number that errs least. */
const PROBES = 11;

export interface HoldingsFilter {
  readonly salt: Uint8Array;
  /** How many keys went in; {@link FILTER_BYTES_A_KEY} times as many bytes. */
  readonly keys: number;
  readonly bits: Uint8Array;
}

/** @param count how many keys will be added. */
export function emptyFilter(count: number, salt: Uint8Array): HoldingsFilter {
  const keys = Math.min(count, MAX_FILTER_KEYS);
  return { salt, keys, bits: new Uint8Array(keys * FILTER_BYTES_A_KEY) };
}

export function addTo({ salt, bits }: HoldingsFilter, key: BundleKey): void {
  const { first, step } = probesOf(key, salt);
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = (first + probe * step) % (bits.length * 8);
    bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7));
  }
}

/** @returns false for certain, true with a doubt of about 1 in 2,000. */
export function mayHold({ salt, bits }: HoldingsFilter, key: BundleKey): boolean {
  if (bits.length === 0) return false;
  const { first, step } = probesOf(key, salt);
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = (first + probe * step) % (bits.length * 8);
    if (((bits[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

/** Two halves of one keyed hash make all probes (Kirsch and Mitzenmacher, *Less hashing, same performance*, 2006). */
function probesOf(key: BundleKey, salt: Uint8Array): { readonly first: number; readonly step: number } {
  const hash = sipHash24(salt, fromHex(key));
  const words = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  // Odd, so that the probes of one key do not fall together where the number of bits is a power of two.
  return { first: words.getUint32(0, true), step: (words.getUint32(4, true) | 1) >>> 0 };
}
