/** The taking half: what is wanted, of whom, and how far the cursor may move. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steadyMs } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { Asking } from '../../src/gossip/asking.js';
import { bitOf, type GossipFrame } from '../../src/gossip/frames.js';
import { SessionIds } from '../../src/gossip/session-ids.js';
import { Taking } from '../../src/gossip/taking.js';
import { placeOf } from '../../src/store/index.js';
import { keyNumber } from './entries.js';

const ids = new SessionIds(new Uint8Array(16).fill(5));
const now = steadyMs(0);

/** Keys of one place and of others: the first 16 bits are what sessions share. */
function keyAt(place: number, number: number): BundleKey {
  return (place.toString(16).padStart(4, '0') + keyNumber(number).slice(4)) as BundleKey;
}

function takingOf(known: readonly BundleKey[] = [], asking = new Asking(), link = 1): Taking {
  return new Taking({ link, asking, knownAt: (place) => known.filter((key) => placeOf(key) === place) }, ids);
}

function offer(taking: Taking, batch: number, keys: readonly BundleKey[], at = now) {
  const want = taking.onOffer(
    batch,
    keys.map((key) => ids.shortId(key)),
    at,
  );
  return flagsOf(want, keys.length);
}

function flagsOf(frame: GossipFrame | undefined, count: number) {
  if (frame?.kind !== 'want') throw new Error('no answer');
  const flags = (bitmap: Uint8Array | undefined): boolean[] =>
    Array.from({ length: count }, (_, index) => bitmap !== undefined && bitOf(bitmap, index));
  return { wanted: flags(frame.bitmap), later: flags(frame.later) };
}

describe('a taking', () => {
  it('wants exactly what is not known, whenever it came to be known, in full ids and in short ones', () => {
    const some = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(some, some, some, fc.boolean(), (before, during, offers, inShort) => {
        const taking = takingOf(before.map((number) => keyAt(number % 3, number)));
        for (const number of during) taking.onKnown(keyAt(number % 3, number));
        const named = offers.map((number) => ids.shortId(keyAt(number % 3, number)).subarray(0, inShort ? 5 : 8));
        const { wanted } = flagsOf(taking.onOffer(1, named, now), offers.length);
        // What came to be known before anything of its place was asked for is in the store by then, not in this fake one.
        const known = new Set(before);
        expect(wanted).toEqual(offers.map((number) => !known.has(number)));
        for (const number of during) taking.onKnown(keyAt(number % 3, number));
        for (const number of [...during, ...before]) known.add(number);
        const again = flagsOf(taking.onOffer(2, named, now), offers.length);
        expect(again.wanted).toEqual(offers.map((number) => !known.has(number)));
      }),
    );
  });

  it('asks one neighbour at a time, and the other when the first link ends, is slow, or has brought something else', () => {
    const asking = new Asking();
    const [first, second] = [takingOf([], asking, 1), takingOf([], asking, 2)];
    const keys = [keyAt(7, 1), keyAt(8, 2), keyAt(9, 3)];
    expect(offer(first, 1, keys).wanted).toEqual([true, true, true]);
    expect(offer(second, 1, keys)).toEqual({ wanted: [false, false, false], later: [true, true, true] });
    expect(second.isWaiting).toBe(true);
    // The first of them arrives over the first link.
    asking.arrived(7);
    second.onKnown(keys[0] as BundleKey);
    expect(flagsOf(second.reconsider(now, 7)[0], 3)).toEqual({
      wanted: [false, false, false],
      later: [false, true, true],
    });
    // Something else at the second's place arrives.
    asking.arrived(8);
    expect(flagsOf(second.reconsider(now, 8)[0], 3)).toEqual({
      wanted: [false, true, false],
      later: [false, false, true],
    });
    expect(second.reconsider(steadyMs(29_999))).toEqual([]);
    expect(flagsOf(second.reconsider(steadyMs(30_000))[0], 3)).toEqual({
      wanted: [false, false, true],
      later: [false, false, false],
    });
    expect(second.isWaiting).toBe(false);
    const third = takingOf([], asking, 3);
    expect(offer(third, 1, [keyAt(9, 3)], steadyMs(30_001)).later).toEqual([true]);
    asking.end(2);
    expect(flagsOf(third.reconsider(steadyMs(30_002))[0], 1).wanted).toEqual([true]);
  });

  it('moves its cursor by a DONE, never after something was turned away, and hears none twice or without end', () => {
    const taking = takingOf();
    expect(taking.onDone(5, 0)).toBe(true);
    expect(() => taking.onDone(5, 0)).toThrow('the same again');
    expect(() => taking.onDone(4, 0)).toThrow('the same again');
    taking.onTurnedAway();
    expect(taking.onDone(6, 0)).toBe(false);
    const flood = (): void => {
      for (let upTo = 7; upTo < 5000; upTo++) taking.onDone(upTo, 1000);
    };
    expect(flood).toThrow('without end');
  });

  it('hears of no batch twice while it is open, and of no end of bundles that never come', () => {
    const asking = new Asking();
    offer(takingOf([], asking, 1), 1, [keyAt(7, 1)]);
    const taking = takingOf([], asking, 2);
    offer(taking, 1, [keyAt(7, 1)]);
    expect(() => offer(taking, 1, [keyAt(8, 1)])).toThrow('twice');
    const liar = takingOf();
    const lies = (): void => {
      for (let batch = 1; batch < 100; batch++) {
        offer(
          liar,
          batch,
          Array.from({ length: 1024 }, (_, index) => keyAt(index, batch * 1024 + index)),
        );
      }
    };
    expect(lies).toThrow('does not deliver');
  });
});
