import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, DecodeError } from '../../../src/base/index.js';
import { CopyCounts } from '../../../src/gossip/strategies/copy-counts.js';
import { gainOf, lossOf } from '../../../src/gossip/strategies/marginal-utility.js';
import { meanRate, rateOf } from '../../../src/gossip/strategies/meeting-log.js';
import { Utility } from '../../../src/gossip/strategies/utility.js';
import { at, messageTo, neighbourNamed, SmallMesh } from './world.js';

describe('marginal utility', () => {
  // One holder that meets the destination once in 10 min, 10 min left, 9 others of whom none has had it.
  const outlook = { undelivered: 1, remainingMs: 600_000, rate: 1 / 600_000 };

  it('of one copy more, for the chance of delivery', () => {
    // e^(−1) × (1 − e^(−1)) = 0.36788 × 0.63212 = 0.23254.
    expect(gainOf('delivery', outlook, 1 / 600_000)).toBeCloseTo(0.23254, 5);
    // Half as much where half of the others have had it.
    expect(gainOf('delivery', { ...outlook, undelivered: 0.5 }, 1 / 600_000)).toBeCloseTo(0.11627, 5);
  });

  it('of one copy more, for the delay', () => {
    // Cut off at 10 min, in units of them: 1 holder (1 − e^(−1))/1 = 0.63212; 2 holders (1 − e^(−2))/2 = 0.43233.
    expect(gainOf('delay', outlook, 1 / 600_000)).toBeCloseTo(0.63212 - 0.43233, 5);
  });

  it('approaches the closed forms of the papers where they hold', () => {
    // GBSD for delay, plenty of time: (1 − m/(L−1)) / (n² λ), here for n = 10 and one more, divided by the time left.
    const [rate, remainingMs] = [1e-6, 1e12];
    const many = { undelivered: 0.5, remainingMs, rate: 10 * rate };
    expect(gainOf('delay', many, rate) * remainingMs).toBeCloseTo(0.5 * (1 / (10 * rate) - 1 / (11 * rate)), 0);
    // GBSD for delivery, small rates: (1 − m/(L−1)) λ R e^(−λ n R).
    const few = { undelivered: 0.5, remainingMs: 1_000, rate: 3e-9 };
    expect(gainOf('delivery', few, 1e-9)).toBeCloseTo(0.5 * 1e-6 * Math.exp(-3e-6), 11);
  });

  it('of one copy less is what the copy had added', () => {
    const two = { ...outlook, rate: 2 / 600_000 };
    expect(lossOf('delivery', two, 1 / 600_000)).toBeCloseTo(gainOf('delivery', outlook, 1 / 600_000), 12);
    expect(lossOf('delay', two, 1 / 600_000)).toBeCloseTo(gainOf('delay', outlook, 1 / 600_000), 12);
  });

  it('is not negative for rates that hardly differ', () => {
    const slow = { undelivered: 1, remainingMs: 3_600_000, rate: 1.1084959787311248e-8 };
    expect(gainOf('delay', slow, 3.9185458292341544e-23)).toBe(0);
  });

  it('is never negative, and nothing once the time is up', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rate, added) => {
          for (const metric of ['delivery', 'delay'] as const) {
            expect(gainOf(metric, { ...outlook, rate }, added)).toBeGreaterThanOrEqual(0);
            expect(gainOf(metric, { ...outlook, rate, remainingMs: 0 }, added)).toBe(0);
          }
        },
      ),
    );
  });
});

describe('the rate of meetings', () => {
  it('is a count over a time, shrunk towards the mean by one meeting', () => {
    // 8 meetings in a day, in a mesh of 4: mean (8 + 1) / (3 × 2 days) = 1.5 a day for each pair.
    const meetings = {
      observedMs: DAY_MS,
      total: 8,
      counts: new Map([
        ['ben', 6],
        ['eva', 2],
      ]),
    };
    expect(meanRate(meetings, 4) * DAY_MS).toBeCloseTo(1.5, 12);
    // Ben: (6 + 1) / (1 + 1/1.5) = 4.2 a day; a pair that never met: 1 / (1 + 1/1.5) = 0.6.
    expect(rateOf(meetings, 'ben', 4) * DAY_MS).toBeCloseTo(4.2, 12);
    expect(rateOf(meetings, 'olaf', 4) * DAY_MS).toBeCloseTo(0.6, 12);
  });
});

describe('the number of copies', () => {
  it('is at least the nodes that a bundle came through, and grows as it is given on', () => {
    const counts = new CopyCounts();
    const entry = messageTo('eva', { hops: 2 });
    expect(counts.of(entry)).toBe(3);
    counts.add(entry);
    expect(counts.of(entry)).toBe(4);
  });

  it('is the largest that anybody tells, and one more for whoever gets a bundle after it was told', () => {
    const [ana, ben] = [new CopyCounts(), new CopyCounts()];
    const entry = messageTo('eva', { hops: 0 });
    for (let n = 0; n < 4; n++) ana.add(entry);
    // Ana tells of 5, then gives Ben a copy: 6.
    ben.take(ana.encode([entry], 1_000));
    expect(ben.of({ ...entry, hops: 1 })).toBe(6);
    // Ben's 6 includes Ana's and his: now Ana knows of 6 too.
    ana.take(ben.encode([entry], 1_000));
    expect(ana.of(entry)).toBe(6);
  });
});

describe('the utility strategy', () => {
  function met(name: string, meetings: readonly (readonly [string, number])[]): Utility {
    const node = new Utility(new SmallMesh(name));
    for (const [other, minutes] of meetings) {
      node.onMeet(neighbourNamed(other), at(minutes));
      node.onPart(neighbourNamed(other), at(minutes));
    }
    return node;
  }

  it('sends first what the neighbour meets the recipient of, rather than what it never met', () => {
    const ana = met('ana', [
      ['ben', 0],
      ['ben', 600],
    ]);
    const ben = met('ben', [
      ['eva', 0],
      ['eva', 100],
      ['eva', 200],
      ['ana', 600],
    ]);
    ana.onSummary(neighbourNamed('ben'), ben.summary(neighbourNamed('ana'), at(600)));
    const priority = (name: string, fields = {}): number =>
      ana.priority(messageTo(name, fields), neighbourNamed('ben'), at(600));
    expect(priority('eva')).toBeGreaterThan(priority('olaf'));
    // By byte: a message ten times the size gains a tenth.
    expect(priority('eva', { sizeBytes: 1000 })).toBeCloseTo(priority('eva') / 10, 12);
    // Three hops mean three copies more.
    expect(priority('eva', { hops: 4 })).toBeLessThan(priority('eva'));
  });

  it('drops first what others carry too, and what it has little chance to deliver', () => {
    const ana = met('ana', [
      ['eva', 0],
      ['eva', 300],
      ['ben', 600],
    ]);
    const worth = (name: string, hops: number): number => ana.worth(messageTo(name, { hops }), at(600));
    expect(worth('olaf', 3)).toBeLessThan(worth('olaf', 0));
    expect(worth('olaf', 1)).toBeLessThan(worth('eva', 1));
  });

  it('knows of the way over one other', () => {
    const ana = met('ana', [
      ['ben', 0],
      ['ben', 300],
      ['ben', 600],
    ]);
    const before = ana.worth(messageTo('eva'), at(600));
    const ben = met(
      'ben',
      Array.from({ length: 20 }, (_, n) => ['eva', n * 30] as const),
    );
    ana.onSummary(neighbourNamed('ben'), ben.summary(neighbourNamed('ana'), at(600)));
    expect(ana.worth(messageTo('eva'), at(600))).toBeGreaterThan(before);
  });

  it('remembers its meetings over a restart', () => {
    const ana = met('ana', [
      ['eva', 0],
      ['eva', 300],
    ]);
    const again = new Utility(new SmallMesh('ana'));
    again.restore(ana.save() ?? new Uint8Array());
    expect(again.worth(messageTo('eva'), at(600))).toBeCloseTo(ana.worth(messageTo('eva'), at(600)), 12);
  });

  it('takes any bytes for a summary with nothing worse than a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new Utility(new SmallMesh('ana')).onSummary(neighbourNamed('ben'), bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
