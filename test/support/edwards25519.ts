/** Edwards25519 by the formulas of RFC 8032 §5.1, slow and plain: to make keys and signatures that honest code never makes. */
import { createHash } from 'node:crypto';

export const P = 2n ** 255n - 19n;
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * inverse(121666n));

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const SQRT_M1 = power(2n, (P - 1n) / 4n);

export const BASE: Point = recoverX(mod(4n * inverse(5n)), 0n) as Point;
export const IDENTITY: Point = { x: 0n, y: 1n };

function mod(a: bigint, m = P): bigint {
  const r = a % m;
  return r < 0n ? r + m : r;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let b = mod(base);
  for (let e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = mod(result * b);
    b = mod(b * b);
  }
  return result;
}

function inverse(a: bigint): bigint {
  return power(a, P - 2n);
}

/** The point with this y and this parity of x, if there is one. */
export function recoverX(y: bigint, parity: bigint): Point | undefined {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * SQRT_M1);
  if (mod(x * x - square) !== 0n) return undefined;
  if ((x & 1n) !== parity) x = mod(-x);
  return { x, y };
}

export function add(a: Point, b: Point): Point {
  const product = mod(D * a.x * b.x * a.y * b.y);
  return {
    x: mod((a.x * b.y + b.x * a.y) * inverse(1n + product)),
    y: mod((a.y * b.y + a.x * b.x) * inverse(1n - product)),
  };
}

export function multiply(scalar: bigint, point: Point): Point {
  let result = IDENTITY;
  let addend = point;
  for (let s = scalar; s > 0n; s >>= 1n) {
    if ((s & 1n) === 1n) result = add(result, addend);
    addend = add(addend, addend);
  }
  return result;
}

export function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 255n);
  return bytes;
}

export function encodePoint({ x, y }: Point): Uint8Array {
  return littleEndian(y | ((x & 1n) << 255n));
}

/** The eight points whose order divides 8. */
export function smallOrderPoints(): readonly Point[] {
  for (let y = 3n; ; y++) {
    const point = recoverX(y, 0n);
    if (point === undefined) continue;
    const torsion = multiply(L, point);
    const all = Array.from({ length: 8 }, (_, k) => multiply(BigInt(k), torsion));
    if (new Set(all.map(({ x, y: ordinate }) => `${x},${ordinate}`)).size === 8) return all;
  }
}

/** SHA-512 of the parts, as a scalar. */
export function challenge(...parts: readonly Uint8Array[]): bigint {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  let value = 0n;
  for (const [i, byte] of hash.digest().entries()) value |= BigInt(byte) << BigInt(8 * i);
  return value % L;
}
