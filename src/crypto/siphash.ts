/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) with 64-bit output: short keyed ids that an outsider cannot aim at.
 *
 * JavaScript has no fast 64-bit integers, so each word is a pair of 32-bit halves in one Int32Array.
 */
import { invariant } from '../base/index.js';

/** v0 to v3, each as low half, high half. Reused: the function is synchronous and keeps nothing. */
const v = new Int32Array(8);

/**
 * @param key 16 bytes.
 * @returns 8 bytes: the hash, little-endian.
 */
export function sipHash24(key: Uint8Array, message: Uint8Array): Uint8Array {
  invariant(key.length === 16, 'a SipHash key has 16 bytes');
  const k0low = word(key, 0);
  const k0high = word(key, 4);
  const k1low = word(key, 8);
  const k1high = word(key, 12);
  v[0] = k0low ^ 0x70736575;
  v[1] = k0high ^ 0x736f6d65;
  v[2] = k1low ^ 0x6e646f6d;
  v[3] = k1high ^ 0x646f7261;
  v[4] = k0low ^ 0x6e657261;
  v[5] = k0high ^ 0x6c796765;
  v[6] = k1low ^ 0x79746573;
  v[7] = k1high ^ 0x74656462;

  const whole = message.length & ~7;
  for (let at = 0; at < whole; at += 8) compress(word(message, at), word(message, at + 4));
  let low = 0;
  let high = message.length << 24;
  for (let i = message.length - 1; i >= whole; i--) {
    const byte = message[i] as number;
    if (i - whole < 4) low |= byte << ((i - whole) * 8);
    else high |= byte << ((i - whole - 4) * 8);
  }
  compress(low, high);

  v[4] = (v[4] as number) ^ 0xff;
  for (let round = 0; round < 4; round++) sipRound();
  const out = new Uint8Array(8);
  putWord(out, 0, xorOfAll(0));
  putWord(out, 4, xorOfAll(1));
  return out;
}

function compress(low: number, high: number): void {
  v[6] = (v[6] as number) ^ low;
  v[7] = (v[7] as number) ^ high;
  sipRound();
  sipRound();
  v[0] = (v[0] as number) ^ low;
  v[1] = (v[1] as number) ^ high;
}

function sipRound(): void {
  add(0, 2);
  rotate(2, 13);
  xor(2, 0);
  swapHalves(0);
  add(4, 6);
  rotate(6, 16);
  xor(6, 4);
  add(0, 6);
  rotate(6, 21);
  xor(6, 0);
  add(4, 2);
  rotate(2, 17);
  xor(2, 4);
  swapHalves(4);
}

/** Word at `a` += word at `b`, modulo 2^64. */
function add(a: number, b: number): void {
  const low = ((v[a] as number) >>> 0) + ((v[b] as number) >>> 0);
  v[a + 1] = (v[a + 1] as number) + (v[b + 1] as number) + (low > 0xffff_ffff ? 1 : 0);
  v[a] = low;
}

function xor(a: number, b: number): void {
  v[a] = (v[a] as number) ^ (v[b] as number);
  v[a + 1] = (v[a + 1] as number) ^ (v[b + 1] as number);
}

/** Rotates left by fewer than 32 bits. */
function rotate(a: number, bits: number): void {
  const low = v[a] as number;
  const high = v[a + 1] as number;
  v[a] = (low << bits) | (high >>> (32 - bits));
  v[a + 1] = (high << bits) | (low >>> (32 - bits));
}

/** Rotates by 32 bits. */
function swapHalves(a: number): void {
  const low = v[a] as number;
  v[a] = v[a + 1] as number;
  v[a + 1] = low;
}

function xorOfAll(half: number): number {
  return (v[half] as number) ^ (v[2 + half] as number) ^ (v[4 + half] as number) ^ (v[6 + half] as number);
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function putWord(out: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) out[at + i] = (value >>> (i * 8)) & 255;
}
