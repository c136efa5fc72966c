/** The giving half: order, window, and when DONE may be said, against a model of the neighbour. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import type { TransferOutcome } from '../../src/gossip/index.js';
import { Offering, type OfferingSteps } from '../../src/gossip/offering.js';
import { SendQueue } from '../../src/gossip/send-queue.js';
import { BundleClass, type LedgerEntry } from '../../src/store/index.js';
import { entry, keyNumber, someEntries } from './entries.js';

const shortId = (key: BundleKey): Uint8Array => fromHex(key).slice(8);
const always = (): boolean => true;

function offered(steps: OfferingSteps): readonly string[] {
  return steps.frames.flatMap((frame) => (frame.kind === 'offer' ? frame.ids.map((id) => `${id.at(-1)}`) : []));
}

/** What the offering would tell the neighbour's cursor now. */
function doneOf(offering: Offering): number | undefined {
  const done = offering.isDone ? offering.sayDone() : undefined;
  return done?.kind === 'done' ? done.upTo : undefined;
}

describe('a send queue', () => {
  it('lets out class by class and the newest first, within its window, each bundle once', () => {
    fc.assert(
      fc.property(someEntries(200), fc.infiniteStream(fc.nat()), (entries, dice) => {
        const queue = new SendQueue();
        for (const one of entries) queue.add(one);
        const onTheWay: LedgerEntry[] = [];
        const started: LedgerEntry[] = [];
        while (!queue.idle) {
          const batch = queue.start(always);
          started.push(...batch);
          onTheWay.push(...batch);
          expect(onTheWay.length).toBeLessThanOrEqual(64);
          const bytes = onTheWay.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
          // The last one let in may pass the bound: large bundles must go too.
          expect(bytes - (onTheWay.at(-1)?.sizeBytes ?? 0)).toBeLessThan(512 * 1024);
          const [ended] = onTheWay.splice(dice.next().value % onTheWay.length, 1);
          expect(queue.finish(ended?.key ?? keyNumber(0))).toBe(ended);
        }
        const order = [...entries].sort((a, b) => a.class - b.class || b.seq - a.seq);
        expect(started.map(({ seq }) => seq)).toEqual(order.map(({ seq }) => seq));
      }),
    );
  });

  it('leaves out what is not held any more, and knows nothing of what it never sent', () => {
    const queue = new SendQueue();
    queue.add(entry(1));
    queue.add(entry(2));
    expect(queue.start((key) => key !== keyNumber(2)).map(({ seq }) => seq)).toEqual([1]);
    expect(queue.finish(keyNumber(2))).toBeUndefined();
    expect(queue.waitingBytes).toBe(0);
  });
});

describe('an offering', () => {
  it('says DONE only when everything was answered and what was wanted has arrived', () => {
    const outcomes = fc.constantFrom<TransferOutcome>('acked', 'already-had', 'unacceptable', 'no-room', 'cut');
    fc.assert(
      fc.property(
        someEntries(40),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        fc.array(fc.tuple(outcomes, fc.nat(3)), { minLength: 40, maxLength: 40 }),
        (entries, wants, ends) => {
          const offering = new Offering(0, shortId, always);
          const unanswered: { batch: number; ids: readonly Uint8Array[] }[] = [];
          const onTheWay: LedgerEntry[] = [];
          const arrived = new Set<number>();
          let mayStillFail = false;
          let done: number | undefined;
          const take = (steps: OfferingSteps): void => {
            for (const frame of steps.frames) if (frame.kind === 'offer') unanswered.push(frame);
            onTheWay.push(...steps.sends);
            done = doneOf(offering) ?? done;
          };
          take(offering.consider(entries, entries.length));
          for (let step = 0; unanswered.length + onTheWay.length > 0; step++) {
            const [outcome] = ends[step % 40] ?? ['acked'];
            const transfer = onTheWay.shift();
            if (transfer !== undefined) {
              if (outcome === 'acked' || outcome === 'already-had') arrived.add(transfer.seq);
              if (outcome === 'no-room' || outcome === 'cut') mayStillFail = true;
              take(offering.onOutcome(transfer.key, outcome));
              continue;
            }
            const offer = unanswered.shift();
            if (offer === undefined) break;
            expect(done).toBeUndefined();
            const bitmap = new Uint8Array(Math.ceil(offer.ids.length / 8));
            // Bits past the end are set: they name nothing.
            if (offer.ids.length % 8 !== 0) bitmap[bitmap.length - 1] = 0x01;
            offer.ids.forEach((id, index) => {
              if (wants[(id.at(-1) ?? 0) % 40]) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (0x80 >> (index & 7));
            });
            take(offering.onWant(offer.batch, bitmap));
          }
          const expected = entries.length === 0 || mayStillFail ? undefined : entries.length;
          expect(done).toBe(expected);
        },
      ),
    );
  });

  it('offers again after a cut, and nothing else is lost', () => {
    const entries = [entry(1), entry(2), entry(3)];
    const cut = new Offering(0, shortId, always);
    const steps = cut.consider(entries, 3);
    expect(offered(steps)).toEqual(['3', '2', '1']);
    // The link dies; the neighbour's cursor stood still, so the next session offers the same.
    expect(offered(new Offering(0, shortId, always).consider(entries, 3))).toEqual(['3', '2', '1']);
  });

  it('does not say DONE of what was wanted and not received, for want of room or by a cut', () => {
    for (const outcome of ['no-room', 'cut'] as const) {
      const offering = new Offering(0, shortId, always);
      offering.consider([entry(1)], 1);
      offering.onWant(1, Uint8Array.of(0x80));
      offering.onOutcome(keyNumber(1), outcome);
      expect(doneOf(offering)).toBeUndefined();
      offering.consider([], 2);
      expect(doneOf(offering)).toBeUndefined();
    }
  });

  it('does not press a neighbour that has no room for an author, but for what matters more', () => {
    const offering = new Offering(0, shortId, always);
    const letters = Array.from({ length: 100 }, (_, n) => entry(n + 1));
    const others = entry(101, { source: 'dtn://x/y' });
    const receipt = entry(102, { class: BundleClass.Receipt });
    offering.consider([...letters, others], 101);
    const first = offering.onWant(1, new Uint8Array(13).fill(0xff)).sends;
    expect(first.map(({ seq }) => seq)).toEqual([101, ...letters.map(({ seq }) => seq).toReversed()].slice(0, 64));
    expect(offering.onOutcome(keyNumber(100), 'no-room').sends).toEqual([]);
    for (const { key } of first.slice(2)) expect(offering.onOutcome(key, 'no-room').sends).toEqual([]);
    // What comes later is not even offered, unless it matters more.
    expect(offered(offering.consider([entry(103), receipt], 103))).toEqual(['102']);
    expect(doneOf(offering)).toBeUndefined();
  });

  it('says DONE of what was dropped before it could be sent', () => {
    const held = new Set([keyNumber(1)]);
    const offering = new Offering(0, shortId, (key) => held.has(key));
    offering.consider([entry(1)], 1);
    held.clear();
    offering.onWant(1, Uint8Array.of(0x80));
    expect(doneOf(offering)).toBe(1);
  });

  it('lets a receipt pass the megabytes that were wanted before it came', () => {
    const offering = new Offering(0, shortId, always);
    const many = Array.from({ length: 100 }, (_, index) => entry(index + 1, { sizeBytes: 100_000 }));
    offering.consider(many, 100);
    offering.onWant(1, new Uint8Array(13).fill(0xff));
    expect(offered(offering.consider([entry(101)], 101))).toEqual([]);
    expect(offered(offering.consider([entry(102, { class: BundleClass.Receipt })], 102))).toEqual(['102']);
    expect(offering.onWant(2, Uint8Array.of(0x80)).sends).toEqual([]);
    expect(offering.onOutcome(keyNumber(100), 'acked').sends[0]?.seq).toBe(102);
  });

  it.each([
    ['a batch that was never offered', 9, Uint8Array.of(0)],
    ['a bitmap too short', 1, new Uint8Array(0)],
    ['a bitmap too long', 1, new Uint8Array(2)],
  ])('does not take %s for an answer', (_, batch, bitmap) => {
    const offering = new Offering(0, shortId, always);
    offering.consider([entry(1)], 1);
    expect(() => offering.onWant(batch, bitmap)).toThrow('fits no offer');
  });

  it('takes no answer twice', () => {
    const offering = new Offering(0, shortId, always);
    offering.consider([entry(1)], 1);
    offering.onWant(1, Uint8Array.of(0x80));
    expect(() => offering.onWant(1, Uint8Array.of(0x80))).toThrow('fits no offer');
  });
});
