/** Does one run of a sweep, wherever it was asked for. */
import { summarise } from '../reports/index.js';
import { buildScenario, checkPlain, type ReadFile } from '../scenario/index.js';
import { simulate } from '../world/index.js';
import type { SweepJob, SweepResult } from './types.js';

/** @throws HearsayError `ERR_SCENARIO` when this combination is no valid scenario. */
export async function runJob(job: Omit<SweepJob, 'folder'>, readFile: ReadFile, version: string): Promise<SweepResult> {
  const named = `${JSON.stringify(job.settings)}, seed ${job.seed}`;
  const scenario = buildScenario({ plain: checkPlain(job.plain, named) }, named, readFile);
  const result = await simulate(scenario, { digest: job.key, version });
  const { key, settings, seed } = job;
  return { key, settings, seed, digest: result.digest, cpuSeconds: result.made.cpuSeconds, summary: summarise(result) };
}
