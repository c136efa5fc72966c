/** `hearsay sim run FILE` for a scenario of ours, or a preset by its name. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  buildScenario,
  csvReport,
  EventLog,
  htmlReport,
  PRESETS,
  type RunResult,
  readScenario,
  type Scenario,
  simulate,
  textReport,
} from '../../sim/index.js';
import { HearsayError, messageOf, utf8Decode } from '../base/index.js';
import { packageVersion } from '../daemon/index.js';
import type { CliIo } from './io.js';
import { SimProgress } from './sim-progress.js';

export interface RunScenarioOptions {
  readonly seed?: number;
  /** Files to write the result to; `-` is stdout, in place of the table. */
  readonly json?: string;
  readonly csv?: string;
  /** A page with plots and a replay. */
  readonly html?: string;
  readonly quiet?: boolean;
}

/** @returns 0, or 130 when it was interrupted: then what was found so far is reported. */
export async function runScenario(name: string, options: RunScenarioOptions, io: CliIo): Promise<number> {
  const { scenario, digest } = loadScenario(name, options.seed);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop);
  const progress = new SimProgress(io, options.quiet === true ? undefined : scenario.name);
  const log = options.html === undefined ? undefined : new EventLog();
  let result: RunResult;
  try {
    result = await simulate(scenario, {
      signal: stopping.signal,
      onProgress: (share) => progress.show(share),
      digest,
      version: packageVersion(),
      ...(log === undefined ? {} : { log }),
    });
  } finally {
    progress.end();
    process.removeListener('SIGINT', stop);
  }
  if (options.json !== '-' && options.csv !== '-' && options.html !== '-') io.out(textReport(result));
  if (options.json !== undefined) write(options.json, `${JSON.stringify(result, null, 1)}\n`, io);
  if (options.csv !== undefined) write(options.csv, csvReport(result), io);
  if (options.html !== undefined && log !== undefined) {
    const command = `hearsay sim run ${name} --seed ${scenario.seed}`;
    write(options.html, htmlReport(result, { scenario, log, command }), io);
  }
  return result.complete ? 0 : 130;
}

/** @throws HearsayError `ERR_SCENARIO` */
export function loadScenario(
  name: string,
  seed: number | undefined,
): { readonly scenario: Scenario; readonly digest: string } {
  const { text, folder } = scenarioText(name);
  const read = readScenario(text, name);
  const scenario = buildScenario(read, name, (file) => readOrSay(resolve(folder, file)));
  return {
    scenario: seed === undefined ? scenario : { ...scenario, seed },
    digest: createHash('sha256').update(text).digest('hex'),
  };
}

/** @returns a scenario file's text, or a preset's, and where the files that it names are. */
export function scenarioText(name: string): { readonly text: string; readonly folder: string } {
  const preset = existsSync(name) ? undefined : PRESETS.find((known) => known.name === name);
  const text = preset?.text ?? utf8Decode(readOrSay(name));
  if (text === undefined) throw new HearsayError('ERR_SCENARIO', `${name} is not text`);
  return { text, folder: preset === undefined ? dirname(resolve(name)) : process.cwd() };
}

export function readOrSay(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const presets = PRESETS.map(({ name }) => name).join(', ');
    throw new HearsayError(
      'ERR_SCENARIO',
      `${path} cannot be read: ${messageOf(cause)}. It is a file, or one of the presets ${presets}`,
      { cause },
    );
  }
}

export function write(path: string, content: string, io: CliIo): void {
  if (path === '-') return io.out(content);
  try {
    writeFileSync(path, content);
  } catch (cause) {
    throw new HearsayError('ERR_OUTPUT', `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
