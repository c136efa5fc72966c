/**
 * Whole meshes under cuts, crashes, bad cables, wrong clocks, full disks, liars and floods keep their promises.
 *
 * HEARSAY_SWARM_RUNS=5000 plays so many scripts, drawn afresh. A failure says how to repeat it: HEARSAY_SWARM_SEED=n plays
 * that one script again, and makes it smaller as long as it still fails.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyScript } from './script.js';
import { Swarm } from './swarm.js';

const RUNS = Number(process.env.HEARSAY_SWARM_RUNS ?? 0);
const SEED = process.env.HEARSAY_SWARM_SEED;
const FIRST_SEED = 2027;
const FIXED_RUNS = 60;
const REPLAY = 'npx vitest run test/swarm/swarm.test.ts';

const keepsItsPromises = fc.property(anyScript, (script) => {
  expect(new Swarm(script).play()).toEqual([]);
});

const isReplay = SEED !== undefined;

it.runIf(isReplay)('one script again, made as small as it can fail', { timeout: 3_600_000 }, () => {
  fc.assert(keepsItsPromises, { seed: Number(SEED), numRuns: 1, unbiased: true });
});

it.skipIf(isReplay)(
  'a mesh loses nothing, forges nothing, repeats nothing, and says nothing untrue',
  {
    timeout: 3_600_000,
  },
  () => {
    const first = RUNS > 0 ? Math.floor(Math.random() * 0x4000_0000) : FIRST_SEED;
    const failures: string[] = [];
    for (let seed = first; seed < first + (RUNS || FIXED_RUNS); seed++) {
      const { failed, errorInstance } = fc.check(keepsItsPromises, {
        seed,
        numRuns: 1,
        unbiased: true,
        endOnFailure: true,
      });
      if (failed) failures.push(`HEARSAY_SWARM_SEED=${seed} ${REPLAY}\n  ${String(errorInstance)}`);
    }
    expect(failures.join('\n')).toBe('');
  },
);
