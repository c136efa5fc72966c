/** The frame codec: what goes in comes out, and nothing else than a DecodeError comes of anything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../src/base/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import { bitOf, toBitmap } from '../../src/gossip/frames.js';
import { decodeFrame, encodeFrame, type GossipFrame, MAX_FRAME_BYTES, MAX_OFFER_IDS } from '../../src/gossip/index.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const number = fc.maxSafeNat();

const anyFrame: fc.Arbitrary<GossipFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    version: number,
    nodeKey: bytes(32),
    epoch: bytes(8),
    head: number,
    nonce: bytes(16),
  }),
  fc.record({ kind: fc.constant('auth' as const), signature: bytes(64), since: number }),
  fc.record({
    kind: fc.constant('offer' as const),
    batch: number,
    ids: fc.array(bytes(8), { minLength: 1, maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant('want' as const), batch: number, bitmap: fc.uint8Array({ maxLength: 128 }) }),
  fc.record({ kind: fc.constant('done' as const), upTo: number }),
  fc.record({
    kind: fc.constant('strategy' as const),
    name: fc.string({ maxLength: 20 }),
    summary: fc.uint8Array({ maxLength: 200 }),
  }),
);

describe('gossip frames', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
      }),
    );
  });

  it('of random bytes are refused with a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        try {
          decodeFrame(random);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  it('of which a byte was altered still decode, or are refused with a DecodeError', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, at, mask) => {
        const altered = encodeFrame(frame).slice();
        altered[at % altered.length] = (altered[at % altered.length] ?? 0) ^ mask;
        try {
          decodeFrame(altered);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  it('hold a full offer within the bound, and nothing above it', () => {
    const ids = Array.from({ length: MAX_OFFER_IDS }, () => new Uint8Array(8));
    expect(encodeFrame({ kind: 'offer', batch: Number.MAX_SAFE_INTEGER, ids }).length).toBeLessThanOrEqual(
      MAX_FRAME_BYTES,
    );
    expect(() => decodeFrame(encodeFrame({ kind: 'offer', batch: 1, ids: [...ids, new Uint8Array(8)] }))).toThrow(
      DecodeError,
    );
    expect(() => decodeFrame(new Uint8Array(MAX_FRAME_BYTES + 1))).toThrow(DecodeError);
  });

  it.each([
    ['no array', encodeCbor(1)],
    ['an empty array', encodeCbor([])],
    ['an unknown kind', encodeCbor([9])],
    ['a negative number', encodeCbor([4, -1])],
    ['a number beyond 2^53', encodeCbor([4, 2n ** 60n])],
    ['ids cut short', encodeCbor([2, 1, new Uint8Array(9)])],
    ['an offer of nothing', encodeCbor([2, 1, new Uint8Array(0)])],
    ['a bitmap too long', encodeCbor([3, 1, new Uint8Array(129)])],
    ['a short nonce', encodeCbor([0, 1, new Uint8Array(32), new Uint8Array(8), 0, new Uint8Array(15)])],
  ])('are refused with %s', (_, frame) => {
    expect(() => decodeFrame(frame)).toThrow(DecodeError);
  });

  it('carry wants as bits, the most significant first', () => {
    expect(toBitmap([true, false, false, false, false, false, false, true, true])).toEqual(Uint8Array.of(0x81, 0x80));
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 100 }), (flags) => {
        const bitmap = toBitmap(flags);
        expect(flags.map((_, index) => bitOf(bitmap, index))).toEqual(flags);
      }),
    );
  });
});
