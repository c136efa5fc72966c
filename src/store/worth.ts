/**
 * What one more day of keeping a bundle is worth, per byte, as far as can be told without knowing who meets whom. A
 * routing strategy that knows more gives its own estimate (docs/protocol/gossip.md).
 */
import type { SteadyMs } from '../base/index.js';
import { chargeOf } from './admission.js';
import { BundleClass, type LedgerEntry } from './types.js';

/** Larger is worthier. Only ratios mean anything. */
export type Worth = (entry: LedgerEntry, now: SteadyMs) => number;

/** Without certificates and receipts nothing else works, and presence is stale before the next one comes. */
const CLASS_VALUE: Readonly<Record<BundleClass, number>> = {
  [BundleClass.Certificate]: 16,
  [BundleClass.Receipt]: 8,
  [BundleClass.Message]: 4,
  [BundleClass.Presence]: 2,
  [BundleClass.Bulk]: 1,
};

/**
 * Marginal utility in the sense of RAPID (Balasubramanian, Levine, Venkataramani, *DTN routing as a resource allocation
 * problem*, SIGCOMM 2007): what this copy adds to the chance of arriving, over the bytes it takes. How many other copies
 * there are is not known; each hop left one behind, and a bundle that has been about for long has met more laptops
 * than a new one. What has little time left will hardly arrive.
 */
export const defaultWorth: Worth = (entry, now) => {
  const leftMs = entry.expiresAt - now;
  if (leftMs <= 0) return 0;
  const ageMs = entry.ageAtReceiptMs + Math.max(0, now - entry.receivedAt);
  const value = CLASS_VALUE[entry.class] * (entry.copies ?? 1);
  return (value * leftMs) / ((leftMs + ageMs) * (1 + entry.hops) * chargeOf(entry.sizeBytes));
};
