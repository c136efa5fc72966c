/**
 * Who may take how much of the store, by trust. Shares of the quota; the reasons for the defaults: docs/custody.md.
 *
 * The shares of one column need not add up to one: each is a ceiling, not a reserve, so that a store is not left half
 * empty because the people it was kept for do not write.
 */
import type { Candidate } from './admission.js';
import type { TrustTier } from './trust.js';
import { BundleClass } from './types.js';

export interface TierShares {
  /** What one author may have here. */
  readonly author: number;
  /** What one neighbour may have brought of what is here. */
  readonly depositor: number;
  /** What all authors of the tier may have here together: identities are free, so a ceiling for each is not enough. */
  readonly together: number;
  /** What of one author's bundles may be under a promise of custody. */
  readonly custody: number;
}

export type QuotaShares = Readonly<Record<TrustTier, TierShares>>;

export const DEFAULT_QUOTAS: QuotaShares = {
  own: { author: 1, depositor: 1, together: 1, custody: 0.25 },
  provisioned: { author: 0.4, depositor: 0.75, together: 0.9, custody: 0.1 },
  met: { author: 0.4, depositor: 0.75, together: 0.9, custody: 0.1 },
  introduced: { author: 0.2, depositor: 0.6, together: 0.8, custody: 0.05 },
  unknown: { author: 0.1, depositor: 0.5, together: 0.6, custody: 0 },
  foreign: { author: 0.05, depositor: 0.25, together: 0.15, custody: 0 },
};

/** The defaults with some shares changed. */
export function quotasWith(changes: Readonly<Partial<Record<TrustTier, Readonly<Partial<TierShares>>>>>): QuotaShares {
  const tiers = Object.entries(DEFAULT_QUOTAS) as [TrustTier, TierShares][];
  return Object.fromEntries(
    tiers.map(([tier, shares]) => [tier, { ...shares, ...changes[tier] }]),
  ) as unknown as QuotaShares;
}

const NO_CEILING: TierShares = { author: 1, depositor: 1, together: 1, custody: 1 };

/** Only the quota itself binds: for a ledger that nobody has told whom to trust. */
export const NO_QUOTAS: QuotaShares = {
  own: NO_CEILING,
  provisioned: NO_CEILING,
  met: NO_CEILING,
  introduced: NO_CEILING,
  unknown: NO_CEILING,
  foreign: NO_CEILING,
};

/** Of all that is held, this share may be under a promise: what is promised can't make room for anything better. */
export const CUSTODY_SHARE = 0.25;

/** The share of the quota that is kept free for what must not be refused because of other people's traffic. */
export const RESERVED_SHARE = 0.1;

/**
 * How far into the reserve receipts and certificates may reach: they are small, and they free room. The rest is for this
 * node's own people alone, or strangers who sign receipts by the thousand could silence them.
 */
const RESERVE_FOR_CONTACTS = 0.03;
const RESERVE_FOR_STRANGERS = 0.05;

/** How full the whole store may get by taking this one. */
export function storeLimit(candidate: Pick<Candidate, 'class' | 'own'>, tier: TrustTier, quotaBytes: number): number {
  return Math.round(quotaBytes * (1 - keptFree(candidate, tier)));
}

function keptFree(candidate: Pick<Candidate, 'class' | 'own'>, tier: TrustTier): number {
  if (candidate.own) return 0;
  if (candidate.class !== BundleClass.Receipt && candidate.class !== BundleClass.Certificate) return RESERVED_SHARE;
  return tier === 'unknown' || tier === 'foreign' ? RESERVE_FOR_STRANGERS : RESERVE_FOR_CONTACTS;
}

/** One key for this much of the quota may be remembered of bundles that are gone: about 200 bytes of memory each. */
const QUOTA_BYTES_PER_SEEN = 4096;
const LEAST_SEEN = 8192;

/** How many keys are remembered beside those held. */
export function seenLimit(quotaBytes: number): number {
  return Math.max(LEAST_SEEN, Math.floor(quotaBytes / QUOTA_BYTES_PER_SEEN));
}
