/**
 * `npm run fuzz -- TARGET|all [--seconds N] [--seed N] [--keep]`: see docs/fuzzing.md.
 *
 * Exit status: 0 nothing was found, 2 something was, 1 wrong usage.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toHex } from '../src/base/index.js';
import { type CampaignReport, runCampaign } from './engine/campaign.js';
import { readCorpus, writeCorpus } from './engine/corpus.js';

/** The command runs in the checkout's root. */
const SEEDS = 'fuzz/corpus';
const GROWN = '.cache/fuzz/corpus';
const FINDINGS = '.cache/fuzz/findings';
/** Inputs that a person can look through; more are no regression suite but a burden. */
const MAX_KEPT_BYTES = 700;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const targets = readdirSync(new URL('./targets/', import.meta.url))
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -'.js'.length))
  .sort();
const [wanted = ''] = positionals;
const chosen = wanted === 'all' ? targets : targets.filter((name) => name === wanted);
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? Date.now() % 0xffff_ffff);

if (chosen.length === 0 || !(seconds > 0) || !Number.isInteger(seed)) {
  process.stderr.write(`usage: npm run fuzz -- TARGET|all [--seconds N] [--seed N] [--keep]\n`);
  process.stderr.write(`targets: ${targets.join(', ')}\n`);
  process.exitCode = 1;
} else {
  for (const target of chosen) {
    const seeds = [...readCorpus(join(SEEDS, `${target}.hex`)), ...readCorpus(join(GROWN, `${target}.hex`))];
    const report = await runCampaign({ target, seeds, seconds, seed });
    tell(target, report);
    if (report.findings.length > 0) process.exitCode = 2;
    if (report.corpus.length > 0) keep(target, report);
  }
}

function tell(target: string, report: CampaignReport): void {
  const { executions, covered, corpus, findings } = report;
  const rate = Math.round(executions / seconds);
  process.stdout.write(
    `fuzz ${target}: ${executions} executions (${rate}/s), ${covered} characters of code reached, ` +
      `${corpus.length} inputs kept, ${findings.length} findings (seed ${seed})\n`,
  );
  for (const { input, error } of findings) {
    mkdirSync(FINDINGS, { recursive: true });
    const file = join(FINDINGS, `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}.hex`);
    writeFileSync(file, `${toHex(input)}\n`);
    process.stdout.write(
      `\nfinding in ${target}: ${error}\n  input, also in ${file}: ${toHex(input).slice(0, 2_000)}\n`,
    );
  }
}

function keep(target: string, { corpus }: CampaignReport): void {
  writeCorpus(join(GROWN, `${target}.hex`), 'Grown by npm run fuzz; may be deleted.', corpus);
  if (!values.keep) return;
  const small = corpus.filter((input) => input.length <= MAX_KEPT_BYTES);
  writeCorpus(join(SEEDS, `${target}.hex`), 'Each line reached code that no line before it did (--keep).', small);
}
