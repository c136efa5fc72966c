/**
 * A sweep on more than one machine: its runs are jobs on a queue in Redis (BullMQ), and workers anywhere take them.
 *
 * A job is named by the run's key, so the same run asked for twice is done once. A worker holds a lock on its job and
 * renews it; when it dies, the lock lapses and another worker begins the job anew. Files that scenarios read are kept in
 * Redis too, by their digest.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, sep } from 'node:path';
import { Queue, QueueEvents, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { HearsayError, messageOf, toHex } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';
import { SweepThread } from './thread.js';
import type { SweepJob, SweepResult } from './types.js';

const QUEUE = 'hearsay-sim';
const FILE_PREFIX = 'hearsay-sim:file:';
const KEEP_SECONDS = 7 * 86_400;
/** A dead worker's job is taken by another within the two together. */
const LOCK_MS = 6000;
const STALLED_CHECK_MS = 2000;
/** A run that takes its worker down with it does so everywhere. */
const MAX_DEATHS = 5;
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** What a job says: no folder, but the digests of its files. */
interface QueuedJob extends Omit<SweepJob, 'folder'> {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface QueueOptions {
  /** `redis://host:port` */
  readonly url: string;
  readonly version: string;
  /** Of the scenarios, by the name that they use. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly onResult: (result: SweepResult) => void;
  readonly signal?: AbortSignal;
}

/**
 * Puts the jobs on the queue and waits until workers have done them.
 *
 * @throws HearsayError `ERR_QUEUE` when Redis can't be reached, `ERR_SCENARIO` when a run failed.
 */
export async function runOnQueue(jobs: readonly Omit<SweepJob, 'folder'>[], options: QueueOptions): Promise<void> {
  const { url, version, onResult, signal } = options;
  await withRedis(url, async (redis) => {
    const files = await storeFiles(redis, options.files);
    const queue = new Queue<QueuedJob, SweepResult>(QUEUE, { connection: redis });
    const events = new QueueEvents(QUEUE, { connection: redis.duplicate() });
    const stopped = abortOf(signal);
    try {
      await events.waitUntilReady();
      const added = await queue.addBulk(
        jobs.map((job) => ({
          name: job.key.slice(0, 12),
          data: { ...job, version, files },
          opts: { jobId: job.key, removeOnComplete: { age: KEEP_SECONDS }, removeOnFail: { age: 60 } },
        })),
      );
      const all = Promise.all(
        added.map(async (job) => {
          onResult(await job.waitUntilFinished(events));
        }),
      );
      await Promise.race([all, stopped.promise]);
      // Left where they are, others' workers would go on with what nobody waits for.
      if (signal?.aborted === true) await Promise.all(added.map((job) => job.remove().catch(() => {})));
    } catch (cause) {
      throw new HearsayError('ERR_SCENARIO', messageOf(cause), { cause });
    } finally {
      stopped.forget();
      await events.close();
      await queue.close();
    }
  });
}

export interface QueueWorkerOptions {
  readonly url: string;
  readonly version: string;
  /** Jobs at a time. */
  readonly threads: number;
  readonly onDone: (result: SweepResult) => void;
  readonly onFailed: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Takes jobs from the queue until it is told to stop. A job that is being done then goes back to the queue.
 *
 * @throws HearsayError `ERR_QUEUE` when Redis can't be reached.
 */
export async function serveQueue(options: QueueWorkerOptions): Promise<void> {
  const { url, version, threads, onDone, onFailed, signal } = options;
  await withRedis(url, async (redis) => {
    const idle = Array.from({ length: threads }, () => new SweepThread(version));
    const worker = new Worker<QueuedJob, SweepResult>(
      QUEUE,
      async (job) => {
        if (job.data.version !== version) {
          throw new UnrecoverableError(`the job is for version ${job.data.version}, and this worker is ${version}`);
        }
        const thread = idle.pop() ?? new SweepThread(version);
        const folder = await fetchFiles(redis, job.data.files);
        try {
          const answer = await thread.run({ ...job.data, folder });
          if (answer === undefined) throw new Error('the worker was stopped');
          if (!answer.ok) throw new UnrecoverableError(answer.message);
          onDone(answer.result);
          return answer.result;
        } finally {
          idle.push(thread);
          rmSync(folder, { recursive: true, force: true });
        }
      },
      {
        connection: redis.duplicate({ maxRetriesPerRequest: null }),
        concurrency: threads,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        maxStalledCount: MAX_DEATHS,
      },
    );
    worker.on('failed', (_, error) => onFailed(error.message));
    worker.on('error', (error) => onFailed(error.message));
    const stopped = abortOf(signal);
    try {
      await stopped.promise;
    } finally {
      stopped.forget();
      // Without waiting: its lock lapses, and another worker takes the job.
      await worker.close(true);
      for (const thread of idle) thread.stop();
    }
  });
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (tries) => Math.min(5000, 200 * tries),
  });
  // Said once by the connection attempt below; after that ioredis connects again by itself.
  redis.on('error', () => {});
  try {
    await firstConnection(redis, url);
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function firstConnection(redis: Redis, url: string): Promise<void> {
  try {
    await redis.connect();
  } catch (cause) {
    throw new HearsayError('ERR_QUEUE', `there is no Redis at ${withoutPassword(url)}: ${messageOf(cause)}`, { cause });
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

async function storeFiles(redis: Redis, files: QueueOptions['files']): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) {
    if (bytes.length > MAX_FILE_BYTES) {
      throw new HearsayError('ERR_QUEUE', `${name} is too large for a queue: ${MAX_FILE_BYTES} bytes at most`);
    }
    const digest = toHex(sha256(bytes));
    digests[name] = digest;
    await redis.set(FILE_PREFIX + digest, Buffer.from(bytes), 'EX', KEEP_SECONDS);
  }
  return digests;
}

/** Jobs come from whoever can write to Redis: a file's name stays within its folder, and its bytes are what they are named by. */
async function fetchFiles(redis: Redis, files: QueuedJob['files']): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-sim-'));
  for (const [name, digest] of Object.entries(files)) {
    const bytes = await redis.getBuffer(FILE_PREFIX + digest);
    if (bytes === null || toHex(sha256(bytes)) !== digest) throw new UnrecoverableError(`the file ${name} is gone`);
    const path = normalize(join(folder, name));
    if (!path.startsWith(folder + sep)) throw new UnrecoverableError(`the file ${name} lies outside of its folder`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return folder;
}

function abortOf(signal: AbortSignal | undefined): { readonly promise: Promise<void>; readonly forget: () => void } {
  let forget = (): void => {};
  const promise = new Promise<void>((resolve) => {
    const done = (): void => resolve();
    if (signal?.aborted === true) done();
    signal?.addEventListener('abort', done);
    forget = () => signal?.removeEventListener('abort', done);
  });
  return { promise, forget };
}
