/** A thread that does runs, one at a time: simulating keeps a thread busy, and whoever drives it has to stay awake. */
import { Worker } from 'node:worker_threads';
import { HearsayError } from '../../src/base/index.js';
import type { SweepJob } from './types.js';
import type { WorkerAnswer } from './worker.js';

export class SweepThread {
  readonly #worker: Worker;
  #stopped = false;

  constructor(version: string) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { version } });
  }

  /** @returns undefined when it was stopped. */
  run(job: SweepJob): Promise<WorkerAnswer | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#worker.removeAllListeners();
      };
      this.#worker.once('message', (answer: WorkerAnswer) => {
        settle();
        resolve(answer);
      });
      this.#worker.once('error', (cause) => {
        settle();
        reject(new HearsayError('ERR_WORKER', `a worker failed: ${cause.message}`, { cause }));
      });
      this.#worker.once('exit', () => {
        settle();
        if (this.#stopped) resolve(undefined);
        else reject(new HearsayError('ERR_WORKER', 'a worker ended in the middle of a run'));
      });
      this.#worker.postMessage(job);
    });
  }

  stop(): void {
    this.#stopped = true;
    void this.#worker.terminate();
  }
}
