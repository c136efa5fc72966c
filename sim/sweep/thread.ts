/** A thread that does runs, one at a time: simulating keeps a thread busy, and whoever drives it has to stay awake. */
import { Worker } from 'node:worker_threads';
import { HearsayError } from '../../src/base/index.js';
import type { SweepJob } from './types.js';
import type { WorkerAnswer } from './worker.js';

interface Waiting {
  readonly resolve: (answer: WorkerAnswer | undefined) => void;
  readonly reject: (error: HearsayError) => void;
}

export class SweepThread {
  readonly #worker: Worker;
  #waiting: Waiting | undefined;
  #stopped = false;

  constructor(version: string) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { version } });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#take()?.resolve(answer));
    this.#worker.on('error', (cause) => {
      this.#take()?.reject(new HearsayError('ERR_WORKER', `a worker failed: ${cause.message}`, { cause }));
    });
    this.#worker.on('exit', () => {
      const waiting = this.#take();
      if (this.#stopped) waiting?.resolve(undefined);
      else waiting?.reject(new HearsayError('ERR_WORKER', 'a worker ended in the middle of a run'));
    });
  }

  /**
   * @returns undefined when it was stopped.
   * @throws HearsayError `ERR_WORKER` when it dies.
   */
  run(job: SweepJob): Promise<WorkerAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(job);
    });
  }

  stop(): void {
    this.#stopped = true;
    void this.#worker.terminate();
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
