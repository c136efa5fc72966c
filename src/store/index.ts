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
export * from './types.js';
