/** A worker thread of a sweep: takes a job, does it, says what came out. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../src/base/index.js';
import { runJob } from './one-run.js';
import type { SweepJob, SweepResult } from './types.js';

export type WorkerAnswer =
  | { readonly ok: true; readonly result: SweepResult }
  | { readonly ok: false; readonly message: string };

const { version } = workerData as { readonly version: string };

parentPort?.on('message', (job: SweepJob) => {
  runJob(job, (name) => readFileSync(resolve(job.folder, name)), version).then(
    (result) => parentPort?.postMessage({ ok: true, result } satisfies WorkerAnswer),
    (error: unknown) => parentPort?.postMessage({ ok: false, message: messageOf(error) } satisfies WorkerAnswer),
  );
});
