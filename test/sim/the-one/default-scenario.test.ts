/** The default scenario's statistics beside The ONE's: the map and its movements were not compared line for line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithShared } from '../../support/optional.js';
import { reportsOf } from './support.js';

/** Means and standard deviations over five seeds, from the description of the scenarios. */
const TABLE: readonly (readonly [router: string, figures: Readonly<Record<string, readonly [number, number]>>])[] = [
  [
    'EpidemicRouter',
    {
      delivery_prob: [0.2472, 0.0087],
      overhead_ratio: [89.8, 4.3],
      latency_avg: [4473, 160],
      hopcount_avg: [4.52, 0.33],
      relayed: [32_800, 865],
    },
  ],
  [
    'SprayAndWaitRouter',
    {
      delivery_prob: [0.4528, 0.0109],
      overhead_ratio: [10.5, 0.28],
      latency_avg: [3001, 276],
      hopcount_avg: [2.13, 0.03],
      relayed: [7615, 35],
    },
  ],
  [
    'ProphetRouter',
    {
      delivery_prob: [0.2669, 0.0091],
      overhead_ratio: [69.6, 2.2],
      latency_avg: [4670, 287],
      hopcount_avg: [3.56, 0.19],
      relayed: [27_530, 834],
    },
  ],
  [
    'DirectDeliveryRouter',
    {
      delivery_prob: [0.3156, 0.0132],
      latency_avg: [6609, 198],
      hopcount_avg: [1, 0],
      relayed: [462, 19],
    },
  ],
];

/** `HEARSAY_THE_ONE_SEEDS=5` compares the means of five; one is quick, and strays further from them. */
const SEEDS = Number(process.env.HEARSAY_THE_ONE_SEEDS ?? 1);
const DEVIATIONS = SEEDS >= 5 ? 2 : 4;
const PATIENCE_MS = 120_000;

describeWithShared('the default scenario', 'scenarios/the-one', (root) => {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');

  for (const [router, figures] of TABLE) {
    it(`has The ONE’s statistics: ${router}, ${SEEDS} of 5 seeds`, { timeout: PATIENCE_MS * SEEDS }, () => {
      const sums = new Map<string, number>();
      for (let seed = 1; seed <= SEEDS; seed++) {
        const overlay = `Group.router = ${router}\nMovementModel.rngSeed = ${seed}\nReport.nrofReports = 1\n`;
        const stats = reportsOf([read('default_settings.txt'), overlay], { readFile: read }).MessageStatsReport ?? [];
        for (const line of stats) {
          const [name = '', value] = line.split(': ');
          sums.set(name, (sums.get(name) ?? 0) + Number(value) / SEEDS);
        }
      }
      for (const [name, [mean, deviation]] of Object.entries(figures)) {
        const distance = Math.abs((sums.get(name) ?? Number.NaN) - mean);
        expect(distance, `${name}: ${sums.get(name)} beside ${mean} ± ${deviation}`).toBeLessThanOrEqual(
          DEVIATIONS * deviation,
        );
      }
    });
  }
});
