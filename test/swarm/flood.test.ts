/**
 * Somebody pours bundles at a mesh; the others' messages do not wait for it, and no store passes its quota. A small flood
 * beside small stores, in the proportions of the large one, which is `npm run bench -- flood`.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type FloodOptions, type FloodResult, flood } from '../../bench/support/flood.js';

const MESH: FloodOptions = {
  seed: 31,
  laptops: 10,
  quotaBytes: 512 * 1024,
  bundles: 0,
  identities: 1,
  messages: 40,
  // A meeting has room for a tenth of the flood.
  bytesPerSecond: 4_000,
};

let calm: FloodResult;

beforeAll(async () => {
  calm = await flood(MESH);
}, 120_000);

function mean(delays: FloodResult['delaysMs']): number {
  const arrived = delays.filter((delay) => delay !== undefined);
  return arrived.reduce((sum, delay) => sum + delay, 0) / arrived.length;
}

// Identities are free, and to a relay that has no contacts all strangers are equal: the links, which are narrow here, they
// share with the others. The stores they do not fill.
describe.each([
  ['of one author', 1, 1.1],
  ['of forty identities', 40, 1.25],
  ['in which every bundle has an author of its own', 500, 1.25],
])('a flood %s', (_, identities, slower) => {
  it(`makes others’ messages take ${slower} times as long at most, and passes no quota`, {
    timeout: 240_000,
  }, async () => {
    const flooded = await flood({ ...MESH, bundles: 500, identities });
    expect(calm.delaysMs.every((delay) => delay !== undefined)).toBe(true);
    expect(flooded.delaysMs.every((delay) => delay !== undefined)).toBe(true);
    expect(mean(flooded.delaysMs)).toBeLessThanOrEqual(slower * mean(calm.delaysMs));
    expect(flooded.fullest).toBeLessThanOrEqual(1);
    const noRoom = ['author-quota', 'depositor-quota', 'tier-quota', 'quota'];
    expect(noRoom.reduce((sum, reason) => sum + (flooded.refused[reason] ?? 0), 0)).toBeGreaterThan(500);
  });
});
