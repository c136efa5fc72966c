/** Signatures in Node's thread pool beside one after the other on this thread, by how many come at once. In wall time. */
import { performance } from 'node:perf_hooks';
import { decodeBundle, threadPoolVerifier, verifyBundle, verifyBundles } from '../../src/bundle/index.js';
import type { Figure } from '../harness.js';
import { median } from './turns.js';

const AT_ONCE = [1, 4, 16, 64] as const;
const ROUNDS = 15;
const BUNDLES_A_ROUND = 64;

/** @param encoded one signed bundle; @param publicKey its signer's. */
export async function batchFigures(encoded: Uint8Array, publicKey: Uint8Array): Promise<readonly Figure[]> {
  const bundles = Array.from({ length: BUNDLES_A_ROUND }, () => decodeBundle(encoded));
  const resolve = (): Uint8Array => publicKey;
  const pool = threadPoolVerifier({ least: 1 });
  const figures: Figure[] = [];
  for (const atOnce of AT_ONCE) {
    const shares: number[] = [];
    const busy: number[] = [];
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const alone = performance.now();
      for (const bundle of bundles) verifyBundle(bundle, resolve);
      const started = performance.now();
      const loop = performance.eventLoopUtilization();
      for (let at = 0; at < bundles.length; at += atOnce) {
        await verifyBundles(bundles.slice(at, at + atOnce), resolve, pool);
      }
      const ended = performance.now();
      busy.push(performance.eventLoopUtilization(loop).utilization);
      rates.push((bundles.length * 1_000) / (ended - started));
      shares.push((started - alone) / (ended - started));
    }
    figures.push(
      {
        key: `pool-${atOnce}-per-s`,
        label: `verified in the pool, ${atOnce} at once`,
        value: median(rates),
        unit: 'bundles/s',
      },
      { key: `pool-${atOnce}-to-one-thread`, label: '  beside this thread alone', value: median(shares), unit: '×' },
      { key: `pool-${atOnce}-busy`, label: '  how busy this thread is meanwhile', value: median(busy), unit: '×' },
    );
  }
  return figures;
}
