/** The inside of range frames: bounds of any time, and nothing but a DecodeError for anything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../src/base/index.js';
import { boundBetween, decodeItems, encodeItems, narrowed, type RangeItem } from '../../src/gossip/range-items.js';
import { isBoundBefore, OLDEST, type TimeBound } from '../../src/store/index.js';

const anyTime = fc.oneof(fc.nat(10), fc.maxSafeNat(), fc.integer({ min: 850_000_000_000, max: 850_000_100_000 }));
const anyPrefix = fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const anyBound: fc.Arbitrary<TimeBound> = fc.record({ time: anyTime, prefix: anyPrefix });
const anyBody = fc.oneof(
  fc.constant({ mode: 'skip' as const }),
  fc.record({
    mode: fc.constant('fingerprint' as const),
    wide: fc.boolean(),
    fingerprint: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  }),
  fc.record({
    mode: fc.constant('ids' as const),
    ids: fc.array(fc.integer({ min: 0, max: 2 ** 40 - 1 }), { maxLength: 9 }),
  }),
);

/** A walk that goes on at each item. */
const anyItems: fc.Arbitrary<RangeItem[]> = fc
  .tuple(fc.uniqueArray(anyBound, { selector: ({ time, prefix }) => `${time} ${prefix}`, maxLength: 12 }), fc.boolean())
  .chain(([bounds, toTheEnd]) => {
    const sorted = bounds
      .filter((bound) => isBoundBefore({ time: Number.MAX_SAFE_INTEGER, prefix: '' }, bound))
      .sort((a, b) => (isBoundBefore(a, b) ? -1 : 1));
    if (toTheEnd) sorted.push(OLDEST);
    return fc.tuple(...sorted.map((to) => anyBody.map((body) => itemOf(to, body))));
  });

function itemOf(to: TimeBound, body: typeof anyBody extends fc.Arbitrary<infer Body> ? Body : never): RangeItem {
  if (body.mode !== 'fingerprint') return { ...body, to };
  return { ...body, to, fingerprint: narrowed(body.fingerprint, body.wide) };
}

describe('range items', () => {
  it('come out as they went in, for times up to 2^53', () => {
    fc.assert(
      fc.property(anyItems, (items) => {
        expect(decodeItems(encodeItems(items))).toEqual(items);
      }),
    );
  });

  it('of random bytes are refused with a DecodeError, or written the same way again and no longer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        let items: readonly RangeItem[];
        try {
          items = decodeItems(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        const encoded = encodeItems(items);
        expect(encoded.length).toBeLessThanOrEqual(bytes.length);
        expect(decodeItems(encoded)).toEqual(items);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['that stand still', [0x00 | 63, 0x00 | 63]],
    ['that go back', [10, 0, 10, 0]],
    ['with a unit beyond 2^52', [53, 0]],
    ['with a time below zero', [52, 2]],
    ['with an overlong number', [10, 0x80, 0x00]],
    ['with a number beyond 2^53', [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['with an empty beginning of a key', [62, 1, 0]],
    ['with the beginning of a key longer than a key', [62, 1, 17, ...new Array(17).fill(1)]],
    ['that promise more ids than there are bytes', [0xc0 | 63, 0xff, 0x7f, 1, 2, 3]],
    ['with half a fingerprint', [0x40 | 63, 1, 2, 3]],
  ])('are refused %s', (_, bytes) => {
    expect(() => decodeItems(Uint8Array.from(bytes))).toThrow(DecodeError);
  });

  it('are parted by bounds that lie between the two, in as few bytes as may be', () => {
    const place = fc.record({ time: anyTime, key: fc.uint8Array({ minLength: 16, maxLength: 16 }) });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [a, b] = [one, other].map(({ time, key }) => ({ time, key: Buffer.from(key).toString('hex') }));
        if (a === undefined || b === undefined || (a.time === b.time && a.key === b.key)) return;
        const isNewer = a.time > b.time || (a.time === b.time && a.key < b.key);
        const [newer, older] = isNewer ? [a, b] : [b, a];
        const bound = boundBetween(newer, older);
        const isBefore = (entry: { time: number; key: string }): boolean =>
          entry.time > bound.time || (entry.time === bound.time && entry.key < bound.prefix);
        expect([isBefore(newer), isBefore(older)]).toEqual([true, false]);
      }),
    );
    const t = 850_000_000_000;
    const item: RangeItem = { mode: 'skip', to: boundBetween({ time: t + 12_000, key: '' }, { time: t, key: '' }) };
    const next: RangeItem = {
      mode: 'skip',
      to: boundBetween({ time: t - 90_000, key: '' }, { time: t - 99_000, key: '' }),
    };
    expect(encodeItems([item, next]).length - encodeItems([item]).length).toBe(2);
  });
});
