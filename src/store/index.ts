export {
  type Admission,
  type Candidate,
  chargeOf,
  ENTRY_OVERHEAD_BYTES,
  isNoRoom,
  type NoRoomReason,
  type RefusalReason,
} from './admission.js';
export { Comparison } from './comparison.js';
export { CUSTODY_MARGIN_MS } from './custody.js';
export { keyWord } from './key-words.js';
export { KnownKeys, placeOf } from './known-keys.js';
export { Ledger, type LedgerCounters, type LedgerOptions, type Undo } from './ledger.js';
export { type LevelStoreOptions, openLevelStore } from './level-store.js';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory-store.js';
export {
  CUSTODY_SHARE,
  DEFAULT_QUOTAS,
  NO_QUOTAS,
  type QuotaShares,
  quotasWith,
  RESERVED_SHARE,
  seenLimit,
  type TierShares,
} from './quotas.js';
export { type ByTier, type Counts, Tally } from './tally.js';
export {
  difference,
  isBoundBefore,
  type KeySum,
  NEWEST,
  OLDEST,
  type TimeBound,
  Timeline,
  timeOf,
} from './timeline.js';
export { byTrust, EVERYBODY_MET, type Standing, TRUST_TIERS, type TrustTier } from './trust.js';
export * from './types.js';
export { defaultWorth, type Worth } from './worth.js';
