/** What a node can tell about its mesh, as plain values. */
import type { Now } from '../base/index.js';
import type { Gossip, LinkId } from '../gossip/index.js';
import { BundleClass, type ByTier, type Counts, type Ledger, TRUST_TIERS, type TrustTier } from '../store/index.js';
import type { Core } from './core.js';
import type { Objection } from './examine.js';
import type { ReportCounts } from './report-desk.js';

export interface EngineStatus {
  readonly neighbours: readonly {
    readonly link: LinkId;
    /** The proven NodeId, or the EID that a foreign node claims; undefined before either is known. */
    readonly id: string | undefined;
    readonly foreign: boolean;
    readonly connectedForMs: number;
  }[];
  /** How often a neighbour broke gossip's rules and was left for a while, since the start. */
  readonly rulesBroken: number;
  readonly store: {
    readonly bundles: number;
    /** What they cost against the quota. */
    readonly bytes: number;
    readonly quotaBytes: number;
    /** Bundles that are gone but remembered. */
    readonly seen: number;
    readonly byClass: Readonly<Record<string, number>>;
    /** What the authors of each tier of trust have here together, and what they may have. */
    readonly byTier: Readonly<Record<TrustTier, TierStatus>>;
    /** What is under a promise of custody, against what may be. */
    readonly custody: { readonly bytes: number; readonly limitBytes: number };
    /** How many keys may be remembered of bundles that are gone, and how many were forgotten before their time. */
    readonly seenLimit: number;
    readonly forgotten: number;
    readonly accepted: number;
    /** By reason, since the start. */
    readonly dropped: Readonly<Record<string, number>>;
    /** By reason, since the start. */
    readonly refused: Readonly<Record<string, number>>;
    /** The same by the tier of the author, as far as that was looked at. */
    readonly droppedByTier: Readonly<Record<string, ByTier>>;
    readonly refusedByTier: Readonly<Record<string, ByTier>>;
  };
  readonly dtn: DtnStatus;
}

/** What concerns bundles that are none of Hearsay's people's. */
export interface DtnStatus {
  readonly fragments: {
    readonly held: number;
    /** Bundles put together here since the start, and such that turned out to be none. */
    readonly reassembled: number;
    readonly spoilt: number;
  };
  /** Status reports (RFC 9171 §6.1.1) since the start. */
  readonly reports: ReportCounts;
}

export interface TierStatus {
  readonly authors: number;
  readonly bytes: number;
  readonly limitBytes: number;
}

const CLASS_NAMES: Readonly<Record<BundleClass, string>> = {
  [BundleClass.Certificate]: 'certificates',
  [BundleClass.Receipt]: 'receipts',
  [BundleClass.Message]: 'messages',
  [BundleClass.Presence]: 'presence',
  [BundleClass.Bulk]: 'bulk',
};

/** What the engine's parts have counted. */
export interface Counted {
  readonly objections: ReadonlyMap<Objection, number>;
  readonly inbox: Counts<string>;
  readonly fragments: Omit<DtnStatus['fragments'], 'held'>;
  readonly reports: ReportCounts;
}

export function engineStatus(core: Core, gossip: Gossip, counted: Counted, now: Now): EngineStatus {
  const { ledger } = core.state;
  let fragmentsHeld = 0;
  const byClass: Record<string, number> = Object.fromEntries(Object.values(CLASS_NAMES).map((name) => [name, 0]));
  for (const entry of ledger.entries()) {
    const name = CLASS_NAMES[entry.class];
    byClass[name] = (byClass[name] ?? 0) + 1;
    if (entry.fragment !== undefined) fragmentsHeld++;
  }
  const { counters, custody } = ledger;
  const refusedByTier: Counts<string> = { ...counters.refused, ...counted.inbox };
  return {
    neighbours: gossip.neighbours().map(({ link, neighbour, since }) => ({
      link,
      id: neighbour?.id,
      foreign: neighbour?.foreign ?? false,
      connectedForMs: Math.round(now.steady - since),
    })),
    rulesBroken: gossip.rulesBroken,
    store: {
      bundles: ledger.size,
      bytes: ledger.usedBytes,
      quotaBytes: ledger.quotaBytes,
      seen: ledger.seenSize,
      byClass,
      byTier: tiersOf(ledger),
      custody: { bytes: custody.usedBytes, limitBytes: custody.limitBytes },
      seenLimit: ledger.seenLimit,
      forgotten: counters.forgotten,
      accepted: counters.accepted,
      dropped: totals(counters.dropped),
      refused: { ...totals(refusedByTier), ...Object.fromEntries(counted.objections) },
      droppedByTier: definite(counters.dropped),
      refusedByTier: definite(refusedByTier),
    },
    dtn: { fragments: { held: fragmentsHeld, ...counted.fragments }, reports: counted.reports },
  };
}

function tiersOf(ledger: Ledger): Readonly<Record<TrustTier, TierStatus>> {
  const tiers = ledger.tiers();
  return Object.fromEntries(
    TRUST_TIERS.map((tier) => {
      const { authors, usedBytes, limitBytes } = tiers[tier];
      return [tier, { authors, bytes: usedBytes, limitBytes }];
    }),
  ) as Record<TrustTier, TierStatus>;
}

function totals(counts: Counts<string>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(definite(counts)).map(([reason, tiers]) => [
      reason,
      TRUST_TIERS.reduce((sum, tier) => sum + tiers[tier], 0),
    ]),
  );
}

function definite(counts: Counts<string>): Record<string, ByTier> {
  return Object.fromEntries(Object.entries(counts).flatMap(([reason, tiers]) => (tiers ? [[reason, tiers]] : [])));
}
