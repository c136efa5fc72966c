/** What `hearsay export` and `hearsay import` have in common: one visit to a stick, by the running node or without one. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HearsayError, messageOf } from '../base/index.js';
import {
  callNode,
  daemonConfig,
  defaultHome,
  homeAt,
  readConfigFile,
  type StickVisit,
  type StickWish,
  visitWithoutNode,
} from '../daemon/index.js';
import type { CliIo } from './io.js';
import { StickProgress } from './stick-progress.js';

export interface StickArgs {
  readonly home?: string;
  readonly config?: string;
  readonly quota?: number;
  readonly watch?: boolean;
  readonly json?: boolean;
}

export type VisitReport = NonNullable<StickVisit['report']>;

/** All went well, something went wrong, something found no room. */
export const DONE = 0;
export const FAILED = 1;
export const LEFT_OVER = 2;

const LOOK_EVERY_MS = 200;

/**
 * One visit.
 *
 * @param path where the stick is mounted, as the person wrote it.
 * @throws HearsayError what is wrong with the path, the home or the stick.
 */
export async function visitOnce(
  path: string,
  what: Pick<StickWish, 'take' | 'give'>,
  args: StickArgs,
  io: CliIo,
  signal: AbortSignal,
): Promise<VisitReport> {
  const wish = { path: await folderAt(path), ...what, ...(args.quota === undefined ? {} : { quotaBytes: args.quota }) };
  const progress = new StickProgress(io, args.json === true);
  try {
    return await askNode(wish, args, progress, signal);
  } catch (error) {
    if (!(error instanceof HearsayError) || error.code !== 'ERR_NOT_RUNNING') throw error;
  } finally {
    progress.end();
  }
  const config = daemonConfig(
    { logLevel: 'warn' },
    args.config === undefined ? {} : await readConfigFile(args.config),
    args.home === undefined ? {} : { home: args.home },
  );
  try {
    return await visitWithoutNode(config, wish, { signal, onProgress: (now) => progress.show(now) });
  } finally {
    progress.end();
  }
}

/** The node does the work, for it has the store open; we only watch. */
async function askNode(
  wish: StickWish,
  args: StickArgs,
  progress: StickProgress,
  signal: AbortSignal,
): Promise<VisitReport> {
  const home = homeAt(args.home ?? defaultHome());
  const { job } = (await callNode(home, 'stick.begin', wish)) as { readonly job: number };
  let stopped = false;
  for (;;) {
    const method = signal.aborted && !stopped ? 'stick.stop' : 'stick.look';
    stopped ||= signal.aborted;
    const visit = (await callNode(home, method, { job })) as StickVisit;
    if (visit.report !== undefined) return visit.report;
    if (visit.error !== undefined) throw new HearsayError(visit.error.code, visit.error.message);
    progress.show(visit.progress);
    await pause(LOOK_EVERY_MS, signal, stopped);
  }
}

/** @throws HearsayError `ERR_STICK` unless it is a folder. */
async function folderAt(path: string): Promise<string> {
  const absolute = resolve(path);
  let isFolder: boolean;
  try {
    isFolder = (await stat(absolute)).isDirectory();
  } catch (error) {
    throw new HearsayError('ERR_STICK', `cannot use ${path}: ${messageOf(error)}`, { cause: error });
  }
  if (!isFolder)
    throw new HearsayError('ERR_STICK', `${path} is not a folder; name the one that the stick is mounted at`);
  return absolute;
}

/** @param deaf a signal that has come already does not cut the pause short again. */
export function pause(ms: number, signal: AbortSignal, deaf = false): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    }
    if (!deaf) signal.addEventListener('abort', finish);
  });
}

/** Ctrl-C ends what is under way in good order; a second one ends the program. */
export function untilInterrupted(): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(FAILED);
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    done: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}

/** By what a report leaves open. */
export function statusOf({ noRoomHere, noRoomThere, interrupted }: VisitReport): number {
  if (interrupted) return FAILED;
  return noRoomHere + noRoomThere > 0 ? LEFT_OVER : DONE;
}
