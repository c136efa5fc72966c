/** Our copies block (type 233): how many copies a spray strategy may still hand out. */
import { CborReader, CborWriter } from '../cbor/index.js';

export const MAX_COPIES = 0xffff;

export function parseCopies(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const reader = new CborReader(bytes, start, end);
  const copies = reader.uintUpTo(MAX_COPIES);
  reader.expectEnd('the copies block');
  return copies;
}

export function encodeCopies(copies: number): Uint8Array {
  return new CborWriter(3).uint(copies).finish();
}
