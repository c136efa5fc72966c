/** Small builders for the store's tests. */
import { createHash } from 'node:crypto';
import { type SteadyMs, seededRandom, steadyMs } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { BundleClass, type DropReason, type LedgerEntry, type StoreOp } from '../../src/store/index.js';

/** The key that stands for the n-th bundle of a test. */
export function keyOf(n: number): BundleKey {
  return createHash('sha256').update(String(n)).digest('hex').slice(0, 32) as BundleKey;
}

/** Bytes that no compressor shrinks, different for every n. */
export function bytesOf(n: number, length = 100): Uint8Array {
  return seededRandom(n).bytes(length);
}

export function entryOf(n: number, fields: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    key: keyOf(n),
    seq: n,
    class: BundleClass.Message,
    sizeBytes: 100,
    source: 'dtn://ana/laptop',
    destination: 'dtn://ben/~chat',
    createdAt: 800_000_000_000 + n,
    receivedAt: steadyMs(1_000),
    ageAtReceiptMs: 50,
    expiresAt: steadyMs(100_000),
    hops: 1,
    own: false,
    ...fields,
  };
}

export function put(n: number, fields: Partial<LedgerEntry> = {}): StoreOp {
  const entry = entryOf(n, fields);
  return { op: 'put', entry, bytes: bytesOf(n, entry.sizeBytes) };
}

export function drop(n: number, reason: DropReason = 'expired', rememberUntil: SteadyMs = steadyMs(200_000)): StoreOp {
  return { op: 'drop', key: keyOf(n), reason, rememberUntil };
}

export function see(n: number, reason: DropReason = 'receipted', rememberUntil: SteadyMs = steadyMs(200_000)): StoreOp {
  return { op: 'see', key: keyOf(n), reason, rememberUntil };
}
