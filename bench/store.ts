/**
 * The custody store: how fast bundles are accepted, and how fast a full store opens.
 *
 * Figures:
 * - `verify-per-s`: raw Ed25519 verifications of 1 kB with a cached key object (node:crypto), on one core
 * - `accept-1-per-s`, `accept-16-per-s`, `accept-256-per-s`: 1 kB bundles committed, synced, with that many in flight
 * - `accept-1-to-verify`, `accept-16-to-verify`, `accept-256-to-verify`: the same as a share of `verify-per-s`
 * - `open-100k-ms`, `load-100k-ms`: opening a store of 100,000 bundles of 1 kB, and reading its metadata
 * - `ledger-100k-ms`: building the ledger from that
 * - `bytes-on-disk-per-bundle`: what one of them takes on disk, its metadata included
 *
 * The disk decides the first three: they are taken in the folder for temporary files, or in HEARSAY_BENCH_DIR.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { steadyMs } from '../src/base/index.js';
import type { BundleKey } from '../src/bundle/index.js';
import { BundleClass, type CustodyStore, Ledger, openLevelStore, type StoreOp } from '../src/store/index.js';
import { type Figure, ratePerSecond } from './harness.js';

export const description = 'accepting 1 kB bundles into the custody store, and opening it with 100,000 of them';

const BUNDLE_BYTES = 1_000;
const FULL_STORE = 100_000;
const ENDPOINTS = 500;
const IN_FLIGHT = [1, 16, 256] as const;
const MEASURE_MS = 3_000;
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)), unit: Math.random };

export async function run(): Promise<readonly Figure[]> {
  const dir = await mkdtemp(join(process.env.HEARSAY_BENCH_DIR ?? tmpdir(), 'hearsay-bench-'));
  try {
    const verifyRate = await rateOfVerification();
    const figures: Figure[] = [
      { key: 'verify-per-s', label: 'Ed25519 verification', value: verifyRate, unit: 'signatures/s' },
    ];
    const store = await openLevelStore(dir, { random });
    for (const inFlight of IN_FLIGHT) {
      const rate = await rateOfAcceptance(store, inFlight);
      figures.push(
        { key: `accept-${inFlight}-per-s`, label: `accepted, ${inFlight} in flight`, value: rate, unit: 'bundles/s' },
        { key: `accept-${inFlight}-to-verify`, label: '  beside verification', value: rate / verifyRate, unit: '×' },
      );
    }
    await fill(store);
    await store.close();
    return [...figures, ...(await openFull(dir))];
  } finally {
    await rm(dir, { recursive: true });
  }
}

function rateOfVerification(): Promise<number> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = randomBytes(BUNDLE_BYTES);
  const signature = sign(null, message, privateKey);
  return ratePerSecond(() => verify(null, message, publicKey, signature));
}

async function rateOfAcceptance(store: CustodyStore, inFlight: number): Promise<number> {
  const until = performance.now() + MEASURE_MS;
  const started = performance.now();
  let accepted = 0;
  const accept = async (): Promise<void> => {
    while (performance.now() < until) {
      await store.commit([nextBundle()]);
      accepted++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, accept));
  return (accepted * 1000) / (performance.now() - started);
}

/** Brings the store to 100,000 bundles: what the measurements left above that is dropped, what is missing is added. */
async function fill(store: CustodyStore): Promise<void> {
  const rememberUntil = steadyMs(0);
  for (let n = FULL_STORE + 1; n <= seq; n++) {
    await commitMany(store, { op: 'drop', key: keyOf(n), reason: 'expired', rememberUntil });
  }
  while (seq < FULL_STORE) await commitMany(store, nextBundle());
  await store.commit(waiting.splice(0));
}

const waiting: StoreOp[] = [];

async function commitMany(store: CustodyStore, op: StoreOp): Promise<void> {
  waiting.push(op);
  if (waiting.length >= 1_000) await store.commit(waiting.splice(0));
}

async function openFull(dir: string): Promise<readonly Figure[]> {
  const start = performance.now();
  const store = await openLevelStore(dir, { random });
  const opened = performance.now();
  const snapshot = await store.load();
  const loaded = performance.now();
  const ledger = Ledger.from(snapshot, { quotaBytes: 512 * 1024 * 1024 });
  const built = performance.now();
  await store.close();
  return [
    { key: 'open-100k-ms', label: `opening with ${ledger.size} bundles`, value: opened - start, unit: 'ms' },
    { key: 'load-100k-ms', label: 'reading their metadata', value: loaded - opened, unit: 'ms' },
    { key: 'ledger-100k-ms', label: 'building the ledger', value: built - loaded, unit: 'ms' },
    {
      key: 'bytes-on-disk-per-bundle',
      label: 'one bundle on disk',
      value: (await sizeOnDisk(dir)) / ledger.size,
      unit: 'bytes',
    },
  ];
}

let seq = 0;

function nextBundle(): StoreOp {
  const n = ++seq;
  const entry = {
    key: keyOf(n),
    seq: n,
    class: BundleClass.Message,
    sizeBytes: BUNDLE_BYTES,
    source: `dtn://abcdefghijklmnopqrstuvwxyz/laptop${n % ENDPOINTS}`,
    destination: `dtn://zyxwvutsrqponmlkjihgfedcba/~chat${n % ENDPOINTS}`,
    createdAt: n,
    receivedAt: steadyMs(n),
    ageAtReceiptMs: 1_000,
    expiresAt: steadyMs(n + 1e9),
    hops: 1,
    own: false,
  };
  return { op: 'put', entry, bytes: random.bytes(BUNDLE_BYTES) };
}

function keyOf(n: number): BundleKey {
  return createHash('sha256').update(String(n)).digest('hex').slice(0, 32) as BundleKey;
}

async function sizeOnDisk(dir: string): Promise<number> {
  const sizes = await Promise.all((await readdir(dir)).map(async (file) => (await stat(join(dir, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
