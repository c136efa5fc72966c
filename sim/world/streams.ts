/** One seed, many streams: what one thing draws changes nothing for another. */
import { type Random, seededRandom, utf8 } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';

/** @returns the stream of this name under the seed; the same each time it is asked for. */
export function stream(seed: number, ...name: readonly (string | number)[]): Random {
  const hash = sha256(utf8(JSON.stringify([seed, ...name])));
  return seededRandom(new DataView(hash.buffer, hash.byteOffset).getUint32(0));
}
