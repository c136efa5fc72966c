/** Presence calibration: confidence against who really could be reached. */
import { describe, expect, it } from 'vitest';
import { textReport } from '../../../sim/reports/index.js';
import { simulate } from '../../../sim/world/index.js';
import { PresenceTrial, type TrialWorld } from '../../../sim/world/presence-trial.js';
import { seededRandom } from '../../../src/base/index.js';
import { HOUR_MS, wanderers } from './support.js';

const engine = { ...wanderers().engine, presence: true };

/** Four nodes in a row, 3 apart from them; node 1 can be switched off. */
function row(confidence: number, isOn: (node: number) => boolean = () => true): TrialWorld {
  return {
    nodes: 5,
    isOn,
    contacts: () => [
      { a: 0, b: 1 },
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ],
    confidence: () => confidence,
  };
}

function answer(world: TrialWorld, owner: number, other: number) {
  const trial = new PresenceTrial([{ owner, other }], seededRandom(1));
  trial.ask(world, 10);
  return trial.result();
}

describe('a presence trial', () => {
  it('holds that whoever a chain of contacts joins can be reached', () => {
    expect(answer(row(0.8), 0, 2)?.bins).toEqual([{ stated: 0.8, observed: 1, count: 1 }]);
    expect(answer(row(0.8), 0, 3)?.bins).toEqual([{ stated: 0.8, observed: 0, count: 1 }]);
  });

  it('joins nobody through a laptop that is off, and asks none that is off', () => {
    const without = (off: number) => row(0.3, (node) => node !== off);
    expect(answer(without(1), 0, 2)?.bins[0]?.observed).toBe(0);
    expect(answer(without(2), 0, 2)?.bins[0]?.observed).toBe(0);
    expect(answer(without(0), 0, 2)).toBeUndefined();
  });

  it('scores as the definitions say', () => {
    const trial = new PresenceTrial([], seededRandom(1));
    trial.judge(0.8, true);
    trial.judge(0.9, false);
    trial.judge(1, true);
    const result = trial.result() ?? expect.fail('three were judged');
    expect(result.brier).toBeCloseTo((0.04 + 0.81 + 0) / 3);
    expect(result.logScore).toBeCloseTo((-Math.log(0.8) - Math.log(0.1)) / 3);
    expect(result.bins).toEqual([
      { stated: 0.8, observed: 1, count: 1 },
      { stated: 0.95, observed: 0.5, count: 2 },
    ]);
  });
});

describe('a run with presence', () => {
  it('says how its confidence did, the same each time, and sends beacons for it', async () => {
    const scenario = wanderers({ engine, durationMs: HOUR_MS / 2 });
    const result = await simulate(scenario);
    const { presence } = result;
    if (presence === undefined) return expect.fail('presence was on');
    expect(presence.bins.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(500);
    // A link that is up is certainty, and right; beyond that, evidence must be worth more than always saying 0.1.
    expect(presence.bins.at(-1)?.observed).toBeGreaterThan(presence.bins[0]?.observed ?? 1);
    expect(presence.brier).toBeGreaterThan(0);
    expect(presence.brier).toBeLessThan(1);
    expect(result.bytes.presence).toBeGreaterThan(0);
    expect(textReport(result)).toContain('Brier score');
    expect((await simulate(scenario)).digest).toBe(result.digest);
  });

  it('asks nothing where it is off', async () => {
    const result = await simulate(wanderers({ durationMs: HOUR_MS / 6 }));
    expect(result.presence).toBeUndefined();
    expect(textReport(result)).not.toContain('Brier');
  });
});
