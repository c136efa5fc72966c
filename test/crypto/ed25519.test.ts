/** Both ways to verify, ours on node:crypto and tweetnacl as the reference, give one verdict on everything. */
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, seededRandom, toHex, utf8 } from '../../src/base/index.js';
import { passesPrechecks } from '../../src/crypto/ed25519.js';
import { idOfKey, sign, signingKeyFromSeed, verify } from '../../src/crypto/index.js';
import {
  add,
  BASE,
  challenge,
  encodePoint,
  IDENTITY,
  L,
  littleEndian,
  multiply,
  P,
  type Point,
  recoverX,
  smallOrderPoints,
} from '../support/edwards25519.js';

/** RFC 8032 §7.1: seed, public key, message, signature. */
const RFC8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

function reference(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return passesPrechecks(publicKey, signature) && nacl.sign.detached.verify(message, signature, publicKey);
}

/** The one verdict of both. */
function verdict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const ours = verify(publicKey, message, signature);
  expect(ours, 'node:crypto and tweetnacl differ').toBe(reference(publicKey, message, signature));
  return ours;
}

const MESSAGE = utf8('the bridge is open again');
const KEY = signingKeyFromSeed(new Uint8Array(32).fill(9));
const GENUINE = sign(KEY, MESSAGE);

/** A signature over an arbitrary key A = aB + torsion, with R = rB + torsion. */
function craft(a: bigint, keyTorsion: Point, r: bigint, nonceTorsion: Point, message: Uint8Array) {
  const publicKey = encodePoint(add(multiply(a, BASE), keyTorsion));
  const nonce = encodePoint(add(multiply(r, BASE), nonceTorsion));
  const h = challenge(nonce, publicKey, message);
  return { publicKey, signature: concatBytes(nonce, littleEndian((r + h * a) % L)) };
}

describe('Ed25519', () => {
  it.each(RFC8032)('gives the results of RFC 8032: %s', (seed, publicKey, message, signature) => {
    const key = signingKeyFromSeed(fromHex(seed));
    expect(toHex(key.publicKey)).toBe(publicKey);
    expect(toHex(sign(key, fromHex(message)))).toBe(signature);
    expect(verdict(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true);
  });

  it('signs as tweetnacl does', () => {
    const pair = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(9));
    expect(toHex(KEY.publicKey)).toBe(toHex(pair.publicKey));
    expect(toHex(GENUINE)).toBe(toHex(nacl.sign.detached(MESSAGE, pair.secretKey)));
  });

  it('refuses a signature with any bit flipped', () => {
    for (let bit = 0; bit < 512; bit += 7) {
      const changed = new Uint8Array(GENUINE);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(verdict(KEY.publicKey, MESSAGE, changed)).toBe(false);
    }
  });

  it('refuses the malleable twin with S + L', () => {
    let s = 0n;
    for (let i = 31; i >= 0; i--) s = (s << 8n) | BigInt(GENUINE[32 + i] as number);
    const twin = concatBytes(GENUINE.subarray(0, 32), littleEndian(s + L));
    expect(passesPrechecks(KEY.publicKey, twin)).toBe(false);
    expect(verdict(KEY.publicKey, MESSAGE, twin)).toBe(false);
  });

  it.each([
    ['L', L],
    ['L + 1', L + 1n],
    ['2^253', 2n ** 253n],
    ['2^256 − 1', 2n ** 256n - 1n],
  ])('refuses S = %s', (_, s) => {
    expect(verdict(KEY.publicKey, MESSAGE, concatBytes(GENUINE.subarray(0, 32), littleEndian(s)))).toBe(false);
  });

  it('refuses every key and every R of small order, in every encoding', () => {
    const points = smallOrderPoints();
    expect(points).toHaveLength(8);
    for (const { y } of points) {
      for (const sign of [0n, 1n]) {
        for (const ordinate of y + P < 2n ** 255n ? [y, y + P] : [y]) {
          const encoded = littleEndian(ordinate | (sign << 255n));
          // With a small key and S = 0, R = −hA would verify for one message in eight or more: no key at all.
          expect(verdict(encoded, MESSAGE, concatBytes(encoded, new Uint8Array(32)))).toBe(false);
          expect(passesPrechecks(encoded, GENUINE)).toBe(false);
          expect(passesPrechecks(KEY.publicKey, concatBytes(encoded, GENUINE.subarray(32)))).toBe(false);
        }
      }
    }
  });

  it('refuses a y that is not below the field prime', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      for (const sign of [0n, 1n]) {
        const encoded = littleEndian(y | (sign << 255n));
        expect(verdict(encoded, MESSAGE, GENUINE)).toBe(false);
        expect(verdict(KEY.publicKey, MESSAGE, concatBytes(encoded, GENUINE.subarray(32)))).toBe(false);
      }
    }
  });

  it('refuses a key that is not on the curve', () => {
    let found = 0;
    for (let y = 2n; found < 5; y++) {
      if (recoverX(y, 0n) !== undefined) continue;
      found++;
      expect(verdict(littleEndian(y), MESSAGE, GENUINE)).toBe(false);
    }
  });

  it('judges keys and nonces with a component of small order by the equation without cofactor', () => {
    const torsion = smallOrderPoints()[1] as Point;
    const verdicts = new Set<boolean>();
    // h is a multiple of the torsion's order about once in eight: both verdicts occur, and both verifiers share them.
    for (let i = 0; i < 100 && verdicts.size < 2; i++) {
      const message = utf8(`message ${i}`);
      const { publicKey, signature } = craft(12345n, torsion, 777n, IDENTITY, message);
      verdicts.add(verdict(publicKey, message, signature));
    }
    expect([...verdicts].sort()).toEqual([false, true]);
    const mixedNonce = craft(12345n, IDENTITY, 777n, torsion, MESSAGE);
    expect(verdict(mixedNonce.publicKey, MESSAGE, mixedNonce.signature)).toBe(false);
    const honest = craft(12345n, IDENTITY, 777n, IDENTITY, MESSAGE);
    expect(verdict(honest.publicKey, MESSAGE, honest.signature)).toBe(true);
  });

  it('gives one verdict on random bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (publicKey, signature) => {
          verdict(publicKey, MESSAGE, signature);
          verdict(publicKey, MESSAGE, GENUINE);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses keys and signatures of other lengths without throwing', () => {
    for (const length of [0, 1, 31, 33, 57, 64]) {
      expect(verify(new Uint8Array(length).fill(3), MESSAGE, GENUINE)).toBe(false);
      if (length !== 64) expect(verify(KEY.publicKey, MESSAGE, new Uint8Array(length))).toBe(false);
    }
    expect(verify(KEY.publicKey, MESSAGE, concatBytes(GENUINE, new Uint8Array(1)))).toBe(false);
  });

  it('still verifies after more keys than are kept', () => {
    const random = seededRandom(5);
    for (let i = 0; i < 4_400; i++) {
      const y = random.bytes(32);
      y[31] = (y[31] as number) & 0x3f;
      verify(y, MESSAGE, GENUINE);
    }
    expect(verify(KEY.publicKey, MESSAGE, GENUINE)).toBe(true);
  });

  it('keeps its private key to itself', () => {
    expect(JSON.stringify(KEY)).not.toContain('09');
    expect(Object.keys(KEY)).toEqual(['publicKey']);
  });
});

describe('the id of a key', () => {
  it('is 26 characters of the base32 of the start of its SHA-256', () => {
    expect(idOfKey(KEY.publicKey)).toMatch(/^[a-z2-7]{26}$/);
    // SHA-256 of the empty string starts e3b0c44298fc1c149afbf4c8996fb924.
    expect(idOfKey(new Uint8Array(0))).toBe('4oymiquy7qobjgx36tejs35zeq');
  });
});
