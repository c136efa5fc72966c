/** Two whole gossip cores compare their stores: they end up with the same, whatever they held, and cheaply. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Carried, meet, Side } from '../../bench/support/meeting.js';
import { DecodeError, seededRandom, toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { Comparing, type ComparingHome } from '../../src/gossip/comparing.js';
import type { RangeItem } from '../../src/gossip/range-items.js';
import { SessionIds } from '../../src/gossip/session-ids.js';
import { BundleClass, OLDEST, Timeline } from '../../src/store/index.js';
import { entry } from './entries.js';

function bundle(key: string, createdAt: number, bundleClass: BundleClass): Carried {
  const { seq: _, ...carried } = entry(1, { key: key as BundleKey, createdAt, class: bundleClass, sizeBytes: 1 });
  return carried;
}

const anyKey = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => toHex(bytes));
/** Many at one time, many with nearly the same key, and times at both ends. */
const aKey = fc.oneof(
  anyKey,
  fc.nat(0xffff).map((n) => `${'ab'.repeat(14)}${n.toString(16).padStart(4, '0')}`),
);
const aTime = fc.oneof(fc.nat(3), fc.constantFrom(2 ** 53 - 1, 2 ** 53 - 2, 2 ** 60), fc.maxSafeNat());
const aBundle = fc
  .tuple(aKey, aTime, fc.constantFrom(...[0, 1, 2, 3, 4]))
  .map(([key, time, bundleClass]) => bundle(key, time, bundleClass));
const someBundles = fc.uniqueArray(aBundle, { selector: ({ key }) => key, maxLength: 300, size: 'max' });

function many(count: number, seed: number, timeOf: (unit: number) => number): Carried[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const key = toHex(random.bytes(16));
    return bundle(key, Math.floor(timeOf(random.unit())), Math.floor(random.unit() * 5));
  });
}

function union(...lists: readonly (readonly Carried[])[]): Set<string> {
  return new Set(lists.flat().map(({ key }) => key));
}

describe('stores that are compared', () => {
  it('come to hold the same, and the next meeting costs next to nothing', () => {
    fc.assert(
      fc.property(someBundles, fc.infiniteStream(fc.constantFrom('a', 'b', 'both')), fc.nat(99), (all, where, seed) => {
        const places = all.map((each) => [each, where.next().value] as const);
        const of = (side: string): Carried[] => places.filter(([, place]) => place !== side).map(([each]) => each);
        const [a, b] = [new Side(2 * seed + 1, of('b')), new Side(2 * seed + 2, of('a'))];
        const cost = meet(a, b);
        expect(cost.closed).toBeUndefined();
        expect(a.keys).toEqual(union(all));
        expect(b.keys).toEqual(union(all));
        a.linkDown();
        b.linkDown();
        const again = meet(a, b);
        expect([again.bytes <= 32, again.roundTrips]).toEqual([true, 1]);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['one is empty', 3_000, 0, 0],
    ['they have nothing in common', 1_500, 1_500, 0],
    ['they are the same', 0, 0, 3_000],
    ['one has one bundle more', 1, 0, 3_000],
  ])('agree in few round trips when %s', (_, onlyA, onlyB, both) => {
    const common = many(both, 1, (unit) => 8e11 + unit * 1e9);
    const [ofA, ofB] = [many(onlyA, 2, (unit) => 8e11 + unit * 1e9), many(onlyB, 3, (unit) => 8e11 + unit * 1e9)];
    const [a, b] = [new Side(1, [...common, ...ofA]), new Side(2, [...common, ...ofB])];
    const cost = meet(a, b);
    expect(cost.closed).toBeUndefined();
    expect(a.keys).toEqual(union(common, ofA, ofB));
    expect(b.keys).toEqual(a.keys);
    expect(cost.roundTrips).toBeLessThanOrEqual(6);
  });

  it('agree when a thousand bundles share one time, and keys share their beginnings', () => {
    const common = many(1_000, 1, () => 5);
    const ofA = Array.from({ length: 300 }, (_, n) =>
      bundle(`${'ff'.repeat(14)}${n.toString(16).padStart(4, '0')}`, 5, BundleClass.Message),
    );
    const [a, b] = [new Side(1, [...common, ...ofA]), new Side(2, common)];
    expect(meet(a, b).closed).toBeUndefined();
    expect(b.keys).toEqual(union(common, ofA));
  });

  it('agree though thousands were made to differ in their last bytes only: no frame grows beyond its bound', () => {
    const made = (first: string): Carried[] =>
      Array.from({ length: 3_000 }, (_, n) =>
        bundle(`${'ff'.repeat(13)}${first}${n.toString(16).padStart(4, '0')}`, 5, BundleClass.Message),
      );
    const [common, ofB] = [made('00'), made('01')];
    const few = common.filter((_, index) => index % 7 > 0);
    const [a, b] = [new Side(1, common), new Side(2, [...few, ...ofB])];
    expect(meet(a, b).closed).toBeUndefined();
    expect(a.keys).toEqual(union(common, ofB));
    expect(b.keys).toEqual(a.keys);
  });

  it('do not send what the other holds as something else: a later version may class it anew', () => {
    const all = many(200, 1, (unit) => unit * 1000);
    const classedAnew = all.map((each) => ({ ...each, class: BundleClass.Bulk }));
    const [a, b] = [new Side(1, all), new Side(2, classedAnew)];
    expect(meet(a, b).closed).toBeUndefined();
    expect([a.received, b.received]).toEqual([[], []]);
  });
});

describe('a comparison', () => {
  const ids = new SessionIds(new Uint8Array(16));
  const timeline = new Timeline(Array.from({ length: 100 }, (_, n) => entry(n + 1)));
  const home: ComparingHome = {
    timeline: (bundleClass) => (bundleClass === BundleClass.Message ? timeline : new Timeline()),
    holds: () => true,
    list: () => 1,
    openLists: () => 0,
  };
  const differing: RangeItem[] = [{ mode: 'fingerprint', to: OLDEST, wide: false, fingerprint: 1 }];
  const ranges = (answered = 0) => ({
    kind: 'ranges' as const,
    answered,
    ranges: { class: BundleClass.Message, items: differing },
  });

  it('ends when ranges come faster than answers are heard', () => {
    const comparing = new Comparing(home, ids, false);
    const press = (): void => {
      for (let i = 0; i < 40; i++) {
        comparing.onRanges(ranges());
        comparing.advance();
      }
    };
    expect(press).toThrow('faster than their answers');
  });

  it('ends when ranges have no end, though each is answered', () => {
    const comparing = new Comparing(home, ids, false);
    let heard = 0;
    const goOn = (): void => {
      for (let i = 0; i < 1_000_000; i++) {
        comparing.onRanges(ranges(heard));
        heard += comparing.advance().filter((frame) => frame.kind === 'ranges' && frame.ranges !== undefined).length;
      }
    };
    expect(goOn).toThrow('have no end');
    const lists = new Comparing(home, ids, false);
    const listOn = (): void => {
      for (let i = 0; i < 1_000_000; i++) lists.onList(BundleClass.Message, [{ mode: 'ids', to: OLDEST, ids: [] }]);
    };
    expect(listOn).toThrow('have no end');
  });

  it('does not believe answers to what was never said, nor hear ranges when it is over', () => {
    expect(() => new Comparing(home, ids, false).onRanges(ranges(1))).toThrow(DecodeError);
    const over = new Comparing(home, ids, false);
    for (const bundleClass of [0, 1, 2, 3, 4]) over.onList(bundleClass, [{ mode: 'ids', to: OLDEST, ids: [] }]);
    over.advance();
    expect(over.isOver).toBe(true);
    expect(() => over.onRanges(ranges())).toThrow('out of turn');
    expect(() => over.onList(BundleClass.Message, [])).toThrow('out of turn');
  });
});
