/** The one-byte vocabulary of CBOR heads (RFC 8949 §3). */

/** A CBOR integer's argument: a number while it is safe, a bigint above 2^53 − 1. */
export type CborUint = number | bigint;

export const Major = {
  Unsigned: 0,
  Negative: 1,
  Bytes: 2,
  Text: 3,
  Array: 4,
  Map: 5,
  Tag: 6,
  Simple: 7,
} as const;

/** The head that opens an array of indefinite length. */
export const INDEFINITE_ARRAY = 0x9f;
export const BREAK = 0xff;
export const FALSE = 0xf4;
export const TRUE = 0xf5;
export const NULL = 0xf6;

export const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/** How many bytes the shortest head for this argument takes (RFC 8949 §4.2.1). */
export function headSize(argument: CborUint): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x1_0000) return 3;
  return argument < 0x1_0000_0000 ? 5 : 9;
}
