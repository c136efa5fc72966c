/** A bundle key as numbers: sums and keyed hashes work on these. */
import type { BundleKey } from '../bundle/index.js';

/** Words of 32 bits in a key. */
export const KEY_WORDS = 4;

const HEX_LETTERS_FROM = 58;

/** @returns the signed number whose little-endian bytes are those of the key from byte 4 × `index` on. */
export function keyWord(key: BundleKey, index: number): number {
  let word = 0;
  for (let byte = 0; byte < 4; byte++) {
    const at = 8 * index + 2 * byte;
    word |= ((digit(key, at) << 4) | digit(key, at + 1)) << (8 * byte);
  }
  return word;
}

function digit(key: string, at: number): number {
  const code = key.charCodeAt(at);
  return code < HEX_LETTERS_FROM ? code - 48 : code - 87;
}
