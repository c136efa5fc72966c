/** Runs scenarios of The ONE in memory. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { start } from '../../../sim/compat/the-one/run.js';
import { buildScenario, type Scenario } from '../../../sim/compat/the-one/scenario.js';
import { Settings } from '../../../sim/compat/the-one/settings/settings.js';

export interface Reports {
  /** A report's lines by the report's name. */
  readonly [kind: string]: readonly string[];
}

export type RunScenario = (scenario: Scenario) => void;

/** The engine's own way. */
export function runToTheEnd(scenario: Scenario): void {
  for (const _ of start(scenario));
  for (const report of scenario.reports) report.finish();
}

/** @param texts settings, each laid over those before it */
export function reportsOf(
  texts: readonly string[],
  options: {
    readonly readFile?: (path: string) => string;
    readonly run?: RunScenario;
    readonly runIndex?: number;
  } = {},
): Reports {
  const files = texts.map((text, index) => ({ name: `settings${index + 1}.txt`, text }));
  const reports: Record<string, string[]> = {};
  const scenario = buildScenario(new Settings(files, options.runIndex), {
    readFile: options.readFile ?? noFile,
    openReport: (path) => {
      const lines: string[] = [];
      reports[path.replace(/^.*_(.*)\.txt$/, '$1')] = lines;
      return (line) => lines.push(line);
    },
  });
  (options.run ?? runToTheEnd)(scenario);
  return reports;
}

function noFile(path: string): string {
  throw new Error(`${path} is not there`);
}

/** The lines of a file that may be packed; undefined when there is none. */
export function expectedLines(folder: string, name: string): readonly string[] | undefined {
  const plain = join(folder, name);
  if (existsSync(plain)) return readFileSync(plain, 'utf8').trimEnd().split('\n');
  const packed = `${plain}.gz`;
  return existsSync(packed) ? gunzipSync(readFileSync(packed)).toString('utf8').trimEnd().split('\n') : undefined;
}

/** The first line that differs, with its number: a whole diff of 100,000 lines helps nobody. */
export function firstDifference(got: readonly string[], expected: readonly string[]): string | undefined {
  const length = Math.max(got.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (got[i] !== expected[i]) return `line ${i + 1}: expected "${expected[i]}", got "${got[i]}"`;
  }
  return undefined;
}
