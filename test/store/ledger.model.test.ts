/** The ledger against a model that is too simple to be wrong: plain maps, searched from end to end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SteadyMs, steadyMs } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import {
  BundleClass,
  type Candidate,
  chargeOf,
  type DropReason,
  Ledger,
  type LedgerEntry,
  type SeenEntry,
  type StoreOp,
  type StoreSnapshot,
} from '../../src/store/index.js';
import { keyOf } from './build.js';

const QUOTA = 30 * chargeOf(100);
const ORDINARY_LIMIT = Math.floor(QUOTA * 0.9);
const EMPTY: StoreSnapshot = { epoch: '0', lastSeq: 0, entries: [], seen: [], records: new Map() };

/** What a step of a test history does. A bundle is named by a small number, so that steps meet. */
type Step =
  | { readonly do: 'offer'; readonly n: number; readonly fields: OfferFields; readonly fails: boolean }
  | { readonly do: 'drop'; readonly n: number; readonly reason: DropReason; readonly fails: boolean }
  | { readonly do: 'see' | 'unsee'; readonly n: number }
  | { readonly do: 'reserve'; readonly n: number; readonly sizeBytes: number }
  | { readonly do: 'release'; readonly n: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'sweep' };

interface OfferFields {
  readonly class: BundleClass;
  readonly sizeBytes: number;
  readonly source: string;
  readonly destination: string;
  readonly version: number | undefined;
  readonly lifetimeMs: number;
  readonly own: boolean;
}

const aBundle = fc.nat(60);
const offerFields: fc.Arbitrary<OfferFields> = fc.record({
  class: fc.constantFrom(BundleClass.Certificate, BundleClass.Receipt, BundleClass.Message, BundleClass.Presence),
  sizeBytes: fc.integer({ min: 1, max: 2_000 }),
  source: fc.constantFrom('dtn://a/1', 'dtn://b/1'),
  destination: fc.constantFrom('dtn://c/~chat', 'dtn://d/~chat'),
  version: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  lifetimeMs: fc.integer({ min: 1, max: 200 }),
  own: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('offer' as const), n: aBundle, fields: offerFields, fails: often(5) }),
  },
  {
    weight: 3,
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
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);

/** True once in `every`. */
function often(every: number): fc.Arbitrary<boolean> {
  return fc.nat(every - 1).map((n) => n === 0);
}

class Model {
  now = steadyMs(0);
  readonly held = new Map<BundleKey, LedgerEntry>();
  readonly seen = new Map<BundleKey, SeenEntry>();
  readonly reserved = new Map<number, number>();

  get used(): number {
    return [...this.held.values()].reduce((sum, entry) => sum + chargeOf(entry.sizeBytes), 0);
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

  verdict(candidate: Candidate): string {
    if (this.held.has(candidate.key)) return 'have';
    const seen = this.seen.get(candidate.key);
    if (seen !== undefined && seen.rememberUntil > this.now) {
      return ['receipted', 'superseded'].includes(seen.reason) ? seen.reason : 'seen';
    }
    const rival = candidate.topic && this.topic(candidate.source);
    const [mine, theirs] = [candidate.topic?.version ?? 0, rival?.topic?.version ?? 0];
    if (rival !== undefined && (mine < theirs || (mine === theirs && candidate.key < rival.key))) return 'superseded';
    const freed = rival === undefined ? 0 : chargeOf(rival.sizeBytes);
    const urgent = candidate.own || candidate.class <= BundleClass.Receipt;
    const after = this.used + this.pending - freed + chargeOf(candidate.sizeBytes);
    return after <= (urgent ? QUOTA : ORDINARY_LIMIT) || chargeOf(candidate.sizeBytes) <= freed ? 'admit' : 'quota';
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
  readonly ledger = Ledger.from(EMPTY, { quotaBytes: QUOTA });
  readonly model = new Model();

  take(step: Step): void {
    const { ledger, model } = this;
    const rememberUntil = (): SteadyMs => steadyMs(model.now + 150);
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
        const fits = model.used + model.pending + chargeOf(step.sizeBytes) <= ORDINARY_LIMIT;
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
    expect(ledger.usedBytes).toBe(model.used);
    expect(ledger.reservedBytes).toBe(model.pending);
    expect(ledger.usedBytes + ledger.reservedBytes).toBeLessThanOrEqual(QUOTA);
    const middle = Math.floor(ledger.lastSeq / 2);
    expect(ledger.since(0)).toEqual(held);
    expect(ledger.since(middle)).toEqual(held.filter((entry) => entry.seq > middle));
    expect([...ledger.entries()].sort((a, b) => a.seq - b.seq)).toEqual(held);
    expect(ledger.expired(model.now)).toEqual(
      held.filter((entry) => entry.expiresAt <= model.now).sort((a, b) => a.expiresAt - b.expiresAt || a.seq - b.seq),
    );
    expect(ledger.nextExpiry()).toBe(earliest(held.map((entry) => entry.expiresAt)));
    const seen = [...model.seen.values()];
    expect(new Set(ledger.expiredSeen(model.now))).toEqual(new Set(seen.filter((s) => s.rememberUntil <= model.now)));
    expect(ledger.nextSeenExpiry()).toBe(earliest(seen.map((entry) => entry.rememberUntil)));
    for (const source of ['dtn://a/1', 'dtn://b/1'])
      expect(ledger.byTopic(source, 'presence')).toBe(model.topic(source));
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

  private offer(n: number, { version, lifetimeMs, ...fields }: OfferFields, fails: boolean): void {
    const { ledger, model } = this;
    const topic = version === undefined ? {} : { topic: { name: 'presence', version } };
    const candidate: Candidate = { key: keyOf(n), ...fields, ...topic };
    const expected = model.verdict(candidate);
    const admission = ledger.admit(candidate, model.now);
    expect(admission.admit ? 'admit' : admission.reason).toBe(expected);
    if (!admission.admit) return;
    expect(admission.supersedes).toBe(candidate.topic && model.topic(candidate.source));
    expect(admission.evict).toEqual([]);
    const entry: LedgerEntry = {
      ...candidate,
      seq: ledger.nextSeq(),
      receivedAt: model.now,
      ageAtReceiptMs: 0,
      expiresAt: steadyMs(model.now + lifetimeMs),
      hops: 0,
    };
    const put: StoreOp = { op: 'put', entry, bytes: new Uint8Array(0) };
    const superseded = admission.supersedes?.key;
    const rememberUntil = steadyMs(model.now + 150);
    this.commit(
      superseded === undefined ? [put] : [{ op: 'drop', key: superseded, reason: 'superseded', rememberUntil }, put],
      fails,
    );
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
