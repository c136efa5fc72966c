/** Who broke the rules is left alone, twice as long each time; who wants again what it took is found out. */
import { describe, expect, it } from 'vitest';
import { HOUR_MS, steadyMs } from '../../src/base/index.js';
import { Conduct } from '../../src/gossip/conduct.js';
import type { NodeId } from '../../src/people/index.js';
import { keyNumber } from './entries.js';

const node = 'n' as NodeId;

describe('conduct', () => {
  it('doubles the time with each offence, to ten minutes, and forgives an hour after it', () => {
    const conduct = new Conduct();
    let now = 0;
    const waits = Array.from({ length: 9 }, () => {
      const forMs = conduct.offend(node, steadyMs(now));
      expect(conduct.shunnedForMs(node, steadyMs(now))).toBe(forMs);
      now += forMs;
      expect(conduct.shunnedForMs(node, steadyMs(now))).toBe(0);
      return forMs / 1000;
    });
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600]);
    expect(conduct.offend(node, steadyMs(now + HOUR_MS))).toBe(10_000);
    expect(conduct.shunnedForMs('m' as NodeId, steadyMs(now))).toBe(0);
  });

  it('bears with a neighbour that wants a few again, not with one that wants all again, nor asks a new store', () => {
    const conduct = new Conduct();
    const keys = Array.from({ length: 300 }, (_, n) => keyNumber(n));
    for (const key of keys) conduct.took(node, 'e', key);
    expect(conduct.mayWant(node, 'e', keyNumber(9999))).toBe(true);
    expect(keys.filter((key) => conduct.mayWant(node, 'e', key))).toHaveLength(256);
    expect(keys.every((key) => conduct.mayWant(node, 'another epoch', key))).toBe(true);
  });
});
