/** The timeline against a sorted array, and the indexes of a ledger against its content, after any history. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BundleKey } from '../../src/bundle/index.js';
import {
  BundleClass,
  difference,
  keyWord,
  Ledger,
  type LedgerEntry,
  NEWEST,
  OLDEST,
  placeOf,
  type TimeBound,
  Timeline,
  timeOf,
} from '../../src/store/index.js';
import { drop, entryOf, keyOf, put, see } from './build.js';

/** Few times, so that many entries share one, and the ends of what a number can say. */
const anyTime = fc.oneof(fc.nat(5), fc.constantFrom(2 ** 53 - 1, 2 ** 53, 2 ** 60, -1, 850_000_000_000));
const anyEntry = fc.tuple(fc.nat(200), anyTime).map(([n, createdAt]) => entryOf(n + 1, { createdAt }));
const anyBound: fc.Arbitrary<TimeBound> = fc.oneof(
  fc.constantFrom(NEWEST, OLDEST),
  fc.record({ time: fc.nat(6), prefix: fc.constantFrom('', '40', '80', 'c0ff', 'ff') }),
);

function inOrder(entries: readonly LedgerEntry[]): LedgerEntry[] {
  return [...entries].sort((a, b) => timeOf(b) - timeOf(a) || (a.key < b.key ? -1 : 1));
}

function sumOf(entries: readonly LedgerEntry[]) {
  const words = [0, 1, 2, 3].map((word) => entries.reduce((sum, { key }) => (sum + keyWord(key, word)) | 0, 0));
  return { count: entries.length, words };
}

function isBefore(entry: LedgerEntry, { time, prefix }: TimeBound): boolean {
  return timeOf(entry) > time || (timeOf(entry) === time && entry.key < prefix);
}

describe('a timeline', () => {
  it('answers as a sorted array does, whatever came and went', () => {
    const change = fc.record({ add: fc.boolean(), entry: anyEntry });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyEntry, { selector: ({ key }) => key, maxLength: 60 }),
        fc.array(change, { maxLength: 120 }),
        fc.array(anyBound, { minLength: 4, maxLength: 4 }),
        (initial, changes, bounds) => {
          const timeline = new Timeline(initial);
          const model = new Map(initial.map((entry) => [entry.key, entry]));
          for (const { add, entry } of changes) {
            const held = model.get(entry.key);
            if (add && held === undefined) {
              timeline.add(entry);
              model.set(entry.key, entry);
            } else if (!add && held !== undefined) {
              timeline.remove(held);
              model.delete(entry.key);
            }
          }
          const sorted = inOrder([...model.values()]);
          expect(timeline.size).toBe(sorted.length);
          expect(timeline.slice(0, sorted.length)).toEqual(sorted);
          expect(timeline.slice(3, 7)).toEqual(sorted.slice(3, 7));
          for (const [rank, entry] of sorted.entries()) expect(timeline.at(rank)).toBe(entry);
          expect(timeline.at(sorted.length)).toBeUndefined();
          const ranks = [...new Set([0, 1, 4, 30, sorted.length])].filter((rank) => rank <= sorted.length);
          if (sorted.length > 0) {
            expect(timeline.parts(ranks)).toEqual(
              ranks.slice(1).map((to, index) => {
                const part = sorted.slice(ranks[index], to);
                return { sum: sumOf(part), newest: part[0], oldest: part.at(-1) };
              }),
            );
          }
          for (const bound of bounds) {
            expect(timeline.before(bound)).toEqual(sumOf(sorted.filter((entry) => isBefore(entry, bound))));
          }
        },
      ),
    );
  });

  it('stays shallow when entries come and go in the worst of orders', () => {
    const timeline = new Timeline();
    const entries = Array.from({ length: 20_000 }, (_, n) => entryOf(n + 1, { createdAt: n }));
    for (const entry of entries) timeline.add(entry);
    // A list would need 200 million steps for this, and a recursion as deep as it is long.
    for (const entry of entries)
      expect(timeline.before({ time: entry.createdAt, prefix: '' }).count).toBeLessThan(20_000);
    for (const entry of entries.slice(0, 19_990)) timeline.remove(entry);
    expect(timeline.slice(0, 10)).toEqual(inOrder(entries.slice(19_990)));
  });

  it('sums up long stretches as short ones', () => {
    const entries = inOrder(Array.from({ length: 1_000 }, (_, n) => entryOf(n + 1, { createdAt: n >> 3 })));
    const parts = new Timeline(entries).parts([5, 300, 777, 1_000]);
    expect(parts.map(({ sum }) => sum)).toEqual(
      [entries.slice(5, 300), entries.slice(300, 777), entries.slice(777)].map(sumOf),
    );
    expect([parts[1]?.newest, parts[1]?.oldest]).toEqual([entries[300], entries[776]]);
  });

  it('gives the sum of a stretch as the difference of two', () => {
    const entries = inOrder(Array.from({ length: 50 }, (_, n) => entryOf(n + 1, { createdAt: 100 * n })));
    const timeline = new Timeline(entries);
    const [from, to] = [
      { time: 3_950, prefix: '' },
      { time: 1_000, prefix: '' },
    ];
    expect(difference(timeline.before(to), timeline.before(from))).toEqual(
      sumOf(entries.filter((entry) => !isBefore(entry, from) && isBefore(entry, to))),
    );
  });
});

describe('what a ledger is compared by', () => {
  it('is what it holds and remembers, whenever it was first asked for', () => {
    const step = fc.record({
      n: fc.integer({ min: 1, max: 12 }),
      what: fc.constantFrom('put', 'drop', 'see', 'unsee', 'fail'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, firstAskedAt) => {
        const snapshot = { epoch: '0', lastSeq: 1000, entries: [], seen: [], records: new Map() };
        const ledger = Ledger.from(snapshot, { quotaBytes: 1e9 });
        steps.forEach(({ n, what }, index) => {
          if (index === firstAskedAt) expectIndexes(ledger);
          if (what === 'put' && !ledger.has(keyOf(n))) ledger.apply([put(n, { seq: ledger.nextSeq() })]);
          if (what === 'fail' && !ledger.has(keyOf(n))) ledger.apply([put(n, { seq: ledger.nextSeq() })])();
          if (what === 'drop' && ledger.has(keyOf(n))) ledger.apply([drop(n)]);
          if (what === 'see') ledger.apply([see(n)]);
          if (what === 'unsee') ledger.apply([{ op: 'unsee', key: keyOf(n) }]);
        });
        expectIndexes(ledger);
      }),
    );
  });
});

function expectIndexes(ledger: Ledger): void {
  const held = inOrder([...ledger.entries()]);
  expect(ledger.comparison.timeline(BundleClass.Message).slice(0, 100)).toEqual(held);
  const known = new Set<BundleKey>([...held.map(({ key }) => key), ...ledger.seenKeys()]);
  for (let n = 1; n <= 12; n++) {
    expect(ledger.comparison.knownAt(placeOf(keyOf(n))).filter((key) => key === keyOf(n))).toHaveLength(
      known.has(keyOf(n)) ? 1 : 0,
    );
  }
}
