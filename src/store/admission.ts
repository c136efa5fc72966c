/** The words in which the ledger says what it would take and what it refuses. */
import type { BundleKey } from '../bundle/index.js';
import { BundleClass, type DropReason, type LedgerEntry } from './types.js';

/** What the ledger must know of a bundle to decide whether to take it. */
export type Candidate = Pick<LedgerEntry, 'class' | 'sizeBytes' | 'source' | 'destination' | 'topic' | 'own'> & {
  readonly key: BundleKey;
};

/**
 * Why a bundle is not taken: it is here (`have`), was here (`seen`), its receipt is known (`receipted`), a newer version
 * of its topic is or was here (`superseded`), or there is no room for it (`quota`).
 */
export type RefusalReason = 'have' | 'seen' | 'superseded' | 'quota' | 'receipted';

export type Admission =
  | {
      readonly admit: true;
      /** The older version of the same topic, to be dropped in the same commit. */
      readonly supersedes?: LedgerEntry;
      /** What has to be dropped in the same commit to make room. Empty as long as nothing promised is ever dropped. */
      readonly evict: readonly LedgerEntry[];
    }
  | { readonly admit: false; readonly reason: RefusalReason };

/** What happened since the ledger was built, for `hearsay status`. */
export interface LedgerCounters {
  /** Bundles put. */
  readonly accepted: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly refused: Readonly<Record<RefusalReason, number>>;
}

/**
 * What an entry costs beside its bytes: its metadata on disk, its index entries in memory. Charging for it keeps a
 * flood of tiny bundles from filling memory long before it fills the quota.
 */
export const ENTRY_OVERHEAD_BYTES = 512;

/** The share of the quota that is kept free for what must not be refused because of other people's traffic. */
export const RESERVED_SHARE = 0.1;

/** What an entry of this size counts for against the quota. */
export function chargeOf(sizeBytes: number): number {
  return sizeBytes + ENTRY_OVERHEAD_BYTES;
}

/** Own bundles, receipts and certificates may fill the reserved share: they are small, or they free room, or are ours. */
export function mayUseReserve(candidate: Pick<Candidate, 'class' | 'own'>): boolean {
  return candidate.own || candidate.class === BundleClass.Receipt || candidate.class === BundleClass.Certificate;
}

/**
 * Of two versions of one topic, the one that stays. Versions decide; between two bundles of one version, which no honest
 * author makes, the greater key does, so that all nodes settle on the same one.
 */
export function isNewer(
  a: { readonly key: BundleKey; readonly version: number },
  b: { readonly key: BundleKey; readonly version: number },
): boolean {
  return a.version !== b.version ? a.version > b.version : a.key > b.key;
}
