import { describe, expect, it } from 'vitest';
import { steadyMs } from '../../src/base/index.js';
import {
  BundleClass,
  type Candidate,
  chargeOf,
  Ledger,
  type LedgerEntry,
  type StoreSnapshot,
} from '../../src/store/index.js';
import { drop, entryOf, keyOf, put, see } from './build.js';

const NOW = steadyMs(5_000);
const EMPTY: StoreSnapshot = { epoch: '00ff00ff00ff00ff', lastSeq: 0, entries: [], seen: [], records: new Map() };

function ledgerOf(entries: readonly LedgerEntry[], quotaBytes = 1_000_000): Ledger {
  const lastSeq = entries.reduce((highest, entry) => Math.max(highest, entry.seq), 0);
  return Ledger.from({ ...EMPTY, lastSeq, entries }, { quotaBytes });
}

/** A ledger whose quota is `count` bundles of 100 bytes. */
function roomFor(count: number): Ledger {
  const ledger = ledgerOf([], count * chargeOf(100));
  for (let n = 0; n < 100; n++) ledger.nextSeq();
  return ledger;
}

function candidate(n: number, fields: Partial<LedgerEntry> = {}): Candidate {
  return entryOf(n, fields);
}

const presence = (
  n: number,
  version: number,
  fields: Partial<LedgerEntry> = {},
): Partial<LedgerEntry> & { seq: number } => ({
  seq: n,
  class: BundleClass.Presence,
  topic: { name: 'presence', version },
  ...fields,
});

describe('a ledger built from a snapshot', () => {
  it('goes on where the store left off', () => {
    const ledger = Ledger.from(
      {
        ...EMPTY,
        lastSeq: 70,
        entries: [entryOf(9), entryOf(4)],
        seen: [{ key: keyOf(1), reason: 'expired', rememberUntil: NOW }],
      },
      { quotaBytes: 10_000 },
    );
    expect(ledger.epoch).toBe(EMPTY.epoch);
    expect(ledger.size).toBe(2);
    expect(ledger.usedBytes).toBe(2 * chargeOf(100));
    expect(ledger.seen(keyOf(1))?.reason).toBe('expired');
    expect(ledger.since(0).map((entry) => entry.seq)).toEqual([4, 9]);
    expect([ledger.lastSeq, ledger.nextSeq(), ledger.lastSeq]).toEqual([70, 71, 71]);
  });

  it('keeps the newest of several versions of a topic as the topic', () => {
    const ledger = ledgerOf([entryOf(1, presence(1, 8)), entryOf(2, presence(2, 7))]);
    expect(ledger.byTopic('dtn://ana/laptop', 'presence')?.key).toBe(keyOf(1));
  });
});

describe('what a ledger finds', () => {
  it('tells what is new since an arrival number, in order, without what was dropped', () => {
    const ledger = ledgerOf([entryOf(1), entryOf(2), entryOf(3), entryOf(4)]);
    ledger.apply([drop(3)]);
    expect(ledger.since(1).map((entry) => entry.seq)).toEqual([2, 4]);
    expect(ledger.since(4)).toEqual([]);
    expect(ledger.since(99)).toEqual([]);
  });

  it('still finds everything after it has thrown out its dropped majority', () => {
    const numbers = Array.from({ length: 1_000 }, (_, n) => n + 1);
    // Expiry runs against arrival, so that neither order is the other by accident.
    const ledger = ledgerOf(numbers.map((n) => entryOf(n, { expiresAt: steadyMs(10_000 - n) })));
    ledger.apply(numbers.filter((n) => n % 10 !== 0).map((n) => drop(n, 'expired', steadyMs(10_000 - n))));
    ledger.apply(numbers.filter((n) => n % 10 !== 0 && n % 7 !== 0).map((n) => ({ op: 'unsee', key: keyOf(n) })));
    const held = numbers.filter((n) => n % 10 === 0);
    const remembered = numbers.filter((n) => n % 10 !== 0 && n % 7 === 0);
    expect(ledger.since(0).map((entry) => entry.seq)).toEqual(held);
    expect(ledger.expired(steadyMs(10_000)).map((entry) => entry.seq)).toEqual(held.toReversed());
    expect(ledger.nextExpiry()).toBe(9_000);
    expect(ledger.expiredSeen(steadyMs(10_000)).map((seen) => seen.key)).toEqual(remembered.toReversed().map(keyOf));
  });

  it('finds everything for a destination, and one topic of one source', () => {
    const ledger = ledgerOf([entryOf(1), entryOf(2, { destination: 'dtn://cleo/~chat' }), entryOf(3, presence(3, 1))]);
    expect([...ledger.toDestination('dtn://cleo/~chat')].map((entry) => entry.seq)).toEqual([2]);
    expect([...ledger.toDestination('dtn://nobody/')]).toEqual([]);
    expect(ledger.byTopic('dtn://ana/laptop', 'presence')?.seq).toBe(3);
    expect(ledger.byTopic('dtn://ana/lap', 'toppresence')).toBeUndefined();
  });

  it('lists what has run out, earliest first, until it is dropped', () => {
    const ledger = ledgerOf([300, 100, 200, 100].map((at, n) => entryOf(n + 1, { expiresAt: steadyMs(at) })));
    expect(ledger.nextExpiry()).toBe(100);
    expect(ledger.expired(steadyMs(99))).toEqual([]);
    expect(ledger.expired(steadyMs(200)).map((entry) => entry.seq)).toEqual([2, 4, 3]);
    expect(ledger.expired(steadyMs(100)).map((entry) => entry.seq)).toEqual([2, 4]);
    ledger.apply([drop(2), drop(4)]);
    expect(ledger.expired(steadyMs(200)).map((entry) => entry.seq)).toEqual([3]);
    expect(ledger.nextExpiry()).toBe(200);
    ledger.apply([drop(1), drop(3)]);
    expect(ledger.nextExpiry()).toBeUndefined();
  });

  it('lists the remembered keys that need no longer be', () => {
    const ledger = ledgerOf([]);
    ledger.apply([see(1, 'expired', steadyMs(100)), see(2, 'expired', steadyMs(50)), see(3, 'expired', steadyMs(300))]);
    expect(ledger.expiredSeen(steadyMs(100)).map((seen) => seen.key)).toEqual([keyOf(2), keyOf(1)]);
    ledger.apply([{ op: 'unsee', key: keyOf(2) }]);
    expect(ledger.expiredSeen(steadyMs(100)).map((seen) => seen.key)).toEqual([keyOf(1)]);
    expect(ledger.seenSize).toBe(2);
  });
});

describe('admission', () => {
  it('takes what is new and fits', () => {
    expect(ledgerOf([]).admit(candidate(1), NOW)).toEqual({ admit: true, evict: [] });
  });

  it('refuses what is here, what was here and what has its receipt, each by its name', () => {
    const ledger = ledgerOf([entryOf(1), entryOf(2)]);
    ledger.apply([drop(2, 'expired'), see(3, 'receipted'), see(4, 'superseded'), see(5, 'delivered')]);
    const reasons = [1, 2, 3, 4, 5].map((n) => ledger.admit(candidate(n), NOW));
    expect(reasons).toEqual(
      ['have', 'seen', 'receipted', 'superseded', 'seen'].map((reason) => ({ admit: false, reason })),
    );
    expect(refusals(ledger)).toEqual({ have: 1, seen: 2, receipted: 1, superseded: 1 });
  });

  it('forgets with the time what it had seen', () => {
    const ledger = ledgerOf([]);
    ledger.apply([see(1, 'expired', steadyMs(5_000))]);
    expect(ledger.admit(candidate(1), steadyMs(4_999)).admit).toBe(false);
    expect(ledger.admit(candidate(1), steadyMs(5_000)).admit).toBe(true);
  });

  it('lets a newer version of a topic replace the older one, and no older one come back', () => {
    const held = entryOf(1, presence(1, 5));
    const ledger = ledgerOf([held]);
    expect(ledger.admit(candidate(2, presence(2, 6)), NOW)).toEqual({ admit: true, supersedes: held, evict: [] });
    expect(ledger.admit(candidate(2, presence(2, 4)), NOW)).toEqual({ admit: false, reason: 'superseded' });
    const others = presence(2, 4, { source: 'dtn://ben/laptop' });
    expect(ledger.admit(candidate(2, others), NOW)).toEqual({ admit: true, evict: [] });
  });

  it('settles on the same one of two bundles of one version, whichever came first', () => {
    const survivors = [
      [1, 2],
      [2, 1],
    ].map(([first = 0, second = 0]) => {
      const ledger = ledgerOf([entryOf(first, presence(first, 5))]);
      return ledger.admit(candidate(second, presence(second, 5)), NOW).admit ? second : first;
    });
    expect(survivors[0]).toBe(survivors[1]);
  });

  it('refuses a newcomer that is worth no more than what it holds', () => {
    const ledger = roomFor(10);
    for (let n = 1; n <= 9; n++) {
      expect(ledger.admit(candidate(n), NOW).admit).toBe(true);
      ledger.apply([put(n)]);
    }
    expect(ledger.admit(candidate(10), NOW)).toEqual({ admit: false, reason: 'quota' });
    expect(ledger.size).toBe(9);
  });

  it('keeps the last tenth for own bundles, receipts and certificates, and passes the quota for nobody', () => {
    const reserved: readonly [Partial<LedgerEntry>, number][] = [
      [{ own: true }, 10],
      [{ class: BundleClass.Receipt }, 7],
      [{ class: BundleClass.Certificate }, 7],
    ];
    for (const [fields, room] of reserved) {
      const ledger = roomFor(100);
      // Certificates are what nothing makes room for but our own.
      const full = numbers(1, 90).map((n) => put(n, { class: BundleClass.Certificate, own: true }));
      ledger.apply(full);
      expect(ledger.admit(candidate(99), NOW)).toEqual({ admit: false, reason: 'quota' });
      for (const n of numbers(91, 90 + room)) {
        expect(ledger.admit(candidate(n, fields), NOW)).toEqual({ admit: true, evict: [] });
        ledger.apply([put(n, fields)]);
      }
      expect(ledger.admit(candidate(200, { ...fields, class: BundleClass.Message }), NOW)).toEqual({
        admit: false,
        reason: 'quota',
      });
    }
  });

  it('takes a newer version that needs no more room, however full it is', () => {
    const ledger = roomFor(10);
    ledger.apply([put(1, presence(1, 1)), ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => put(n, { own: true }))]);
    expect(ledger.admit(candidate(11, presence(11, 2)), NOW).admit).toBe(true);
    expect(ledger.admit(candidate(11, presence(11, 2, { sizeBytes: 101 })), NOW)).toEqual({
      admit: false,
      reason: 'quota',
    });
  });

  it('counts bytes that are still arriving', () => {
    const ledger = roomFor(10);
    for (let n = 1; n <= 9; n++) expect(ledger.reserve(`link ${n}`, 100)).toBe(true);
    expect(ledger.reserve('link 10', 100)).toBe(false);
    expect(ledger.admit(candidate(1), NOW)).toEqual({ admit: false, reason: 'quota' });
    ledger.release('link 1');
    ledger.release('link 1');
    expect(ledger.admit(candidate(1), NOW).admit).toBe(true);
    expect(ledger.reserve('link 2', 50)).toBe(true);
    expect(ledger.reservedBytes).toBe(7 * chargeOf(100) + chargeOf(50));
    expect(refusals(ledger)).toEqual({ quota: 1 });
  });
});

describe('applying ops', () => {
  it('moves a dropped bundle into memory and counts why', () => {
    const ledger = roomFor(10);
    ledger.apply([put(1), put(2)]);
    ledger.apply([drop(1, 'receipted'), drop(7, 'expired')]);
    expect(ledger.has(keyOf(1))).toBe(false);
    expect(ledger.seen(keyOf(1))).toEqual({ key: keyOf(1), reason: 'receipted', rememberUntil: 200_000 });
    expect(ledger.seen(keyOf(7))?.reason).toBe('expired');
    expect(ledger.counters).toMatchObject({ accepted: 2, dropped: { receipted: { met: 1 } } });
  });

  it('takes everything back when the commit failed', () => {
    const old = entryOf(1, presence(1, 5));
    const ledger = ledgerOf([old]);
    ledger.apply([see(3, 'expired', steadyMs(10))]);
    const before = view(ledger);
    const seq = ledger.nextSeq();
    const undo = ledger.apply([
      drop(1, 'superseded'),
      put(2, presence(seq, 6)),
      see(3),
      { op: 'unsee', key: keyOf(1) },
    ]);
    expect(ledger.byTopic(old.source, 'presence')?.key).toBe(keyOf(2));
    undo();
    undo();
    expect(view(ledger)).toEqual(before);
    expect(ledger.byTopic(old.source, 'presence')).toBe(old);
  });

  it('updates a held entry in its place, and takes that back when it could not be written', () => {
    const ledger = ledgerOf([entryOf(1, { copies: 8 }), entryOf(2)]);
    const { accepted } = ledger.counters;
    const undo = ledger.apply([{ op: 'update', entry: entryOf(1, { copies: 4 }) }]);
    expect(ledger.get(keyOf(1))?.copies).toBe(4);
    expect(ledger.since(0).map(({ seq, copies }) => [seq, copies])).toEqual([
      [1, 4],
      [2, undefined],
    ]);
    expect(ledger.usedBytes).toBe(2 * chargeOf(100));
    expect(ledger.counters.accepted).toBe(accepted);
    undo();
    expect(ledger.get(keyOf(1))?.copies).toBe(8);
  });

  it('does not revive a bundle that was never stored, in whichever order two failed commits are taken back', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const ledger = roomFor(10);
      const undos = [ledger.apply([put(1)]), ledger.apply([drop(1)])];
      for (const n of order) undos[n]?.();
      expect(ledger.size).toBe(0);
      expect(ledger.seen(keyOf(1))).toBeUndefined();
      expect(ledger.usedBytes).toBe(0);
    }
  });

  it('leaves alone what a later commit made of it', () => {
    const ledger = roomFor(10);
    const undo = ledger.apply([put(1)]);
    ledger.apply([drop(1, 'receipted')]);
    undo();
    expect(ledger.size).toBe(0);
    expect(ledger.seen(keyOf(1))?.reason).toBe('receipted');
  });

  it('replaces an entry that is put again', () => {
    const ledger = ledgerOf([entryOf(1, { copies: 8 })]);
    const undo = ledger.apply([put(1, { copies: 4 })]);
    expect(ledger.since(0)).toEqual([entryOf(1, { copies: 4 })]);
    expect(ledger.usedBytes).toBe(chargeOf(100));
    undo();
    expect(ledger.since(0)).toEqual([entryOf(1, { copies: 8 })]);
  });

  it('refuses an arrival number that was given twice or never', () => {
    const ledger = ledgerOf([entryOf(1)]);
    expect(() => ledger.apply([put(2, { seq: 1 })])).toThrow(/twice/);
    expect(() => ledger.apply([put(2, { seq: 2 })])).toThrow(/never/);
  });
});

/** How often what was refused, whoever its author. */
function refusals(ledger: Ledger): Record<string, number> {
  const { refused } = ledger.counters;
  return Object.fromEntries(Object.entries(refused).map(([reason, { met }]) => [reason, met]));
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function view(ledger: Ledger): unknown {
  return {
    entries: ledger.since(0),
    seen: [ledger.expiredSeen(steadyMs(Number.MAX_SAFE_INTEGER))],
    usedBytes: ledger.usedBytes,
    counters: { accepted: ledger.counters.accepted, dropped: ledger.counters.dropped },
    nextExpiry: ledger.nextExpiry(),
  };
}
