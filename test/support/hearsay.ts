/** Runs the built `hearsay` command as a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** The command's file. */
export const HEARSAY = resolve(ROOT, 'bin/hearsay.js');

/** Builds what changed since the last build; for a `beforeAll`. */
export function ensureBuilt(): void {
  const build = spawnSync(process.execPath, [resolve(ROOT, 'scripts/build.js')], { encoding: 'utf8' });
  if (build.status !== 0) throw new Error(`the build failed:\n${build.stderr}`);
}

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningHearsay {
  readonly process: ChildProcess;
  /** Resolves as soon as stdout has shown the text; rejects when the process ends before. */
  shows(text: string): Promise<void>;
  readonly finished: Promise<Finished>;
}

/** Starts the command; it is killed when the running test ends. */
export function startHearsay(...args: readonly string[]): RunningHearsay {
  const child = spawn(process.execPath, [HEARSAY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((done) => {
    child.on('close', (status, signal) => done({ status, signal, stdout, stderr }));
  });
  const shows = (text: string): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => {
        if (stdout.includes(text)) done();
      };
      child.stdout.on('data', look);
      child.on('close', () => fail(new Error(`ended without showing "${text}"; stderr:\n${stderr}`)));
      look();
    });
  return { process: child, shows, finished };
}

export async function runHearsay(...args: readonly string[]): Promise<Finished> {
  return startHearsay(...args).finished;
}
