/** Runs the jobs of a sweep on worker threads, one at a time on each. */
import { HearsayError } from '../../src/base/index.js';
import { SweepThread } from './thread.js';
import type { SweepJob, SweepResult } from './types.js';

export interface PoolOptions {
  readonly workers: number;
  readonly version: string;
  readonly onResult: (result: SweepResult) => void;
  /** No further job is begun; those that run are given up. */
  readonly signal?: AbortSignal;
}

/**
 * Each result is handed over as soon as it is there; which worker did it, and when, changes nothing in it.
 *
 * @throws HearsayError `ERR_SCENARIO` when a job is no valid scenario, `ERR_WORKER` when a worker dies.
 */
export async function runOnThreads(jobs: readonly SweepJob[], options: PoolOptions): Promise<void> {
  const waiting = [...jobs];
  const count = Math.min(options.workers, jobs.length);
  const threads = Array.from({ length: count }, () => new SweepThread(options.version));
  const stop = (): void => {
    for (const thread of threads) thread.stop();
  };
  options.signal?.addEventListener('abort', stop);
  try {
    await Promise.all(threads.map((thread) => work(thread, waiting, options)));
  } finally {
    options.signal?.removeEventListener('abort', stop);
    stop();
  }
}

async function work(thread: SweepThread, waiting: SweepJob[], { onResult, signal }: PoolOptions): Promise<void> {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    if (signal?.aborted === true) return;
    const answer = await thread.run(job);
    if (answer === undefined) return;
    if (!answer.ok) {
      waiting.length = 0;
      throw new HearsayError('ERR_SCENARIO', answer.message);
    }
    onResult(answer.result);
  }
}
