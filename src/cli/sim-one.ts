/** `hearsay sim run SETTINGS.txt …`: a scenario of The ONE from its own settings files, with its own reports. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import {
  isTheOneSettings,
  prepareTheOne,
  type ReportSink,
  type Run,
  type SettingsFile,
} from '../../sim/compat/the-one/index.js';
import { HearsayError, messageOf } from '../base/index.js';
import type { CliIo } from './io.js';
import { SimProgress } from './sim-progress.js';

export interface TheOneOptions {
  /** The first and the last run of the batch, counted from 0. @default the first one alone */
  readonly batch?: readonly [number, number];
  readonly quiet?: boolean;
}

/** How long a run goes on before Ctrl-C is listened for. */
const SLICE_MS = 50;
const INTERRUPTED = 130;
const STATS = '_MessageStatsReport.txt';

/** By the file's contents; what is not there, or is no text, is none. */
export function isTheOne(path: string): boolean {
  if (['.yaml', '.yml', '.json'].includes(extname(path)) || !existsSync(path)) return false;
  try {
    return isTheOneSettings(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

/** @returns 0, or 130 when it was interrupted: then the reports hold what there is. */
export async function runTheOneFiles(paths: readonly string[], options: TheOneOptions, io: CliIo): Promise<number> {
  const files = paths.map((path) => ({ name: path, text: readText(path, path) }));
  const [first, last] = options.batch ?? [0, 0];
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', stop);
  try {
    for (let index = first; index <= last && !interrupted; index++) {
      await runOne(files, index, options, io, () => interrupted);
    }
  } finally {
    process.removeListener('SIGINT', stop);
  }
  return interrupted ? INTERRUPTED : 0;
}

async function runOne(
  files: readonly SettingsFile[],
  runIndex: number,
  options: TheOneOptions,
  io: CliIo,
  isInterrupted: () => boolean,
): Promise<void> {
  const reports: FileReport[] = [];
  const run = prepareTheOne(files, {
    runIndex,
    readFile: (path) => readText(find(path, files), path),
    openReport: (path) => {
      const report = new FileReport(path);
      reports.push(report);
      return report;
    },
  });
  const started = performance.now();
  const progress = new SimProgress(io, options.quiet === true ? undefined : run.name);
  try {
    await letRun(run, progress, isInterrupted);
  } finally {
    progress.end();
    // Whatever ends a run, what it has found out so far is kept.
    run.finish();
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const until = isInterrupted() ? `, interrupted at ${run.now.toFixed(0)} s` : '';
  io.out(`${run.name}: ${run.endS} s of it in ${seconds} s${until}\n`);
  for (const report of reports) io.out(`  ${report.path}\n`);
  const stats = reports.find((report) => report.path.endsWith(STATS));
  if (stats !== undefined) io.out(`\n${stats.text.trimEnd()}\n`);
}

async function letRun(run: Run, progress: SimProgress, isInterrupted: () => boolean): Promise<void> {
  let pausedAt = performance.now();
  while (run.advance()) {
    if (performance.now() - pausedAt < SLICE_MS) continue;
    progress.show(run.now / run.endS);
    await nextTurn();
    if (isInterrupted()) return;
    pausedAt = performance.now();
  }
}

/** The file is written anew, its folder made where it is missing. */
class FileReport implements ReportSink {
  readonly path: string;
  /** Of statistics only, which are printed as well. */
  text = '';

  constructor(path: string) {
    this.path = path;
    this.#do(() => {
      mkdirSync(dirname(resolve(path)), { recursive: true });
      writeFileSync(path, '');
    });
  }

  write(text: string): void {
    if (this.path.endsWith(STATS)) this.text += text;
    this.#do(() => writeFileSync(this.path, text, { flag: 'a' }));
  }

  close(): void {}

  #do(write: () => void): void {
    try {
      write();
    } catch (cause) {
      throw new HearsayError('ERR_OUTPUT', `${this.path} cannot be written: ${messageOf(cause)}`, { cause });
    }
  }
}

/**
 * The ONE takes paths from the folder that it is started in. Ours may be started anywhere, so a file that is not there
 * is looked for beside the settings, and a folder further up.
 */
function find(path: string, files: readonly SettingsFile[]): string {
  if (isAbsolute(path) || existsSync(path)) return path;
  for (const { name } of files) {
    for (const folder of [dirname(name), join(dirname(name), '..')]) {
      if (existsSync(join(folder, path))) return join(folder, path);
    }
  }
  return path;
}

/** @param name as the user or the settings have it. Packed files are unpacked. */
function readText(path: string, name: string): string {
  try {
    const bytes = readFileSync(path);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (cause) {
    throw new HearsayError('ERR_SCENARIO', `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
