/** The oracle against small graphs worked out by hand, and against a slow search of its own. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earliestArrivals, LinkOracle, type OracleMessage } from '../../../sim/oracle/index.js';
import type { ContactEvent, ContactSource } from '../../../sim/radio/types.js';

interface Contact {
  readonly a: number;
  readonly b: number;
  readonly fromMs: number;
  readonly toMs: number;
}

function sourceOf(nodes: number, contacts: readonly Contact[]): ContactSource {
  const events: ContactEvent[] = contacts.flatMap(({ a, b, fromMs, toMs }) => [
    { atMs: fromMs, a, b, up: true, radio: 0 },
    { atMs: toMs, a, b, up: false, radio: 0 },
  ]);
  events.sort((x, y) => x.atMs - y.atMs || Number(x.up) - Number(y.up) || x.a - y.a || x.b - y.b);
  return { nodes, endMs: 1000, events: () => events };
}

const message = (from: number, to: number, createdAtMs = 0, expiresAtMs = 1000): OracleMessage => ({
  from,
  to,
  createdAtMs,
  expiresAtMs,
});
const arrivals = (contacts: readonly Contact[], ...messages: OracleMessage[]): number[] => [
  ...earliestArrivals(sourceOf(4, contacts), messages),
];

describe('with every contact at once', () => {
  const chain = [
    { a: 0, b: 1, fromMs: 10, toMs: 20 },
    { a: 1, b: 2, fromMs: 30, toMs: 40 },
    { a: 2, b: 3, fromMs: 35, toMs: 50 },
  ];

  it('follows contacts in time, not against it', () => {
    expect(arrivals(chain, message(0, 3), message(3, 0))).toEqual([35, Number.POSITIVE_INFINITY]);
  });

  it('begins with the contacts that are there when the message is made', () => {
    expect(arrivals(chain, message(2, 3, 36), message(1, 3, 36), message(0, 1, 19), message(0, 1, 20))).toEqual([
      36,
      36,
      19,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('does not count what comes after the message expired', () => {
    expect(arrivals(chain, message(0, 3, 0, 34), message(0, 3, 0, 35))).toEqual([Number.POSITIVE_INFINITY, 35]);
  });

  it('needs two ends for a link that two radios make', () => {
    const events: ContactEvent[] = [
      { atMs: 1, a: 0, b: 1, up: true, radio: 0 },
      { atMs: 2, a: 0, b: 1, up: true, radio: 1 },
      { atMs: 3, a: 0, b: 1, up: false, radio: 0 },
      { atMs: 9, a: 0, b: 1, up: false, radio: 1 },
    ];
    const source: ContactSource = { nodes: 2, endMs: 10, events: () => events };
    expect([...earliestArrivals(source, [message(0, 1, 5), message(0, 1, 9)])]).toEqual([5, Number.POSITIVE_INFINITY]);
  });
});

const NODES = 5;
const aContact = fc
  .record({
    pair: fc.uniqueArray(fc.nat(NODES - 1), { minLength: 2, maxLength: 2 }),
    fromMs: fc.nat(60),
    lasts: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ pair, fromMs, lasts }) => ({
    a: Math.min(...pair),
    b: Math.max(...pair),
    fromMs,
    toMs: fromMs + lasts,
  }));
const aMessage = fc.record({ from: fc.nat(NODES - 1), to: fc.nat(NODES - 1), createdAtMs: fc.nat(80) });

/** Moves whoever has it over every contact until nothing changes: slow, and plainly right. */
function byRelaxation(
  contacts: readonly Contact[],
  { from, to, createdAtMs, expiresAtMs }: OracleMessage,
  linkMs = 0,
): number {
  const at = new Array<number>(NODES).fill(Number.POSITIVE_INFINITY);
  at[from] = createdAtMs;
  for (let changed = true; changed; ) {
    changed = false;
    for (const { a, b, fromMs, toMs } of contacts) {
      for (const [giver, taker] of [
        [a, b],
        [b, a],
      ] as const) {
        const start = Math.max(at[giver] ?? Number.POSITIVE_INFINITY, fromMs);
        const fits = linkMs === 0 ? start < toMs : start + linkMs <= toMs;
        if (!fits || start + linkMs >= (at[taker] ?? 0)) continue;
        at[taker] = start + linkMs;
        changed = true;
      }
    }
  }
  const arrival = at[to] ?? Number.POSITIVE_INFINITY;
  return arrival <= expiresAtMs ? arrival : Number.POSITIVE_INFINITY;
}

/** Two contacts of one pair at one time are not one contact to a flood that counts them; traces merge them. */
function disjoint(contacts: readonly Contact[]): readonly Contact[] {
  const kept: Contact[] = [];
  for (const contact of contacts) {
    const clash = ({ a, b, fromMs, toMs }: Contact) =>
      a === contact.a && b === contact.b && fromMs <= contact.toMs && contact.fromMs <= toMs;
    if (!kept.some(clash)) kept.push(contact);
  }
  return kept;
}

describe('any graph', () => {
  it('gives what relaxation gives', () => {
    fc.assert(
      fc.property(fc.array(aContact, { maxLength: 25 }), fc.array(aMessage, { maxLength: 40 }), (drawn, asked) => {
        const contacts = disjoint(drawn);
        const messages = asked.map((one) => ({ ...one, expiresAtMs: 70 }));
        const found = [...earliestArrivals(sourceOf(NODES, contacts), messages)];
        expect(found).toEqual(messages.map((one) => byRelaxation(contacts, one)));
      }),
    );
  });

  it('gives what relaxation gives over links that take time', () => {
    const radio = { bytesPerSecond: 1000, latencyMs: 1, setupMs: 0 };
    fc.assert(
      fc.property(fc.array(aContact, { maxLength: 25 }), aMessage, (drawn, asked) => {
        const contacts = disjoint(drawn);
        const sized = { ...asked, expiresAtMs: 70, sizeBytes: 3 };
        const oracle = new LinkOracle(sourceOf(NODES, contacts), [radio]);
        expect(oracle.earliestArrival(sized)).toBe(byRelaxation(contacts, sized, 4));
      }),
    );
  });

  it('is served the same in one pass or in many', () => {
    const contacts = [{ a: 0, b: 1, fromMs: 5, toMs: 900 }];
    const messages = Array.from({ length: 2500 }, (_, index) => message(0, 1, index % 800));
    const found = earliestArrivals(sourceOf(2, contacts), messages);
    expect([...found]).toEqual(messages.map(({ createdAtMs }) => Math.max(5, createdAtMs)));
  });
});

describe('over links', () => {
  it('waits for the link to be set up, and for the bytes', () => {
    const oracle = new LinkOracle(sourceOf(2, [{ a: 0, b: 1, fromMs: 100, toMs: 400 }]), [
      { bytesPerSecond: 1000, latencyMs: 5, setupMs: 50 },
    ]);
    expect(oracle.earliestArrival({ ...message(0, 1), sizeBytes: 200 })).toBe(100 + 50 + 200 + 5);
    expect(oracle.earliestArrival({ ...message(0, 1), sizeBytes: 246 })).toBe(Number.POSITIVE_INFINITY);
  });
});
