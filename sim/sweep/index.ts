/** Sweeps: many runs of one scenario, on all cores or on many machines. */
import type { QueueOptions, QueueWorkerOptions } from './queue.js';
import type { SweepJob } from './types.js';

export { SweepJournal } from './journal.js';
export { filesOf, type PlannedRun, planSweep, type SettingValue } from './plan.js';
export { type PoolOptions, runOnThreads } from './pool.js';
export { type Estimate, estimate } from './statistics.js';
export { FIGURE_NAMES, type FigureName, type SweepRow, sweepCsv, sweepRows, text as settingText } from './table.js';
export type { SweepJob, SweepResult } from './types.js';
export type { QueueOptions, QueueWorkerOptions };

/** As {@link import('./queue.js').runOnQueue}; what talks to Redis is loaded only here. */
export async function runOnQueue(jobs: readonly Omit<SweepJob, 'folder'>[], options: QueueOptions): Promise<void> {
  const queue = await import('./queue.js');
  return queue.runOnQueue(jobs, options);
}

/** As {@link import('./queue.js').serveQueue}. */
export async function serveQueue(options: QueueWorkerOptions): Promise<void> {
  const queue = await import('./queue.js');
  return queue.serveQueue(options);
}
