import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, fromHex, toHex } from '../../src/base/index.js';
import { CborReader, type CborValue, decodeCbor, encodeCbor } from '../../src/cbor/index.js';

/** RFC 8949 appendix A, the rows within what we use. */
const RFC8949_EXAMPLES: readonly (readonly [CborValue, string])[] = [
  [0, '00'],
  [1, '01'],
  [10, '0a'],
  [23, '17'],
  [24, '1818'],
  [25, '1819'],
  [100, '1864'],
  [1000, '1903e8'],
  [1_000_000, '1a000f4240'],
  [1_000_000_000_000, '1b000000e8d4a51000'],
  [18_446_744_073_709_551_615n, '1bffffffffffffffff'],
  [-18_446_744_073_709_551_616n, '3bffffffffffffffff'],
  [-1, '20'],
  [-10, '29'],
  [-100, '3863'],
  [-1000, '3903e7'],
  [false, 'f4'],
  [true, 'f5'],
  [null, 'f6'],
  [new Uint8Array(0), '40'],
  [fromHex('01020304'), '4401020304'],
  ['', '60'],
  ['a', '6161'],
  ['IETF', '6449455446'],
  ['"\\', '62225c'],
  ['\u00fc', '62c3bc'],
  ['\u6c34', '63e6b0b4'],
  ['\ud800\udd51', '64f0908591'],
  [[], '80'],
  [[1, 2, 3], '83010203'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [Array.from({ length: 25 }, (_, i) => i + 1), '98190102030405060708090a0b0c0d0e0f101112131415161718181819'],
  [new Map(), 'a0'],
  [
    new Map([
      [1, 2],
      [3, 4],
    ]),
    'a201020304',
  ],
  [
    new Map<string, CborValue>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
    'a26161016162820203',
  ],
];

const REFUSED: readonly (readonly [string, string, string, number])[] = [
  ['nothing', '', 'ERR_CBOR_TRUNCATED', 0],
  ['an integer that is not shortest', '1817', 'ERR_CBOR_NOT_SHORTEST', 0],
  ['two bytes where one would do', '1900ff', 'ERR_CBOR_NOT_SHORTEST', 0],
  ['four bytes where two would do', '1a0000ffff', 'ERR_CBOR_NOT_SHORTEST', 0],
  ['eight bytes where four would do', '1b00000000ffffffff', 'ERR_CBOR_NOT_SHORTEST', 0],
  ['a string length that is not shortest', '580161', 'ERR_CBOR_NOT_SHORTEST', 0],
  ['a head cut short', '82011a0001', 'ERR_CBOR_TRUNCATED', 2],
  ['a string cut short', '43aabb', 'ERR_CBOR_TRUNCATED', 1],
  ['an array with too few elements', '8301', 'ERR_CBOR_TRUNCATED', 1],
  ['a byte string that claims 2^62 bytes', '5b4000000000000000', 'ERR_CBOR_TRUNCATED', 9],
  ['an array that claims 2^64 − 1 elements', '9bffffffffffffffff', 'ERR_CBOR_TRUNCATED', 9],
  ['a map that claims 2^32 pairs', 'bb0000000100000000', 'ERR_CBOR_TRUNCATED', 9],
  ['an indefinite array', '9f01ff', 'ERR_CBOR_INDEFINITE', 0],
  ['an indefinite byte string', '5f4101ff', 'ERR_CBOR_INDEFINITE', 0],
  ['a lone break', 'ff', 'ERR_CBOR_BREAK', 0],
  ['reserved additional information', '1c', 'ERR_CBOR_RESERVED', 0],
  ['a tag', 'c101', 'ERR_CBOR_TAG', 0],
  ['a half float', 'f93c00', 'ERR_CBOR_SIMPLE', 0],
  ['a double', 'fb3ff0000000000000', 'ERR_CBOR_SIMPLE', 0],
  ['undefined', 'f7', 'ERR_CBOR_SIMPLE', 0],
  ['true in two bytes', 'f815', 'ERR_CBOR_SIMPLE', 0],
  ['bytes after the value', '0000', 'ERR_CBOR_TRAILING', 1],
  ['a surrogate in UTF-8', '63eda080', 'ERR_CBOR_UTF8', 1],
  ['an overlong UTF-8 sequence', '62c0af', 'ERR_CBOR_UTF8', 1],
  ['a key twice', 'a201000101', 'ERR_CBOR_DUPLICATE_KEY', 3],
  ['a byte string as a key', 'a1410000', 'ERR_CBOR_TYPE', 1],
  ['a key beyond 2^53', 'a11bffffffffffffffff00', 'ERR_CBOR_RANGE', 1],
  ['a hundred nested arrays', `${'81'.repeat(100)}00`, 'ERR_CBOR_DEPTH', 16],
];

const key = fc.oneof(fc.integer(), fc.string({ maxLength: 8, unit: 'binary' }));
const anyValue: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.uint8Array({ maxLength: 30 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  ),
})).value;

function refusal(bytes: Uint8Array): DecodeError {
  try {
    decodeCbor(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error(`was accepted: ${toHex(bytes)}`);
}

describe('the CBOR codec', () => {
  it.each(RFC8949_EXAMPLES)('reads and writes %s as RFC 8949 does', (value, hex) => {
    expect(toHex(encodeCbor(value))).toBe(hex);
    expect(decodeCbor(fromHex(hex))).toEqual(value);
  });

  it.each(REFUSED)('refuses %s', (_, hex, code, offset) => {
    const error = refusal(fromHex(hex));
    expect({ code: error.code, offset: error.offset }).toEqual({ code, offset });
  });

  it('gives back what it wrote', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(decodeCbor(encodeCbor(value))).toEqual(value);
      }),
    );
  });

  it('writes one encoding whatever the order in which a map was filled', () => {
    const forward = new Map<number | string, CborValue>([
      [10, 0],
      [100, 0],
      [-1, 0],
      ['z', 0],
      ['aa', 0],
    ]);
    const backward = new Map([...forward].reverse());
    // The order of RFC 8949 §4.2.1's own example.
    expect(toHex(encodeCbor(forward))).toBe('a50a00186400200061' + '7a0062616100');
    expect(encodeCbor(backward)).toEqual(encodeCbor(forward));
  });

  it('fed random bytes, gives a value that encodes to them (maps apart) or its error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let value: CborValue;
        try {
          value = decodeCbor(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        expect(encodeCbor(value)).toHaveLength(bytes.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('stops at its limit of items', () => {
    const many = encodeCbor(new Array<number>(1_000).fill(0));
    expect(() => decodeCbor(many, { maxItems: 1_000 })).toThrow('too many items');
    expect(decodeCbor(many, { maxItems: 1_001 })).toHaveLength(1_000);
  });

  it('keeps within its part of the input', () => {
    const reader = new CborReader(fromHex('00434142430000'), 1, 4);
    expect(() => reader.byteString()).toThrow(DecodeError);
  });
});

describe('skipping an item', () => {
  it('takes tags, and stops at the depth it is given', () => {
    const bytes = fromHex('d28443a10127a04101410200');
    const reader = new CborReader(bytes);
    reader.skip(2);
    expect(reader.offset).toBe(bytes.length - 1);
    expect(() => new CborReader(bytes).skip(1)).toThrow(DecodeError);
  });

  it('is not impressed by ten thousand nested arrays', () => {
    const nested = new Uint8Array(10_000).fill(0x81);
    expect(() => new CborReader(nested).skip(1_000_000)).toThrow(DecodeError);
  });
});
