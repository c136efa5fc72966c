/**
 * The benchmark of `bp7`, dtn7-rs's library, where that program is installed (`cargo install bp7`), and the same bundle
 * with ours: two endpoints, a bundle age, a payload of three bytes, CRC-32C.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { utf8 } from '../../src/base/index.js';
import { createBundle, decodeBundle, encodeBundle, parseEid } from '../../src/bundle/index.js';
import type { Figure } from '../harness.js';

const BP7_RUNS = 100_000;
const VERBS = { Creating: 'create', Encoding: 'encode', Loading: 'load' } as const;

/**
 * In wall time, as bp7 measures: only what ran on a quiet machine can be compared.
 *
 * @returns ours, and its own beside them where it is installed.
 */
export function bp7Figures(): readonly Figure[] {
  const ours = contenders().map(({ key, label, run }) => ({
    ...{ key: `like-bp7-${key}-per-s`, label, unit: 'bundles/s' },
    value: wallRateOf(run),
  }));
  const program = find();
  if (program === undefined) return ours;
  const { stdout, status } = spawnSync(program, ['benchmark'], { encoding: 'utf8' });
  if (status !== 0) return ours;
  const found = stdout.matchAll(/^(\w+) \d+ bundles with CRC_32:\s+(\d+) bundles\/second$/gm);
  const theirs = [...found].flatMap(([, verb, rate]) => {
    const what = VERBS[verb as keyof typeof VERBS];
    const own = ours.find(({ key }) => key === `like-bp7-${what}-per-s`);
    if (own === undefined) return [];
    const share = {
      key: `like-bp7-${what}-to-bp7`,
      label: '  ours beside it',
      value: own.value / Number(rate),
      unit: '×',
    };
    return [{ key: `bp7-${what}-per-s`, label: `bp7: ${what}`, value: Number(rate), unit: 'bundles/s' }, share];
  });
  return [...ours, ...theirs];
}

function contenders(): readonly { readonly key: string; readonly label: string; run(): void }[] {
  const [source, destination] = [parseEid('dtn://node1/123456'), parseEid('dtn://node2/inbox')];
  const payload = utf8('ABC');
  const creation = { time: 848_750_400_000, sequence: 0 };
  const make = (lifetimeMs: number) =>
    createBundle({ source, destination, reportTo: source, creation, lifetimeMs, payload, ageMs: 0 });
  const bundle = make(3_600_000);
  const bytes = encodeBundle(bundle);
  let lifetimeMs = 0;
  return [
    { key: 'create', label: 'bp7’s bundle made and encoded', run: () => void encodeBundle(make(3_600_000)) },
    {
      key: 'encode',
      label: 'bp7’s bundle encoded with another lifetime',
      run: () => void encodeBundle({ ...bundle, primary: { ...bundle.primary, lifetimeMs: lifetimeMs++ } }),
    },
    { key: 'load', label: 'bp7’s bundle decoded and checked', run: () => void decodeBundle(bytes) },
  ];
}

/** As many runs as bp7 makes, after as many to warm up. */
function wallRateOf(operation: () => void): number {
  for (let i = 0; i < BP7_RUNS; i++) operation();
  const started = performance.now();
  for (let i = 0; i < BP7_RUNS; i++) operation();
  return (BP7_RUNS * 1_000) / (performance.now() - started);
}

function find(): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    join(homedir(), '.cargo/bin'),
    join(homedir(), '.cache/hearsay-bench/bp7/bin'),
  ];
  return folders.map((folder) => join(folder, 'bp7')).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
