/** `hearsay sim sweep FILE` and `hearsay sim worker`: many runs, on all cores or on many machines. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import {
  buildScenario,
  filesOf,
  planSweep,
  readScenario,
  runOnQueue,
  runOnThreads,
  SweepJournal,
  type SweepResult,
  type SweepRow,
  serveQueue,
  settingText,
  sweepCsv,
  sweepHtml,
  sweepRows,
} from '../../sim/index.js';
import { packageVersion } from '../daemon/index.js';
import type { CliIo } from './io.js';
import { SimProgress } from './sim-progress.js';
import { readOrSay, scenarioText, write } from './sim-scenario.js';
import { plural, table } from './table.js';

export interface SweepOptions {
  readonly workers?: number;
  readonly queue?: string;
  /** Where results are kept as they come. @default beside the working directory, named after the scenario file */
  readonly results?: string;
  readonly csv?: string;
  /** A page with a plot for each figure. */
  readonly html?: string;
  readonly quiet?: boolean;
}

/** @returns 0 when every run is done, 130 when it was interrupted. */
export async function runSweep(name: string, options: SweepOptions, io: CliIo): Promise<number> {
  const { text, folder } = scenarioText(name);
  const read = readScenario(text, name);
  // What is wrong with the scenario itself is said at once, with its line.
  buildScenario(read, name, (file) => readOrSay(resolve(folder, file)));
  const version = packageVersion();
  const files = Object.fromEntries(filesOf(read.plain).map((file) => [file, readOrSay(resolve(folder, file))]));
  const digests = Object.fromEntries(
    Object.entries(files).map(([file, bytes]) => [file, createHash('sha256').update(bytes).digest('hex')]),
  );
  const plan = planSweep(read.plain, digests, version);
  const journalPath = options.results ?? `${basename(name).replace(/\.ya?ml$/, '')}.sweep.jsonl`;
  const journal = new SweepJournal(journalPath);
  const missing = plan.filter(({ key }) => journal.get(key) === undefined);
  if (missing.length < plan.length)
    io.err(`${plural(plan.length - missing.length, 'run')} of ${plan.length} done before\n`);

  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop);
  const progress = new SimProgress(io, options.quiet === true ? undefined : basename(name));
  let done = plan.length - missing.length;
  const onResult = (result: SweepResult): void => {
    journal.add(result);
    done += 1;
    progress.show(done / plan.length);
  };
  try {
    const common = { version, onResult, signal: stopping.signal };
    if (options.queue !== undefined) await runOnQueue(missing, { ...common, url: options.queue, files });
    else {
      const jobs = missing.map((run) => ({ ...run, folder }));
      await runOnThreads(jobs, { ...common, workers: options.workers ?? availableParallelism() });
    }
  } finally {
    progress.end();
    process.removeListener('SIGINT', stop);
  }
  const results = plan.map(({ key }) => journal.get(key)).filter((result) => result !== undefined);
  const rows = sweepRows(results);
  io.out(`${sweepTable(rows)}\n`);
  if (options.csv !== undefined) write(options.csv, sweepCsv(rows), io);
  if (options.html !== undefined) {
    const missing = plan.length - results.length;
    const command = `hearsay sim sweep ${name}`;
    const title = String(read.plain.name);
    write(options.html, sweepHtml(rows, { title, command, version, missing }), io);
  }
  if (results.length === plan.length) return 0;
  io.err(
    `${plural(plan.length - results.length, 'run')} of ${plan.length} not done; the same command goes on with them\n`,
  );
  return 130;
}

function sweepTable(rows: readonly SweepRow[]): string {
  const settings = [...new Set(rows.flatMap((row) => Object.keys(row.settings)))];
  const heading = [...settings, 'runs', 'delivered', 'of the oracle', 'delay', 'overhead', 'hops'];
  const cells = rows.map(({ settings: own, figures }) => {
    const { deliveryRatio, shareOfOracle, delaySeconds, overheadRatio, hops } = figures;
    return [
      ...settings.map((name) => settingText(own[name])),
      String(deliveryRatio.count),
      `${(100 * deliveryRatio.mean).toFixed(1)} ± ${(100 * deliveryRatio.plusMinus).toFixed(1)} %`,
      `${(100 * shareOfOracle.mean).toFixed(1)} ± ${(100 * shareOfOracle.plusMinus).toFixed(1)} %`,
      `${delaySeconds.mean.toFixed(0)} ± ${delaySeconds.plusMinus.toFixed(0)} s`,
      `${overheadRatio.mean.toFixed(1)} ± ${overheadRatio.plusMinus.toFixed(1)}`,
      `${hops.mean.toFixed(2)} ± ${hops.plusMinus.toFixed(2)}`,
    ];
  });
  return table([heading, ...cells], '');
}

export interface WorkerOptions {
  readonly queue: string;
  readonly threads?: number;
}

/** Takes runs from the queue until it is interrupted. @returns 0 */
export async function runSimWorker(options: WorkerOptions, io: CliIo): Promise<number> {
  const threads = options.threads ?? availableParallelism();
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  io.err(`taking runs from the queue, ${threads} at a time; Ctrl-C ends it\n`);
  await serveQueue({
    url: options.queue,
    version: packageVersion(),
    threads,
    signal: stopping.signal,
    onDone: ({ key, settings, seed, cpuSeconds }) =>
      io.err(`done ${key.slice(0, 12)} ${JSON.stringify(settings)} seed ${seed}: ${cpuSeconds.toFixed(1)} s\n`),
    onFailed: (message) => io.err(`failed: ${message}\n`),
  });
  return 0;
}
