/** The thread in which one target is fuzzed. The main thread watches it: a thread that hangs can be ended, a loop not. */
import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../src/base/index.js';
import { Coverage } from './coverage.js';
import { fuzzLoop, type LoopReport } from './loop.js';
import type { Target } from './target.js';
import { InputWindow } from './window.js';

export interface WorkerOrder {
  readonly target: string;
  readonly seeds: readonly Uint8Array[];
  readonly seconds: number;
  readonly seed: number;
  readonly shared: SharedArrayBuffer;
}

export type WorkerReport = LoopReport & { readonly covered: number };

/** Memory behind typed arrays is not counted by the engine's own limit. */
const MAX_BUFFER_BYTES = 1_073_741_824;
const CHECK_EVERY = 64;

const order = workerData as WorkerOrder;
const port = parentPort;
if (port === null) throw new Error('to be started as a worker thread');

const coverage = new Coverage((url) => /\/src\/|\/node_modules\/(saxes|ltx)\//.test(url));
// Loaded after coverage began: only functions that are compiled from then on are counted block by block.
const target = (await import(new URL(`../targets/${order.target}.js`, import.meta.url).href)) as Target;
coverage.merge(coverage.take());

const window = new InputWindow(order.shared);
const report = fuzzLoop({
  target,
  seeds: order.seeds,
  coverage,
  random: seededRandom(order.seed),
  stopAt: performance.now() + order.seconds * 1000,
  now: () => performance.now(),
  onInput: (input) => {
    if (window.show(input) % CHECK_EVERY !== 0) return;
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers > MAX_BUFFER_BYTES) throw new Error(`buffers of ${arrayBuffers} bytes at input ${order.target}`);
  },
});
port.postMessage({ ...report, covered: coverage.covered } satisfies WorkerReport);
