import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/index.js';
import { sipHash24 } from '../../src/crypto/index.js';

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

/** The authors' test vectors: key 00 01 … 0f, message 00 01 … of each length. */
const PUBLISHED = new Map([
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [3, '2d7efbd796666785'],
  [4, 'b7877127e09427cf'],
  [5, '8da699cd64557618'],
  [6, 'cee3fe586e46c9cb'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
]);

/** The same with 64-bit integers, straight from the paper. */
function slowSipHash(key: Uint8Array, message: Uint8Array): string {
  const mask = 2n ** 64n - 1n;
  const word = (bytes: Uint8Array, at: number): bigint => {
    let value = 0n;
    for (let i = 7; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
    return value;
  };
  const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (64n - bits))) & mask;
  let a = word(key, 0) ^ 0x736f6d6570736575n;
  let b = word(key, 8) ^ 0x646f72616e646f6dn;
  let c = word(key, 0) ^ 0x6c7967656e657261n;
  let d = word(key, 8) ^ 0x7465646279746573n;
  const round = (): void => {
    a = (a + b) & mask;
    b = rotate(b, 13n) ^ a;
    a = rotate(a, 32n);
    c = (c + d) & mask;
    d = rotate(d, 16n) ^ c;
    a = (a + d) & mask;
    d = rotate(d, 21n) ^ a;
    c = (c + b) & mask;
    b = rotate(b, 17n) ^ c;
    c = rotate(c, 32n);
  };
  const absorb = (m: bigint): void => {
    d ^= m;
    round();
    round();
    a ^= m;
  };
  const whole = message.length - (message.length % 8);
  for (let at = 0; at < whole; at += 8) absorb(word(message, at));
  absorb((BigInt(message.length % 256) << 56n) | word(message.subarray(whole), 0));
  c ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  const out = a ^ b ^ c ^ d;
  return toHex(Uint8Array.from({ length: 8 }, (_, i) => Number((out >> BigInt(8 * i)) & 255n)));
}

describe('SipHash-2-4', () => {
  it.each([...PUBLISHED])('of %i bytes is as published', (length, hex) => {
    expect(toHex(sipHash24(counting(16), counting(length)))).toBe(hex);
  });

  it('agrees with 64-bit arithmetic at every length and with other keys', () => {
    const key = counting(16).map((byte) => byte * 37 + 200);
    for (let length = 0; length < 300; length++) {
      const message = counting(length).map((byte) => byte * 91 + length);
      expect(toHex(sipHash24(key, message))).toBe(slowSipHash(key, message));
    }
  });
});
