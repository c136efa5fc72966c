/** A room of laptops that wake at once: what finding each other costs the network. The budgets stand in docs/protocol/links.md. */
import { describe, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import { createDiscovery } from '../../src/link/index.js';
import { fakeLink } from './support/fake-multicast.js';
import { fakeTimers } from './support/fake-timers.js';

const LAPTOPS = 40;
/** A minute of a whole room takes a second of computing, and many on a machine that is busy. */
const PATIENCE_MS = 120_000;
/** Bytes in any second, IP and UDP headers included. */
const BUDGET = { mdns: 10_000, beacons: 1_500 } as const;

/** @returns the bytes on the link in each second, and how many of the others each laptop has found by then. */
async function wakeTogether(way: 'mdns' | 'beacons', seconds: number, firstSeed: number) {
  const timers = fakeTimers();
  const link = fakeLink(timers);
  const found = Array.from({ length: LAPTOPS }, (_each, index) => {
    const view = link.laptop(`10.0.0.${index + 1}`);
    const hosts = new Set<string>();
    createDiscovery({
      timers,
      random: seededRandom(firstSeed + index),
      log: SILENT,
      interfaces: view.interfaces,
      mdns: way === 'mdns' && view.mdns,
      beacons: way === 'beacons' && view.beacons,
    }).start({ nodeEid: `dtn://node-${index}/`, port: 4556, onPeer: ({ host }) => hosts.add(host) });
    return hosts;
  });
  await timers.advance(seconds * 1_000);
  return { bytes: link.bytesBySecond()[way], found: found.map(({ size }) => size) };
}

describe.each(['mdns', 'beacons'] as const)('40 laptops that wake at once on one network, %s alone', (way) => {
  test.each([1, 1_000])(
    'stay under the budget in every second of three minutes (seed %i)',
    async (seed) => {
      const { bytes, found } = await wakeTogether(way, 180, seed);
      expect(Math.max(...bytes)).toBeLessThanOrEqual(BUDGET[way]);
      expect(new Set(found)).toEqual(new Set([LAPTOPS - 1]));
    },
    PATIENCE_MS,
  );

  test(
    'each has found some within three seconds, and all within half a minute',
    async () => {
      const { found } = await wakeTogether(way, 3, 1);
      expect(Math.min(...found)).toBeGreaterThanOrEqual(3);
      const later = await wakeTogether(way, 30, 1);
      expect(Math.min(...later.found)).toBe(LAPTOPS - 1);
    },
    PATIENCE_MS,
  );
});
