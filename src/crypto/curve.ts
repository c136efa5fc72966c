/**
 * Which encodings of Edwards25519 points and scalars we accept (docs/decisions/0001-ed25519-verification-rules.md).
 *
 * RFC 8032 leaves room in which verifiers differ. With these checks before it, every verifier of the cofactorless
 * equation gives the same verdict, so that no bundle is genuine on one node and forged on the next.
 */

/** The group order L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP_ORDER = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
);

/** The field prime 2^255 − 19, little-endian. */
const FIELD_PRIME = Uint8Array.of(0xed, ...new Array<number>(30).fill(0xff), 0x7f);

/** The y coordinates of the eight points of small order; the sign of x is not part of it. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  Uint8Array.of(0, ...new Array<number>(31).fill(0)),
  Uint8Array.of(1, ...new Array<number>(31).fill(0)),
  Uint8Array.of(0xec, ...new Array<number>(30).fill(0xff), 0x7f),
  Uint8Array.of(
    ...[0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0],
    ...[0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05],
  ),
  Uint8Array.of(
    ...[0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f],
    ...[0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a],
  ),
];

/** Whether 32 bytes at `at` hold a scalar below the group order. Public data: no need for constant time. */
export function isCanonicalScalar(bytes: Uint8Array, at: number): boolean {
  return isBelow(bytes, at, GROUP_ORDER, 0xff);
}

/** Whether 32 bytes at `at` can be a point: y below the field prime, and not a point of small order. */
export function isAcceptablePoint(bytes: Uint8Array, at: number): boolean {
  if (!isBelow(bytes, at, FIELD_PRIME, 0x7f)) return false;
  for (const y of SMALL_ORDER_Y) if (isSameY(bytes, at, y)) return false;
  return true;
}

/** Compares little-endian numbers, the highest byte of the first masked. */
function isBelow(bytes: Uint8Array, at: number, limit: Uint8Array, topMask: number): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = (bytes[at + i] as number) & (i === 31 ? topMask : 0xff);
    const bound = limit[i] as number;
    if (byte !== bound) return byte < bound;
  }
  return false;
}

function isSameY(bytes: Uint8Array, at: number, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (bytes[at + i] !== y[i]) return false;
  return ((bytes[at + 31] as number) & 0x7f) === y[31];
}
