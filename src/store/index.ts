export {
  type Admission,
  type Candidate,
  chargeOf,
  ENTRY_OVERHEAD_BYTES,
  type LedgerCounters,
  RESERVED_SHARE,
  type RefusalReason,
} from './admission.js';
export { Ledger, type LedgerOptions, type Undo } from './ledger.js';
export { type LevelStoreOptions, openLevelStore } from './level-store.js';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory-store.js';
export * from './types.js';
