/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) with 64-bit output: short keyed ids that an outsider cannot aim at.
 *
 * JavaScript has no fast 64-bit integers, so each word of the state is a pair of 32-bit halves, all in local variables:
 * a hundred thousand ids a session are hashed in some 30 ms.
 */
import { invariant } from '../base/index.js';

/** Bytes of a SipHash key. */
const KEY_BYTES = 16;
const FINAL_ROUNDS = 4;

/** One key; the halves of the latest hash are read after each call. */
export class SipHasher {
  readonly #k0low: number;
  readonly #k0high: number;
  readonly #k1low: number;
  readonly #k1high: number;
  /** Bytes 0 to 3 of the hash, least significant first. */
  low = 0;
  /** Bytes 4 to 7. */
  high = 0;

  constructor(key: Uint8Array) {
    invariant(key.length === KEY_BYTES, 'a SipHash key has 16 bytes');
    const words = wordsOf(key);
    this.#k0low = words[0] as number;
    this.#k0high = words[1] as number;
    this.#k1low = words[2] as number;
    this.#k1high = words[3] as number;
  }

  /**
   * @param words the message as little-endian 32-bit words, in pairs; the last pair holds the bytes beyond the last whole
   *   eight and zeroes, or is missing when there are none.
   * @param byteLength of the message.
   */
  hash(words: Int32Array, byteLength: number): void {
    let v0low = this.#k0low ^ 0x70736575;
    let v0high = this.#k0high ^ 0x736f6d65;
    let v1low = this.#k1low ^ 0x6e646f6d;
    let v1high = this.#k1high ^ 0x646f7261;
    let v2low = this.#k0low ^ 0x6e657261;
    let v2high = this.#k0high ^ 0x6c796765;
    let v3low = this.#k1low ^ 0x79746573;
    let v3high = this.#k1high ^ 0x74656462;

    const wholePairs = byteLength >>> 3;
    const compressing = 2 * (wholePairs + 1);
    let mLow = 0;
    let mHigh = 0;
    for (let round = 0; round < compressing + FINAL_ROUNDS; round++) {
      if (round === compressing) v2low ^= 0xff;
      else if (round < compressing && (round & 1) === 0) {
        const isLast = round + 2 === compressing;
        mLow = (words[round] ?? 0) | 0;
        mHigh = (words[round + 1] ?? 0) | (isLast ? byteLength << 24 : 0) | 0;
        v3low ^= mLow;
        v3high ^= mHigh;
      }

      let sum = (v0low >>> 0) + (v1low >>> 0);
      v0high = (v0high + v1high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v0low = sum | 0;
      let half = v1low;
      v1low = ((v1low << 13) | (v1high >>> 19)) ^ v0low;
      v1high = ((v1high << 13) | (half >>> 19)) ^ v0high;
      half = v0low;
      v0low = v0high;
      v0high = half;

      sum = (v2low >>> 0) + (v3low >>> 0);
      v2high = (v2high + v3high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v2low = sum | 0;
      half = v3low;
      v3low = ((v3low << 16) | (v3high >>> 16)) ^ v2low;
      v3high = ((v3high << 16) | (half >>> 16)) ^ v2high;

      sum = (v0low >>> 0) + (v3low >>> 0);
      v0high = (v0high + v3high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v0low = sum | 0;
      half = v3low;
      v3low = ((v3low << 21) | (v3high >>> 11)) ^ v0low;
      v3high = ((v3high << 21) | (half >>> 11)) ^ v0high;

      sum = (v2low >>> 0) + (v1low >>> 0);
      v2high = (v2high + v1high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v2low = sum | 0;
      half = v1low;
      v1low = ((v1low << 17) | (v1high >>> 15)) ^ v2low;
      v1high = ((v1high << 17) | (half >>> 15)) ^ v2high;
      half = v2low;
      v2low = v2high;
      v2high = half;

      if (round < compressing && (round & 1) === 1) {
        v0low ^= mLow;
        v0high ^= mHigh;
      }
    }
    this.low = v0low ^ v1low ^ v2low ^ v3low;
    this.high = v0high ^ v1high ^ v2high ^ v3high;
  }
}

/**
 * @param key 16 bytes.
 * @returns 8 bytes: the hash, little-endian.
 */
export function sipHash24(key: Uint8Array, message: Uint8Array): Uint8Array {
  const hasher = new SipHasher(key);
  hasher.hash(wordsOf(message), message.length);
  const out = new Uint8Array(8);
  for (let i = 0; i < 4; i++) {
    out[i] = hasher.low >>> (i * 8);
    out[4 + i] = hasher.high >>> (i * 8);
  }
  return out;
}

/** Little-endian, filled up with zeroes to whole pairs. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(2 * Math.ceil(bytes.length / 8));
  for (const [at, byte] of bytes.entries()) words[at >> 2] = (words[at >> 2] as number) | (byte << ((at & 3) * 8));
  return words;
}
