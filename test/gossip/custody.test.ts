/** The CUSTODY frame (docs/protocol/gossip.md). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, DecodeError, toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import { decodeFrame, encodeFrame, MAX_CUSTODY_KEYS, MAX_FRAME_BYTES } from '../../src/gossip/index.js';

const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => toHex(bytes) as BundleKey);

describe('a custody frame', () => {
  it('comes out as it went in', () => {
    const frame = fc.record({
      kind: fc.constant('custody' as const),
      forMs: fc.nat(60 * DAY_MS),
      keys: fc.array(key, { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(frame, (one) => {
        expect(decodeFrame(encodeFrame(one))).toEqual(one);
      }),
    );
  });

  it('at its fullest is no larger than a frame may be', () => {
    const keys = Array.from({ length: MAX_CUSTODY_KEYS }, (_, n) => n.toString(16).padStart(32, '0') as BundleKey);
    expect(encodeFrame({ kind: 'custody', forMs: 60 * DAY_MS, keys }).length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  });

  it.each([
    ['without keys', [8, 1, new Uint8Array(0)]],
    ['with half a key', [8, 1, new Uint8Array(24)]],
    ['with too many', [8, 1, new Uint8Array(16 * (MAX_CUSTODY_KEYS + 1))]],
    ['for a time before now', [8, -1, new Uint8Array(16)]],
    ['for longer than anything lives', [8, 60 * DAY_MS + 1, new Uint8Array(16)]],
    ['with its time in words', [8, 'long', new Uint8Array(16)]],
    ['with its keys in words', [8, 1, 'all of them']],
    ['cut short', [8, 1]],
  ])('%s is refused', (_, fields) => {
    expect(() => decodeFrame(encodeCbor(fields))).toThrow(DecodeError);
  });
});
