/**
 * `npm run bench` lists the benchmarks; `npm run bench -- NAME [--json]` runs one.
 *
 * With --json stdout carries exactly one JSON object: bench, description, machine, durationMs, and figures (key →
 * label, value, unit). A benchmark is dist/bench/NAME.js with `description` and `run()`; see bench/harness.ts.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './lib/build.js';
import { ensureDependencies } from './lib/dependencies.js';
import { requireNode } from './lib/node-version.js';
import { inRoot } from './lib/paths.js';
import { runScript, SetupError } from './lib/say.js';

await runScript(async () => {
  requireNode();
  await ensureDependencies();
  await ensureBuild();
  const args = process.argv.slice(2);
  const json = args.includes('--json');
  const [name, ...rest] = args.filter((arg) => arg !== '--json');
  if (rest.length > 0 || name?.startsWith('-')) throw new SetupError('usage: npm run bench -- [NAME] [--json]');
  if (name === undefined) await list();
  else await run(name, json);
});

function names() {
  return readdirSync(inRoot('dist', 'bench'))
    .filter((file) => file.endsWith('.js') && file !== 'harness.js')
    .map((file) => file.slice(0, -'.js'.length))
    .sort();
}

/** @param {string} name */
function load(name) {
  return import(pathToFileURL(inRoot('dist', 'bench', `${name}.js`)).href);
}

async function list() {
  for (const name of names()) process.stdout.write(`${name.padEnd(16)} ${(await load(name)).description}\n`);
}

/**
 * @param {string} name
 * @param {boolean} json
 */
async function run(name, json) {
  if (!names().includes(name)) {
    throw new SetupError(`there is no benchmark "${name}"; there are: ${names().join(', ') || 'none yet'}`);
  }
  const { description, run: measure } = await load(name);
  const started = performance.now();
  const measured = await measure();
  const { figures, results } = Array.isArray(measured) ? { figures: measured, results: {} } : measured;
  const report = {
    bench: name,
    description,
    machine: {
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
    },
    durationMs: Math.round(performance.now() - started),
    figures: Object.fromEntries(figures.map(({ key, ...figure }) => [key, figure])),
    ...results,
  };
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : table(report, figures));
}

function table(report, figures) {
  const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 });
  const rows = figures.map(({ label, value, unit }) => [label, number.format(value), unit]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length), 0));
  const { node, cpu, cores } = report.machine;
  const lines = rows.map(
    ([label, value, unit]) => `  ${label.padEnd(widths[0])}  ${value.padStart(widths[1])} ${unit}`,
  );
  return `${report.bench}: ${report.description}\nNode ${node}, ${cores} × ${cpu}\n\n${lines.join('\n')}\n`;
}
