/** What a sweep runs: every combination of the values, over every seed. */
import { HearsayError, toHex, utf8 } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';
import type { PlainScenario } from '../scenario/index.js';

export type SettingValue = string | number | boolean | object;

export interface PlannedRun {
  readonly index: number;
  /** What this run has of the sweep's settings, the seed left out. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly seed: number;
  readonly plain: PlainScenario;
  /** Of everything that decides the result: a run found under it need not be done again. */
  readonly key: string;
}

const SEED = 'seed';
const MAX_RUNS = 100_000;

/**
 * @param files a digest of each file that the scenario reads, by name.
 * @param version of the program: another one may find something else.
 * @throws HearsayError `ERR_SCENARIO`
 */
export function planSweep(
  plain: PlainScenario,
  files: Readonly<Record<string, string>>,
  version: string,
): readonly PlannedRun[] {
  const { sweep, ...scenario } = plain;
  const axes = Object.entries((sweep ?? {}) as Readonly<Record<string, readonly SettingValue[]>>);
  if (axes.length === 0) {
    throw new HearsayError(
      'ERR_SCENARIO',
      'the scenario has no "sweep": write one, such as\n\nsweep:\n  engine.strategy: [epidemic, prophet]\n  seed: [1, 2, 3, 4, 5]',
    );
  }
  const seeds = (plain.sweep as Record<string, unknown>)[SEED] === undefined ? [Number(plain.seed ?? 1)] : [];
  for (const value of axes.find(([name]) => name === SEED)?.[1] ?? []) seeds.push(...seedsOf(value));
  const combinations = product(axes.filter(([name]) => name !== SEED));
  if (combinations.length * seeds.length > MAX_RUNS) {
    throw new HearsayError('ERR_SCENARIO', `the sweep has more than ${MAX_RUNS} runs`);
  }
  return combinations.flatMap((settings, row) =>
    seeds.map((seed, column) => {
      let changed: PlainScenario = { ...scenario, seed };
      for (const [path, value] of Object.entries(settings)) changed = withSetting(changed, path, value);
      const key = toHex(sha256(utf8(JSON.stringify([version, changed, files]))));
      return { index: row * seeds.length + column, settings, seed, plain: changed, key };
    }),
  );
}

/** A seed, or `1..20` for all of them. */
function seedsOf(value: SettingValue): readonly number[] {
  const range = /^\s*(\d+)\s*\.\.\s*(\d+)\s*$/.exec(String(value));
  const [from, to] = range === null ? [Number(value), Number(value)] : [Number(range[1]), Number(range[2])];
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || to < from || to - from >= MAX_RUNS) {
    throw new HearsayError(
      'ERR_SCENARIO',
      `sweep.seed: "${String(value)}" is neither a seed nor a range such as 1..10`,
    );
  }
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function product(
  axes: readonly (readonly [string, readonly SettingValue[]])[],
): readonly Readonly<Record<string, SettingValue>>[] {
  return axes.reduce<readonly Readonly<Record<string, SettingValue>>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

/** The files that a scenario reads, by the names that it uses. */
export function filesOf(plain: PlainScenario): readonly string[] {
  const trace = fileIn(plain.trace);
  const groups: unknown[] = typeof plain.groups === 'object' ? Object.values(plain.groups ?? {}) : [];
  const paths = groups.map((group) => fileIn((group as Record<string, unknown> | null)?.mobility));
  return [...new Set([trace, ...paths].filter((name) => name !== undefined))];
}

function fileIn(settings: unknown): string | undefined {
  if (typeof settings !== 'object' || settings === null || !('file' in settings)) return undefined;
  return String(settings.file);
}

/** @returns the scenario with one setting changed, `groups.people.count` say; list items go by their number from 0. */
export function withSetting(plain: PlainScenario, path: string, value: SettingValue): PlainScenario {
  const [first, ...rest] = path.split('.');
  if (first === undefined || first === '') throw new HearsayError('ERR_SCENARIO', `sweep: "${path}" is no setting`);
  return replaced(plain, [first, ...rest], value, path) as PlainScenario;
}

function replaced(node: unknown, [name = '', ...rest]: readonly string[], value: SettingValue, path: string): unknown {
  const inner = (old: unknown): unknown => (rest.length === 0 ? value : replaced(old ?? {}, rest, value, path));
  if (Array.isArray(node)) {
    const index = Number(name);
    if (!Number.isInteger(index) || index < 0 || index >= node.length) {
      throw new HearsayError('ERR_SCENARIO', `sweep: "${path}": there is no item ${name}, the list has ${node.length}`);
    }
    return node.map((item: unknown, at) => (at === index ? inner(item) : item));
  }
  if (typeof node !== 'object' || node === null) {
    // A strategy by its name alone gets its parameters beside it.
    if (typeof node === 'string') return { name: node, [name]: inner(undefined) };
    throw new HearsayError('ERR_SCENARIO', `sweep: "${path}": there is no "${name}" in it`);
  }
  return { ...node, [name]: inner((node as Record<string, unknown>)[name]) };
}
