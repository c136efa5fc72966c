/**
 * A flood: 100,000 bundles poured in twenty minutes at a mesh of 20 laptops, whose people write 100 messages meanwhile.
 *
 * On virtual time; the same meetings and messages with and without the flood, in stores of 64 MiB, links of 200 kB/s,
 * 20 s in each minute. Every laptop is a stranger to every other.
 *
 * Figures, CASE being `one` (one author) or `sybil` (1,000 identities in turn, with a tenth of the bundles and of the
 * stores, because every laptop takes six times as much of it):
 * - `CASE-slower`: how long messages took beside the same mesh without a flood, on average
 * - `CASE-delivered`: share of the messages that arrived
 * - `CASE-fullest`: the fullest any store ever was, beside its quota
 * - `CASE-refused`: refusals for want of room, all laptops together
 *
 * It takes a quarter of an hour. HEARSAY_FLOOD_BUNDLES makes the flood smaller.
 */

import type { Figure } from './harness.js';
import { type FloodOptions, type FloodResult, flood } from './support/flood.js';

export const description = 'how long messages take while somebody pours 100,000 bundles at a mesh of 20';

const BUNDLES = Number(process.env.HEARSAY_FLOOD_BUNDLES ?? 100_000);
const MESH: FloodOptions = {
  seed: 5,
  laptops: 20,
  quotaBytes: 64 * 1024 * 1024,
  bundles: 0,
  identities: 1,
  messages: 100,
  bytesPerSecond: 200_000,
};
const NO_ROOM = ['quota', 'author-quota', 'depositor-quota', 'tier-quota', 'evicted'];

export async function run(): Promise<readonly Figure[]> {
  const calm = meanDelay(await flood(MESH));
  const figures: Figure[] = [{ key: 'calm-delay-s', label: 'without a flood', value: calm / 1000, unit: 's' }];
  for (const [name, identities, smaller] of [
    ['one', 1, 1],
    ['sybil', 1000, 10],
  ] as const) {
    const scaled = { bundles: BUNDLES / smaller, quotaBytes: MESH.quotaBytes / smaller };
    const flooded = await flood({ ...MESH, ...scaled, identities });
    const arrived = flooded.delaysMs.filter((delay) => delay !== undefined).length;
    const refused = NO_ROOM.reduce((sum, reason) => sum + (flooded.refused[reason] ?? 0), 0);
    const who = identities === 1 ? 'one author' : `${identities} identities`;
    figures.push(
      { key: `${name}-slower`, label: `${who}: time to arrive`, value: meanDelay(flooded) / calm, unit: '×' },
      { key: `${name}-delivered`, label: '  arrived', value: arrived / flooded.delaysMs.length, unit: '×' },
      { key: `${name}-fullest`, label: '  fullest store', value: flooded.fullest, unit: '×' },
      { key: `${name}-refused`, label: '  refused for want of room', value: refused, unit: 'bundles' },
    );
  }
  return figures;
}

function meanDelay({ delaysMs }: FloodResult): number {
  const arrived = delaysMs.filter((delay) => delay !== undefined);
  return arrived.reduce((sum, delay) => sum + delay, 0) / arrived.length;
}
