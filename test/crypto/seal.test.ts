import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { InvariantError, seededRandom, toHex, utf8 } from '../../src/base/index.js';
import { type CborValue, decodeCbor, encodeCbor } from '../../src/cbor/index.js';
import { boxKeyPairFromSeed, openSealed, seal } from '../../src/crypto/index.js';

const device = (byte: number) => {
  const { publicKey, secretKey } = boxKeyPairFromSeed(new Uint8Array(32).fill(byte));
  return { keyId: publicKey.subarray(0, 8), publicKey, secretKey };
};

type Device = ReturnType<typeof device>;
const LAPTOP = device(1);
const PHONE = device(2);
const OTHER = device(3);
const TEXT = utf8('meet me at the ferry');

function keysOf(...devices: readonly Device[]) {
  return (keyId: Uint8Array): Uint8Array | undefined =>
    devices.find((candidate) => toHex(candidate.keyId) === toHex(keyId))?.secretKey;
}

function codeOf(sealed: Uint8Array, ...devices: readonly Device[]): string {
  const outcome = openSealed(sealed, keysOf(...devices));
  return outcome.ok ? 'ok' : outcome.code;
}

describe('sealed content', () => {
  const sealed = seal(TEXT, [LAPTOP, PHONE], seededRandom(1));

  it('opens for each recipient', () => {
    for (const recipient of [LAPTOP, PHONE]) {
      expect(openSealed(sealed, keysOf(recipient))).toEqual({ ok: true, plaintext: TEXT });
    }
  });

  it('is not for anybody else', () => {
    expect(codeOf(sealed, OTHER)).toBe('not-for-us');
  });

  it('is forged when a key of ours is named but does not open it', () => {
    const impostor = { ...LAPTOP, secretKey: OTHER.secretKey };
    expect(codeOf(sealed, impostor)).toBe('forged');
  });

  it('opens although another key has the same id', () => {
    const twin = { ...PHONE, keyId: LAPTOP.keyId };
    expect(codeOf(seal(TEXT, [LAPTOP, twin], seededRandom(1)), twin)).toBe('ok');
  });

  it('takes any content, and to 64 recipients', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (plaintext, seed) => {
        expect(openSealed(seal(plaintext, [PHONE], seededRandom(seed)), keysOf(PHONE))).toEqual({
          ok: true,
          plaintext,
        });
      }),
      { numRuns: 15 },
    );
    const many = Array.from({ length: 64 }, (_, i) => device(i + 1));
    expect(codeOf(seal(TEXT, many, seededRandom(1)), many[63] as Device)).toBe('ok');
    expect(() => seal(TEXT, [...many, OTHER], seededRandom(1))).toThrow(InvariantError);
    expect(() => seal(TEXT, [], seededRandom(1))).toThrow(InvariantError);
  });

  it('depends on the randomness that it is given, and on no other', () => {
    expect(seal(TEXT, [LAPTOP], seededRandom(4))).toEqual(seal(TEXT, [LAPTOP], seededRandom(4)));
    expect(seal(TEXT, [LAPTOP], seededRandom(4))).not.toEqual(seal(TEXT, [LAPTOP], seededRandom(5)));
    expect(() => nacl.randomBytes(1)).toThrow(InvariantError);
  });

  it('does not open with any byte changed', () => {
    for (let at = 0; at < sealed.length; at += 3) {
      const changed = new Uint8Array(sealed);
      changed[at] = (changed[at] as number) ^ 0x10;
      // A change to what belongs to the other recipient is not ours to notice.
      if (codeOf(changed, LAPTOP) === 'ok') expect(codeOf(changed, PHONE)).not.toBe('ok');
    }
  });

  it('of a wrong shape is malformed, whatever the bytes', () => {
    const fields = decodeCbor(sealed) as readonly CborValue[];
    const misshapen = [
      fields.slice(0, 4),
      [2, ...fields.slice(1)],
      fields.with(1, new Uint8Array(31)),
      fields.with(2, new Uint8Array(25)),
      fields.with(3, []),
      fields.with(3, new Array<CborValue>(65).fill([new Uint8Array(8), new Uint8Array(48)])),
      fields.with(3, [[new Uint8Array(7), new Uint8Array(48)]]),
      fields.with(4, new Uint8Array(15)),
      fields.with(4, 'text'),
    ];
    for (const shape of misshapen) expect(codeOf(encodeCbor(shape), LAPTOP)).toBe('malformed');
    for (let length = 0; length < sealed.length; length += 5) {
      expect(codeOf(sealed.subarray(0, length), LAPTOP)).toBe('malformed');
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(codeOf(bytes, LAPTOP)).toBe('malformed');
      }),
    );
  });
});
