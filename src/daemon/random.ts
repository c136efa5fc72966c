import { randomBytes } from 'node:crypto';
import type { Random } from '../base/index.js';

/** The operating system's randomness: what a running node hands to its core. */
export const osRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  // 52 bits fill a double's mantissa, so every value in [0, 1) is as likely as any other.
  unit: () => Number(randomBytes(8).readBigUInt64BE() >> 12n) / 2 ** 52,
};
