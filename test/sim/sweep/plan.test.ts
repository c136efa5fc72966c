/** Sweeps on paper: the combinations, the keys of runs, the statistics, the journal. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../sim/scenario/index.js';
import { estimate, planSweep, SweepJournal, type SweepResult, sweepCsv, sweepRows } from '../../../sim/sweep/index.js';
import { withSetting } from '../../../sim/sweep/plan.js';
import { temporaryFolder } from '../../support/folder.js';

const BASE = `name: sw
duration: 1 h
world: { width: 100 m, height: 100 m }
radios: { wifi: { range: 10 m, bandwidth: 1 MB/s } }
groups: { people: { count: 3, mobility: { model: stationary } } }
traffic: [{ every: 1 min, size: 10 B }]
`;
const plan = (sweep: string, files = {}, version = '1') =>
  planSweep(readScenario(`${BASE}sweep:\n${sweep}`, 'sw.yaml').plain, files, version);

describe('the plan', () => {
  it('is every combination over every seed', () => {
    const runs = plan('  engine.strategy: [epidemic, direct]\n  groups.people.count: [3, 5]\n  seed: [1..2, 7]\n');
    expect(runs.map(({ settings, seed }) => [...Object.values(settings), seed].join(' '))).toEqual([
      'epidemic 3 1',
      'epidemic 3 2',
      'epidemic 3 7',
      'epidemic 5 1',
      'epidemic 5 2',
      'epidemic 5 7',
      'direct 3 1',
      'direct 3 2',
      'direct 3 7',
      'direct 5 1',
      'direct 5 2',
      'direct 5 7',
    ]);
    expect(runs.map(({ index }) => index)).toEqual(runs.map((_, index) => index));
    expect(runs[3]?.plain).toMatchObject({
      seed: 1,
      groups: { people: { count: 5 } },
      engine: { strategy: 'epidemic' },
    });
    expect(runs[3]?.plain.sweep).toBeUndefined();
  });

  it('knows a run by what decides its result, and by nothing else', () => {
    const keys = (files = {}, version = '1') => plan('  seed: [1, 2]\n', files, version).map(({ key }) => key);
    expect(keys()).toEqual(keys());
    expect(new Set(keys()).size).toBe(2);
    expect(keys({ 'a.txt': 'ff' })).not.toEqual(keys());
    expect(keys({}, '2')).not.toEqual(keys());
    // One seed more changes nothing for the others.
    expect(
      plan('  seed: [1, 2, 3]\n')
        .slice(0, 2)
        .map(({ key }) => key),
    ).toEqual(keys());
  });

  it('reaches into lists and gives a strategy parameters', () => {
    expect(withSetting({ traffic: [{ size: '1 B' }, { size: '2 B' }] }, 'traffic.1.size', '3 B')).toEqual({
      traffic: [{ size: '1 B' }, { size: '3 B' }],
    });
    expect(withSetting({ engine: { strategy: 'prophet' } }, 'engine.strategy.beta', 0.5)).toEqual({
      engine: { strategy: { name: 'prophet', beta: 0.5 } },
    });
    expect(() => withSetting({ traffic: [] }, 'traffic.0.size', '3 B')).toThrow('there is no item 0');
  });

  it('says what a sweep looks like when there is none', () => {
    expect(() => planSweep(readScenario(BASE, 'sw.yaml').plain, {}, '1')).toThrow(
      'engine.strategy: [epidemic, prophet]',
    );
    expect(() => plan('  seed: [5..1]\n')).toThrow('neither a seed nor a range');
  });
});

describe('an estimate', () => {
  it('has the 95 % confidence interval of Student’s t', () => {
    // Mean 3, standard deviation 1.5811, t for 4 degrees of freedom 2.776: 2.776 × 1.5811 / √5 = 1.963.
    expect(estimate([1, 2, 3, 4, 5])).toMatchObject({ mean: 3, count: 5 });
    expect(estimate([1, 2, 3, 4, 5]).plusMinus).toBeCloseTo(1.963, 3);
    expect(estimate([4])).toEqual({ mean: 4, plusMinus: 0, count: 1 });
    // 100 values: t is 1.984.
    const many = Array.from({ length: 100 }, (_, index) => index % 2);
    expect(estimate(many).plusMinus / Math.sqrt(0.25252525 / 100)).toBeCloseTo(1.984, 2);
  });
});

const result = (key: string, strategy: string, deliveryRatio: number): SweepResult => {
  const spread = { mean: 1000, median: 1, p95: 1, max: 1 };
  return {
    key,
    settings: { 'engine.strategy': strategy },
    seed: 1,
    digest: '',
    cpuSeconds: 1,
    summary: {
      created: 1,
      delivered: 1,
      deliveryRatio,
      reachable: 1,
      shareOfOracle: 1,
      acknowledged: 1,
      delay: spread,
      speedOfOracle: 1,
      hops: spread,
      overheadRatio: 1,
    },
  };
};

describe('the table', () => {
  it('has a row for each setting, means over its seeds', () => {
    const rows = sweepRows([result('1', 'a', 0.5), result('2', 'b', 1), result('3', 'a', 0.7)]);
    expect(rows.map(({ settings, figures }) => [settings['engine.strategy'], figures.deliveryRatio.mean])).toEqual([
      ['a', 0.6],
      ['b', 1],
    ]);
    const [heading, first] = sweepCsv(rows).split('\r\n');
    expect(heading).toMatch(/^engine\.strategy,runs,deliveryRatio,deliveryRatio_ci95,/);
    expect(first).toMatch(/^a,2,0\.600000,1\.27,/);
  });
});

describe('the journal', () => {
  it('keeps what was found, and takes a line that was cut short for nothing', () => {
    const path = join(temporaryFolder(), 'x.sweep.jsonl');
    const journal = new SweepJournal(path);
    journal.add(result('1', 'a', 0.5));
    journal.add(result('1', 'a', 0.5));
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(1);
    appendFileSync(path, '{"key":"2","summ');
    const again = new SweepJournal(path);
    expect(again.get('1')).toEqual(result('1', 'a', 0.5));
    expect(again.get('2')).toBeUndefined();
    again.add(result('2', 'a', 0.5));
    expect(new SweepJournal(path).get('2')).toEqual(result('2', 'a', 0.5));
  });
});
