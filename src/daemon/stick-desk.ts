/**
 * Visits to sticks by the running node, as `hearsay export` and `import` ask for them over the control socket.
 *
 * A visit can take minutes, a question to the node only seconds: `stick.begin` starts one, `stick.look` tells how far it is
 * and in the end what came of it, `stick.stop` ends it early. There is one at a time.
 */
import { isAbsolute } from 'node:path';
import { HearsayError, type Logger, messageOf } from '../base/index.js';
import { diskFiles, type StickHost, type VisitOptions, type VisitProgress, visitStick } from '../link/index.js';
import type { ControlHandler } from './control.js';
import { osRandom } from './random.js';
import type { StickVisit, StickWish } from './stick-wish.js';

interface Job {
  readonly id: number;
  readonly abort: AbortController;
  progress: VisitProgress;
  outcome: Pick<StickVisit, 'report' | 'error'>;
  readonly over: Promise<void>;
}

export class StickDesk {
  readonly #host: StickHost;
  readonly #log: Logger;
  #job: Job | undefined;
  #lastId = 0;

  constructor(host: StickHost, log: Logger) {
    this.#host = host;
    this.#log = log;
  }

  handlers(): Readonly<Record<string, ControlHandler>> {
    return {
      'stick.begin': (params) => ({ job: this.begin(readWish(params)) }),
      'stick.look': (params) => this.look(readJob(params)),
      'stick.stop': (params) => this.stop(readJob(params)),
    };
  }

  /** @returns the job's number. @throws HearsayError `ERR_STICK_BUSY` during another visit. */
  begin(wish: StickWish): number {
    if (this.#job !== undefined && isRunning(this.#job)) {
      throw new HearsayError('ERR_STICK_BUSY', 'this node is at a stick already; wait until it is done');
    }
    const abort = new AbortController();
    const job: Job = {
      id: ++this.#lastId,
      abort,
      progress: { phase: 'reading', done: 0, of: undefined },
      outcome: {},
      over: Promise.resolve().then(() => this.#visit(job, wish)),
    };
    this.#job = job;
    return job.id;
  }

  async #visit(job: Job, wish: StickWish): Promise<void> {
    try {
      const report = await visitPath(this.#host, wish, {
        signal: job.abort.signal,
        onProgress: (progress) => {
          job.progress = progress;
        },
      });
      job.outcome = { report };
      this.#log.info('was at a stick', { path: wish.path, took: report.taken.bundles, gave: report.given.bundles });
    } catch (error) {
      const code = error instanceof HearsayError ? error.code : 'ERR_INTERNAL';
      job.outcome = { error: { code, message: messageOf(error) } };
      this.#log.warn('a visit to a stick failed', { path: wish.path, error: messageOf(error) });
    }
  }

  look(id: number): StickVisit {
    const { progress, outcome } = this.#find(id);
    return { progress, ...outcome };
  }

  stop(id: number): StickVisit {
    this.#find(id).abort.abort();
    return this.look(id);
  }

  /** Ends what is under way, in good order. */
  async close(): Promise<void> {
    this.#job?.abort.abort();
    await this.#job?.over;
  }

  #find(id: number): Job {
    if (this.#job?.id !== id) throw new HearsayError('ERR_CONTROL', 'there is no such visit');
    return this.#job;
  }
}

/** Also for a process that has no running node to ask. */
export function visitPath(
  host: StickHost,
  { path, take, give, quotaBytes }: StickWish,
  options: Pick<VisitOptions, 'signal' | 'onProgress'>,
): ReturnType<typeof visitStick> {
  return visitStick(diskFiles(path), path, host, { take, give, quotaBytes, random: osRandom, ...options });
}

function isRunning({ outcome }: Job): boolean {
  return outcome.report === undefined && outcome.error === undefined;
}

function readWish(params: unknown): StickWish {
  const { path, take, give, quotaBytes } = fieldsOf(params);
  if (typeof path !== 'string' || !isAbsolute(path) || path.includes('\0')) {
    throw new HearsayError('ERR_CONTROL', 'the request names no absolute path');
  }
  const bounded = typeof quotaBytes === 'number' && quotaBytes > 0 ? { quotaBytes } : {};
  return { path, take: take === true, give: give === true, ...bounded };
}

function readJob(params: unknown): number {
  const { job } = fieldsOf(params);
  if (typeof job !== 'number') throw new HearsayError('ERR_CONTROL', 'the request names no visit');
  return job;
}

function fieldsOf(params: unknown): Readonly<Record<string, unknown>> {
  return typeof params === 'object' && params !== null ? { ...params } : {};
}
