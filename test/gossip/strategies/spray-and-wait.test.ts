import { describe, expect, it } from 'vitest';
import { expectedDelay, fittingBudget, sprayAndWait } from '../../../src/gossip/strategies/spray-and-wait.js';
import { at, messageTo, neighbourNamed, SmallMesh } from './world.js';

describe('the expected delay of spray and wait, in mean meeting times', () => {
  it('is 1/L for whoever waits, and shorter while copies are spread', () => {
    // One copy: the author meets the destination after one mean meeting time.
    expect(expectedDelay(10, 1)).toBe(1);
    // M = 4, L = 2. One holder: 3 others, the next meeting after 1/3; in 2 of 3 cases not the destination, then 1/2.
    expect(expectedDelay(4, 2)).toBeCloseTo(1 / 3 + (2 / 3) * (1 / 2), 12);
    // M = 4, L = 3. From two holders: 1/4, then in 1 of 2 cases 1/3: 1/4 + 1/6 = 5/12. From one: 1/3 + 2/3 × 5/12 = 11/18.
    expect(expectedDelay(4, 3)).toBeCloseTo(11 / 18, 12);
  });

  it('is that of unlimited copies, H(M−1)/(M−1), when everybody may have one', () => {
    // M = 4: (1 + 1/2 + 1/3) / 3 = 11/18.
    for (const population of [3, 4, 10, 100]) {
      let harmonic = 0;
      for (let n = 1; n < population; n++) harmonic += 1 / n;
      expect(expectedDelay(population, population - 1)).toBeCloseTo(harmonic / (population - 1), 10);
    }
  });
});

describe('a fitted budget', () => {
  it('is the least that is within the slack', () => {
    // M = 4: delays 1, 2/3, 11/18 for L = 1, 2, 3. Of 11/18, 1.05 times is 0.6417, 1.5 times 0.9167, twice 1.222.
    expect(fittingBudget(4, 1.05, 64)).toBe(3);
    expect(fittingBudget(4, 1.5, 64)).toBe(2);
    expect(fittingBudget(4, 2, 64)).toBe(1);
  });

  it('grows with the mesh, up to the bound', () => {
    const budgets = [2, 10, 100, 1000].map((population) => fittingBudget(population, 1.5, 64));
    expect(budgets).toEqual([...budgets].sort((a, b) => a - b));
    expect(budgets[0]).toBe(1);
    expect(fittingBudget(100_000, 1.5, 64)).toBe(64);
  });
});

describe('binary spraying', () => {
  const strategy = sprayAndWait({ copies: 5 })(new SmallMesh('ana'));
  const ben = neighbourNamed('ben');

  it('gives the smaller half away, down to one copy', () => {
    expect(strategy.budget?.()).toBe(5);
    const halves = [5, 3, 2, 1, undefined].map((copies) =>
      strategy.handOver?.(messageTo('eva', copies === undefined ? {} : { copies }), ben),
    );
    expect(halves).toEqual([{ along: 2, stay: 3 }, { along: 1, stay: 2 }, { along: 1, stay: 1 }, undefined, undefined]);
  });

  it('offers nothing while it waits', () => {
    expect(strategy.shouldOffer(messageTo('eva', { copies: 2 }), ben, at(0))).toBe(true);
    expect(strategy.shouldOffer(messageTo('eva', { copies: 1 }), ben, at(0))).toBe(false);
  });

  it('believes no neighbour who claims to bring more copies than there can be', () => {
    expect(
      sprayAndWait({ most: 8 })(new SmallMesh('ana')).handOver?.(messageTo('eva', { copies: 65_535 }), ben),
    ).toEqual({
      along: 4,
      stay: 4,
    });
  });
});
