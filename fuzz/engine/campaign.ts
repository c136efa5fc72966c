/** Runs one target in a thread of its own and watches over it. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../src/base/index.js';
import type { Finding } from './loop.js';
import { InputWindow } from './window.js';
import type { WorkerOrder, WorkerReport } from './worker.js';

export interface CampaignReport {
  readonly executions: number;
  readonly covered: number;
  readonly corpus: readonly Uint8Array[];
  readonly findings: readonly Finding[];
}

/** No progress for so long is a hang: the slowest target takes milliseconds per input. */
const HANG_MS = 30_000;
/** Loading everything on a machine that is busy with other things. */
const START_MS = 120_000;
const WATCH_MS = 1_000;
const MAX_HEAP_MB = 512;

export function runCampaign(order: Omit<WorkerOrder, 'shared'>): Promise<CampaignReport> {
  const shared = InputWindow.allocate();
  const window = new InputWindow(shared);
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { ...order, shared } satisfies WorkerOrder,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  return new Promise((resolve) => {
    let count = 0;
    let since = performance.now();
    const end = (report: CampaignReport): void => {
      clearInterval(watch);
      void worker.terminate();
      resolve(report);
    };
    const broken = (error: string): void => {
      const findings = [{ input: window.input, error }];
      end({ executions: window.count, covered: 0, corpus: [], findings });
    };
    const watch = setInterval(() => {
      if (window.count !== count) {
        count = window.count;
        since = performance.now();
      } else if (performance.now() - since > (count === 0 ? START_MS : HANG_MS)) broken('no end in sight');
    }, WATCH_MS);
    worker.once('message', (report: WorkerReport) => end(report));
    worker.once('error', (error) => broken(`the thread ended: ${messageOf(error)}`));
  });
}
