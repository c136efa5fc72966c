/** The words in which the ledger says what it would take and what it refuses. */
import type { BundleKey } from '../bundle/index.js';
import type { LedgerEntry } from './types.js';

/** What the ledger must know of a bundle to decide whether to take it: all but its arrival number. */
export type Candidate = Omit<LedgerEntry, 'seq'>;

/** There is no need of it: it is here, was here, its receipt is known, or a newer version of its topic is or was here. */
export type NeedlessReason = 'have' | 'seen' | 'receipted' | 'superseded';

/**
 * There is no room for it: in the store (`quota`), in what its author, the neighbour that brought it, or all authors of
 * such trust together may have here, or it made room for something better a short while ago (`evicted`).
 */
export type NoRoomReason = 'quota' | 'author-quota' | 'depositor-quota' | 'tier-quota' | 'evicted';

export type RefusalReason = NeedlessReason | NoRoomReason;

const NO_ROOM: ReadonlySet<RefusalReason> = new Set<NoRoomReason>([
  'quota',
  'author-quota',
  'depositor-quota',
  'tier-quota',
  'evicted',
]);

/** Whether it may come again when there is room; else it need not. */
export function isNoRoom(reason: RefusalReason): reason is NoRoomReason {
  return NO_ROOM.has(reason);
}

export type Admission =
  | {
      readonly admit: true;
      /** The older version of the same topic, to be dropped in the same commit. */
      readonly supersedes?: LedgerEntry;
      /** What is worth less and has to be dropped in the same commit to make room. */
      readonly evict: readonly LedgerEntry[];
    }
  | { readonly admit: false; readonly reason: RefusalReason };

/**
 * What an entry costs beside its bytes: its metadata on disk, its index entries in memory. Charging for it keeps a
 * flood of tiny bundles from filling memory long before it fills the quota.
 */
export const ENTRY_OVERHEAD_BYTES = 512;

/** What an entry of this size counts for against the quota. */
export function chargeOf(sizeBytes: number): number {
  return sizeBytes + ENTRY_OVERHEAD_BYTES;
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
