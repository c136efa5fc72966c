/** The ledger against a model that is too simple to be wrong: plain maps, searched from end to end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, type SteadyMs, steadyMs } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import {
  BundleClass,
  type Candidate,
  chargeOf,
  DEFAULT_QUOTAS,
  type DropReason,
  defaultWorth,
  Ledger,
  type LedgerEntry,
  type SeenEntry,
  type StoreOp,
  type StoreSnapshot,
  TRUST_TIERS,
  type TrustTier,
} from '../../src/store/index.js';
import { keyOf } from './build.js';

const QUOTA = 60 * chargeOf(100);
const EMPTY: StoreSnapshot = { epoch: '0', lastSeq: 0, entries: [], seen: [], records: new Map() };
/** docs/custody.md, once more. */
const WEIGHT: Readonly<Record<TrustTier, number>> = {
  own: 16,
  provisioned: 8,
  met: 8,
  introduced: 4,
  unknown: 1,
  foreign: 0.5,
};
const AUTHORS = ['a', 'b', 'c', 'd'];
const NEIGHBOURS = ['x', 'y'];
const SOURCES = AUTHORS.flatMap((author) => [`${author}/1`, `${author}/2`]);

/** What a step of a test history does. A bundle is named by a small number, so that steps meet. */
type Step =
  | { readonly do: 'offer'; readonly n: number; readonly fields: OfferFields; readonly fails: boolean }
  | { readonly do: 'drop'; readonly n: number; readonly reason: DropReason; readonly fails: boolean }
  | { readonly do: 'see' | 'unsee'; readonly n: number }
  | { readonly do: 'reserve'; readonly n: number; readonly sizeBytes: number }
  | { readonly do: 'release'; readonly n: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'trust'; readonly who: string; readonly tier: TrustTier }
  | { readonly do: 'restart' }
  | { readonly do: 'sweep' };

interface OfferFields {
  readonly class: BundleClass;
  readonly sizeBytes: number;
  readonly source: string;
  readonly destination: string;
  readonly version: number | undefined;
  readonly lifetimeMs: number;
  readonly ageAtReceiptMs: number;
  readonly hops: number;
  readonly depositor: string | undefined;
}

const aBundle = fc.nat(60);
const offerFields: fc.Arbitrary<OfferFields> = fc.record({
  class: fc.constantFrom(BundleClass.Certificate, BundleClass.Receipt, BundleClass.Message, BundleClass.Presence),
  sizeBytes: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 600 }) }, fc.integer({ min: 1, max: 9_000 })),
  source: fc.constantFrom(...SOURCES),
  destination: fc.constantFrom('dtn://c/~chat', 'dtn://d/~chat'),
  version: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 2 }),
  lifetimeMs: fc.integer({ min: 1, max: 12 * HOUR_MS }),
  ageAtReceiptMs: fc.nat(6 * HOUR_MS),
  hops: fc.nat(4),
  // Without a neighbour that brought it, it is this node's own.
  depositor: fc.option(fc.constantFrom(...NEIGHBOURS), { nil: undefined, freq: 6 }),
});
const aTier = fc.constantFrom(...TRUST_TIERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('offer' as const), n: aBundle, fields: offerFields, fails: often(5) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('drop' as const),
      n: aBundle,
      reason: fc.constantFrom<DropReason>('receipted', 'delivered'),
      fails: often(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('see' as const, 'unsee' as const), n: aBundle }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reserve' as const), n: fc.nat(3), sizeBytes: fc.nat(9_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), n: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2 * HOUR_MS) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('trust' as const),
      who: fc.constantFrom(...AUTHORS, ...NEIGHBOURS),
      tier: aTier,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);

/** True once in `every`. */
function often(every: number): fc.Arbitrary<boolean> {
  return fc.nat(every - 1).map((n) => n === 0);
}

function authorOf(source: string): string {
  return source.slice(0, 1);
}

/** One of the four ceilings, as docs/custody.md has them. */
interface Ceiling {
  readonly reason: string;
  readonly limit: number;
  readonly covers: (entry: LedgerEntry) => boolean;
}

class Model {
  now = steadyMs(HOUR_MS);
  readonly held = new Map<BundleKey, LedgerEntry>();
  readonly seen = new Map<BundleKey, SeenEntry>();
  readonly reserved = new Map<number, number>();
  readonly tiers = new Map<string, TrustTier>([
    ['a', 'met'],
    ['b', 'introduced'],
    ['c', 'unknown'],
    ['d', 'foreign'],
    ['x', 'met'],
    ['y', 'unknown'],
  ]);

  tierOf(who: string): TrustTier {
    return this.tiers.get(who) ?? 'unknown';
  }

  tierOfBundle(entry: Candidate): TrustTier {
    return entry.own ? 'own' : this.tierOf(authorOf(entry.source));
  }

  used(covers: (entry: LedgerEntry) => boolean): number {
    return this.inOrder().reduce((sum, entry) => sum + (covers(entry) ? chargeOf(entry.sizeBytes) : 0), 0);
  }

  get pending(): number {
    return [...this.reserved.values()].reduce((sum, charge) => sum + charge, 0);
  }

  inOrder(): LedgerEntry[] {
    return [...this.held.values()].sort((a, b) => a.seq - b.seq);
  }

  topic(source: string): LedgerEntry | undefined {
    return this.inOrder().find((entry) => entry.source === source && entry.topic !== undefined);
  }

  needless(candidate: Candidate): string | undefined {
    if (this.held.has(candidate.key)) return 'have';
    const seen = this.seen.get(candidate.key);
    const reason = seen !== undefined && seen.rememberUntil > this.now ? seen.reason : undefined;
    if (reason !== undefined && reason !== 'evicted') {
      return ['receipted', 'superseded'].includes(reason) ? reason : 'seen';
    }
    const rival = candidate.topic && this.topic(candidate.source);
    const [mine, theirs] = [candidate.topic?.version ?? 0, rival?.topic?.version ?? 0];
    if (rival !== undefined && (mine < theirs || (mine === theirs && candidate.key < rival.key))) return 'superseded';
    return reason;
  }

  ceilings(candidate: Candidate): readonly Ceiling[] {
    const tier = this.tierOfBundle(candidate);
    const small = candidate.class <= BundleClass.Receipt;
    const stranger = tier === 'unknown' || tier === 'foreign';
    const kept = candidate.own ? 0 : small ? (stranger ? 0.05 : 0.03) : 0.1;
    const store: Ceiling = { reason: 'quota', limit: Math.round(QUOTA * (1 - kept)), covers: () => true };
    if (candidate.own) return [store];
    const shares = DEFAULT_QUOTAS[tier];
    const limit = (share: number): number => (share >= 1 ? Number.POSITIVE_INFINITY : Math.floor(share * QUOTA));
    const { depositor = '' } = candidate;
    return [
      {
        reason: 'author-quota',
        limit: limit(shares.author),
        covers: (entry) => authorOf(entry.source) === authorOf(candidate.source),
      },
      {
        reason: 'depositor-quota',
        limit: limit(DEFAULT_QUOTAS[this.tierOf(depositor)].depositor),
        covers: (entry) => entry.depositor === depositor,
      },
      { reason: 'tier-quota', limit: limit(shares.together), covers: (entry) => this.tierOfBundle(entry) === tier },
      store,
    ];
  }

  /** @param more what the entry would add. */
  worth(entry: LedgerEntry, more: number): number {
    if (entry.own) return Number.POSITIVE_INFINITY;
    const [ofAuthor, ofDepositor] = this.ceilings(entry);
    const fill = (ceiling: Ceiling | undefined): number =>
      ceiling === undefined ? 0 : (this.used(ceiling.covers) + more) / ceiling.limit;
    const crowding = 1 + 4 * Math.max(fill(ofAuthor), fill(ofDepositor));
    return (defaultWorth(entry, this.now) * WEIGHT[this.tierOfBundle(entry)]) / crowding;
  }

  apply(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.op === 'put') this.held.set(op.entry.key, op.entry);
      if (op.op === 'drop') this.held.delete(op.key);
      if (op.op === 'drop' || op.op === 'see') {
        this.seen.set(op.key, { key: op.key, reason: op.reason, rememberUntil: op.rememberUntil });
      }
      if (op.op === 'unsee') this.seen.delete(op.key);
    }
  }
}

class Run {
  readonly model = new Model();
  ledger = this.open(EMPTY);

  open(snapshot: StoreSnapshot): Ledger {
    return Ledger.from(snapshot, {
      quotaBytes: QUOTA,
      quotas: DEFAULT_QUOTAS,
      standing: {
        authorOf,
        tierOfAuthor: (author) => this.model.tierOf(author),
        tierOfDepositor: (depositor) => this.model.tierOf(depositor),
      },
    });
  }

  take(step: Step): void {
    const { ledger, model } = this;
    const rememberUntil = (): SteadyMs => steadyMs(model.now + 3 * HOUR_MS);
    switch (step.do) {
      case 'offer':
        this.offer(step.n, step.fields, step.fails);
        return;
      case 'drop':
        if (!model.held.has(keyOf(step.n))) return;
        this.commit(
          [{ op: 'drop', key: keyOf(step.n), reason: step.reason, rememberUntil: rememberUntil() }],
          step.fails,
        );
        return;
      case 'see':
        this.commit([{ op: 'see', key: keyOf(step.n), reason: 'receipted', rememberUntil: rememberUntil() }], false);
        return;
      case 'unsee':
        this.commit([{ op: 'unsee', key: keyOf(step.n) }], false);
        return;
      case 'reserve': {
        model.reserved.delete(step.n);
        const fits = model.used(() => true) + model.pending + chargeOf(step.sizeBytes) <= QUOTA * 0.9;
        expect(ledger.reserve(`link ${step.n}`, step.sizeBytes)).toBe(fits);
        if (fits) model.reserved.set(step.n, chargeOf(step.sizeBytes));
        return;
      }
      case 'release':
        ledger.release(`link ${step.n}`);
        model.reserved.delete(step.n);
        return;
      case 'wait':
        model.now = steadyMs(model.now + step.ms);
        return;
      case 'trust':
        model.tiers.set(step.who, step.tier);
        ledger.reclassify(step.who);
        return;
      case 'restart': {
        const seen = [...model.seen.values()];
        this.ledger = this.open({ ...EMPTY, lastSeq: ledger.lastSeq, entries: model.inOrder(), seen });
        model.reserved.clear();
        return;
      }
      case 'sweep':
        this.commit(
          [
            ...ledger
              .expired(model.now)
              .map(({ key }): StoreOp => ({ op: 'drop', key, reason: 'expired', rememberUntil: rememberUntil() })),
            ...ledger.expiredSeen(model.now).map(({ key }): StoreOp => ({ op: 'unsee', key })),
          ],
          false,
        );
    }
  }

  /** Everything that the ledger answers, against the model. */
  check(): void {
    const { ledger, model } = this;
    const held = model.inOrder();
    expect(ledger.size).toBe(held.length);
    expect(ledger.usedBytes).toBe(model.used(() => true));
    expect(ledger.reservedBytes).toBe(model.pending);
    expect(ledger.usedBytes + ledger.reservedBytes).toBeLessThanOrEqual(QUOTA);
    for (const tier of TRUST_TIERS) {
      const ofTier = held.filter((entry) => model.tierOfBundle(entry) === tier);
      expect(ledger.tiers()[tier].usedBytes, tier).toBe(model.used((entry) => ofTier.includes(entry)));
    }
    expect(ledger.custody.usedBytes).toBe(model.used((entry) => entry.custodyUntil !== undefined));
    expect(ledger.custody.usedBytes).toBeLessThanOrEqual(QUOTA / 4);
    const middle = Math.floor(ledger.lastSeq / 2);
    expect(ledger.since(0)).toEqual(held);
    expect(ledger.since(middle)).toEqual(held.filter((entry) => entry.seq > middle));
    expect([...ledger.entries()].sort((a, b) => a.seq - b.seq)).toEqual(held);
    const expired = held
      .filter((entry) => entry.expiresAt <= model.now)
      .sort((a, b) => a.expiresAt - b.expiresAt || a.seq - b.seq);
    expect(ledger.expired(model.now)).toEqual(expired);
    const some = ledger.expired(model.now, 2);
    expect(some).toHaveLength(Math.min(2, expired.length));
    for (const entry of some) expect(expired).toContain(entry);
    expect(ledger.nextExpiry()).toBe(earliest(held.map((entry) => entry.expiresAt)));
    const seen = [...model.seen.values()];
    expect(new Set(ledger.expiredSeen(model.now))).toEqual(new Set(seen.filter((s) => s.rememberUntil <= model.now)));
    expect(ledger.nextSeenExpiry()).toBe(earliest(seen.map((entry) => entry.rememberUntil)));
    for (const source of SOURCES) expect(ledger.byTopic(source, 'presence')).toBe(model.topic(source));
    for (const destination of ['dtn://c/~chat', 'dtn://d/~chat']) {
      expect(new Set(ledger.toDestination(destination))).toEqual(
        new Set(held.filter((entry) => entry.destination === destination)),
      );
    }
    for (let n = 0; n <= 60; n++) {
      expect(ledger.get(keyOf(n))).toBe(model.held.get(keyOf(n)));
      expect(ledger.seen(keyOf(n))).toEqual(model.seen.get(keyOf(n)));
    }
  }

  private offer(n: number, { version, lifetimeMs, depositor, ...fields }: OfferFields, fails: boolean): void {
    const { ledger, model } = this;
    // What the drop rule has found a moment ago it does not look for again: the model has no such memory.
    model.now = steadyMs(model.now + MINUTE_MS);
    const candidate: Candidate = {
      key: keyOf(n),
      ...fields,
      ...(version === undefined ? {} : { topic: { name: 'presence', version } }),
      ...(depositor === undefined ? {} : { depositor }),
      own: depositor === undefined,
      createdAt: n,
      receivedAt: model.now,
      expiresAt: steadyMs(model.now + lifetimeMs),
    };
    const admission = ledger.admit(candidate, model.now);
    const needless = model.needless(candidate);
    if (needless !== undefined) return expect(admission).toEqual({ admit: false, reason: needless });
    const rival = candidate.topic && model.topic(candidate.source);
    if (!admission.admit) return this.refusedRightly(candidate, rival, admission.reason);
    expect(admission.supersedes).toBe(rival);
    this.evictedRightly(candidate, rival, admission.evict);

    const custodyUntil = ledger.custodyFor(candidate, model.now);
    if (custodyUntil !== undefined) {
      expect(candidate.class).toBe(BundleClass.Message);
      expect(['own', 'provisioned', 'met', 'introduced']).toContain(model.tierOfBundle(candidate));
      expect(custodyUntil).toBeLessThanOrEqual(candidate.expiresAt);
      expect(custodyUntil).toBeGreaterThan(model.now + 15 * MINUTE_MS);
    }
    const entry: LedgerEntry = {
      ...candidate,
      ...(custodyUntil === undefined ? {} : { custodyUntil }),
      seq: ledger.nextSeq(),
    };
    const leaving = [
      ...admission.evict.map(({ key }) => ({ key, reason: 'evicted' as const })),
      ...(rival === undefined ? [] : [{ key: rival.key, reason: 'superseded' as const }]),
    ];
    const rememberUntil = steadyMs(model.now + 3 * HOUR_MS);
    this.commit(
      [
        ...leaving.map((left): StoreOp => ({ op: 'drop', ...left, rememberUntil })),
        { op: 'put', entry, bytes: new Uint8Array(0) },
      ],
      fails,
    );
  }

  /** Some ceiling was in the way, and not enough under it was worth less. */
  private refusedRightly(candidate: Candidate, rival: LedgerEntry | undefined, reason: string): void {
    const { model } = this;
    const ceilings = model.ceilings(candidate);
    const ceiling = ceilings.find((each) => each.reason === reason);
    if (ceiling === undefined) throw new Error(`no such ceiling: ${reason}`);
    const excess = this.excess(ceiling, candidate, rival);
    expect(excess).toBeGreaterThan(0);
    if (chargeOf(candidate.sizeBytes) > ceiling.limit) return;
    const freeable = this.lessWorthy(candidate, rival)
      .filter(ceiling.covers)
      .reduce((sum, entry) => sum + chargeOf(entry.sizeBytes), 0);
    expect(freeable).toBeLessThan(excess);
  }

  /** Only what may go, only what is worth less, nothing without need; and every ceiling is kept. */
  private evictedRightly(candidate: Candidate, rival: LedgerEntry | undefined, evict: readonly LedgerEntry[]): void {
    const { model } = this;
    const allowed = this.lessWorthy(candidate, rival);
    for (const entry of evict) expect(allowed).toContain(entry);
    if (rival !== undefined && chargeOf(candidate.sizeBytes) <= chargeOf(rival.sizeBytes)) {
      return expect(evict).toEqual([]);
    }
    const ceilings = model.ceilings(candidate);
    for (const ceiling of ceilings) {
      const freed = evict.filter(ceiling.covers).reduce((sum, entry) => sum + chargeOf(entry.sizeBytes), 0);
      expect(this.excess(ceiling, candidate, rival)).toBeLessThanOrEqual(freed);
    }
    const inTheWay = ceilings.filter((ceiling) => this.excess(ceiling, candidate, rival) > 0);
    if (inTheWay.length === 0) expect(evict).toEqual([]);
  }

  private excess(ceiling: Ceiling, candidate: Candidate, rival: LedgerEntry | undefined): number {
    const { model } = this;
    const used = model.used((entry) => entry !== rival && ceiling.covers(entry));
    const arriving = ceiling.reason === 'quota' ? model.pending : 0;
    return used + arriving + chargeOf(candidate.sizeBytes) - ceiling.limit;
  }

  private lessWorthy(candidate: Candidate, rival: LedgerEntry | undefined): readonly LedgerEntry[] {
    const { model } = this;
    const worth = model.worth({ ...candidate, seq: 0 }, chargeOf(candidate.sizeBytes));
    return model.inOrder().filter((entry) => {
      if (entry.own || entry === rival || (entry.custodyUntil ?? 0) > model.now) return false;
      return model.worth(entry, 0) * 1.25 <= worth;
    });
  }

  private commit(ops: readonly StoreOp[], fails: boolean): void {
    const undo = this.ledger.apply(ops);
    if (fails) undo();
    else this.model.apply(ops);
  }
}

function earliest(times: readonly SteadyMs[]): SteadyMs | undefined {
  return times.length === 0 ? undefined : steadyMs(Math.min(...times));
}

describe('the ledger', () => {
  it('agrees with a naive model after every step of any history', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const run = new Run();
        for (const each of steps) {
          run.take(each);
          run.check();
        }
      }),
      { numRuns: 100 },
    );
  });

  it('agrees with it after long histories, in which its indexes are rebuilt', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1_500, maxLength: 2_000, size: 'max' }), (steps) => {
        const run = new Run();
        for (const each of steps) run.take(each);
        run.check();
      }),
      // A history this long takes minutes to shrink; the test above finds the short ones.
      { numRuns: 10, endOnFailure: true },
    );
  });
});
