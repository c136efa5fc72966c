/** The bundle age block, RFC 9171 §4.4.2: milliseconds since the bundle was made, as far as anybody measured. */
import { CborReader, CborWriter } from '../cbor/index.js';
import type { Uint64 } from './types.js';

export function parseBundleAge(bytes: Uint8Array, start = 0, end = bytes.length): Uint64 {
  const reader = new CborReader(bytes, start, end);
  const age = reader.uint();
  reader.expectEnd('the bundle age block');
  return age;
}

export function encodeBundleAge(ageMs: number): Uint8Array {
  return new CborWriter(9).uint(Math.round(ageMs)).finish();
}
