/** Ledger entries for tests of gossip, which looks at nothing else. */
import fc from 'fast-check';
import { steadyMs } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { BundleClass, type LedgerEntry } from '../../src/store/index.js';

export function keyNumber(number: number): BundleKey {
  return number.toString(16).padStart(32, '0') as BundleKey;
}

export function entry(seq: number, change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    key: keyNumber(seq),
    seq,
    class: BundleClass.Message,
    sizeBytes: 1000,
    source: 'dtn://a/b',
    destination: 'dtn://c/d',
    createdAt: 1000 * seq,
    receivedAt: steadyMs(0),
    ageAtReceiptMs: 0,
    expiresAt: steadyMs(1e9),
    hops: 0,
    own: false,
    ...change,
  };
}

/** Up to `maxLength` entries numbered from 1. */
export function someEntries(maxLength: number): fc.Arbitrary<LedgerEntry[]> {
  const parts = fc.record({ class: fc.integer({ min: 0, max: 4 }), sizeBytes: fc.nat(300_000) });
  return fc.array(parts, { maxLength }).map((list) => list.map((part, index) => entry(index + 1, part)));
}
