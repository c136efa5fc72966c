/**
 * Spray and wait against flooding and waiting, on wanderers: what Spyropoulos, Psounis and Raghavendra found (Spray and
 * wait, WDTN 2005): a few copies arrive nearly as soon as copies everywhere, at a fraction of the transfers.
 *
 * Also shows a strategy of one's own: "eager" gives a message to the first two laptops that it meets, and they to nobody but
 * the recipient.
 */
import { randomWaypoint, simulate, summarise } from 'hearsay/sim';

const HOUR = 3_600_000;

/** A strategy is made anew for each laptop. What is for the neighbour itself is always offered; it need not say so. */
const eager = () => {
  const given = new Map();
  return {
    name: 'eager',
    onMeet() {},
    onPart() {},
    shouldOffer: (entry) => entry.own && (given.get(entry.key) ?? 0) < 2,
    onForwarded: (entry) => given.set(entry.key, (given.get(entry.key) ?? 0) + 1),
  };
};

const scenario = (strategy, seed) => ({
  name: 'wanderers',
  description: '',
  seed,
  durationMs: 4 * HOUR,
  warmupMs: 0,
  world: { widthM: 800, heightM: 800 },
  groups: [
    {
      name: 'walkers',
      count: 16,
      radios: [0],
      mobility: randomWaypoint({ speed: { min: 0.5, max: 1.5 }, pauseMs: { min: 0, max: 120_000 } }),
    },
  ],
  radios: [
    {
      name: 'wifi',
      rangeM: 40,
      bytesPerSecond: 250_000,
      latencyMs: 5,
      setupMs: 0,
      loss: 0,
      breaksPerHour: 0,
      sharedAirtime: false,
    },
  ],
  traffic: [
    { from: [], to: [], intervalMs: { mean: 240_000 }, sizeBytes: { min: 200, max: 200 }, startMs: 0, endMs: 2 * HOUR },
  ],
  engine: { strategy, quotaBytes: 50e6, lifetimeMs: 4 * HOUR, presence: false, wire: 'objects', control: 'counted' },
  faults: { crashesPerDay: 0, downMs: { min: 0, max: 0 }, clockErrorMs: 0 },
});

const strategies = [
  { name: 'epidemic', parameters: {} },
  { name: 'spray-and-wait', parameters: { copies: 6 } },
  { name: 'eager', parameters: {}, factory: eager },
  { name: 'direct', parameters: {} },
];

console.log('strategy         delivered  of the oracle  median delay  transfers per message');
for (const strategy of strategies) {
  const found = summarise(await simulate(scenario(strategy, 1)));
  console.log(
    [
      strategy.name.padEnd(15),
      `${Math.round(100 * found.deliveryRatio)} %`.padStart(10),
      `${Math.round(100 * found.shareOfOracle)} %`.padStart(14),
      `${Math.round(found.delay.median / 60_000)} min`.padStart(13),
      (found.overheadRatio + 1).toFixed(1).padStart(22),
    ].join(' '),
  );
}
