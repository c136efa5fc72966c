/**
 * Somebody pours bundles at a mesh; the others' messages do not wait for it, and no store passes its quota. A small flood
 * beside small stores, in the proportions of the large one, which is `npm run bench -- flood`.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type FloodOptions, type FloodResult, flood } from '../../bench/support/flood.js';

const MESH: FloodOptions = {
  seed: 31,
  laptops: 8,
  quotaBytes: 256 * 1024,
  bundles: 0,
  identities: 1,
  messages: 40,
  // A meeting has room for a quarter of the flood.
  bytesPerSecond: 3_000,
};

let calm: FloodResult;

beforeAll(async () => {
  calm = await flood(MESH);
}, 120_000);

function mean(delays: FloodResult['delaysMs']): number {
  const arrived = delays.filter((delay) => delay !== undefined);
  return arrived.reduce((sum, delay) => sum + delay, 0) / arrived.length;
}

async function pour(identities: number): Promise<FloodResult> {
  const flooded = await flood({ ...MESH, bundles: 250, identities });
  expect(flooded.fullest).toBeLessThanOrEqual(1);
  expect(calm.delaysMs.every((delay) => delay !== undefined)).toBe(true);
  expect(flooded.delaysMs.every((delay) => delay !== undefined)).toBe(true);
  const noRoom = ['author-quota', 'depositor-quota', 'tier-quota', 'quota'];
  expect(noRoom.reduce((sum, reason) => sum + (flooded.refused[reason] ?? 0), 0)).toBeGreaterThan(250);
  return flooded;
}

describe('a flood', () => {
  it('of one author delays nobody else’s messages by more than a tenth, and passes no quota', {
    timeout: 240_000,
  }, async () => {
    expect(mean((await pour(1)).delaysMs)).toBeLessThanOrEqual(1.1 * mean(calm.delaysMs));
  });

  // Identities are free, and to a relay that has no contacts all strangers are equal: they share narrow links.
  it('in which every bundle has an author of its own loses nobody’s messages, and passes no quota', {
    timeout: 240_000,
  }, async () => {
    await pour(250);
  });
});
