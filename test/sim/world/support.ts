/** Small scenarios for the tests of the world. */
import { randomWaypoint } from '../../../sim/mobility/index.js';
import type { ContactEvent, ContactSource } from '../../../sim/radio/index.js';
import type { Scenario } from '../../../sim/scenario/types.js';

export const HOUR_MS = 3_600_000;

/** Wanderers on a square who write to each other, with room and bandwidth for everything. */
export function wanderers(changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 'wanderers',
    description: '',
    seed: 1,
    durationMs: HOUR_MS,
    warmupMs: 0,
    world: { widthM: 800, heightM: 800 },
    groups: [
      {
        name: 'walkers',
        count: 10,
        radios: [0],
        mobility: randomWaypoint({ speed: { min: 0.5, max: 1.5 }, pauseMs: { min: 0, max: 120_000 } }),
      },
    ],
    radios: [
      {
        name: 'wifi',
        rangeM: 80,
        bytesPerSecond: 1e6,
        latencyMs: 5,
        setupMs: 0,
        loss: 0,
        breaksPerHour: 0,
        sharedAirtime: false,
      },
    ],
    traffic: [
      {
        from: [],
        to: [],
        intervalMs: { min: 80_000, max: 120_000 },
        sizeBytes: { min: 200, max: 2000 },
        startMs: 0,
        endMs: 0.8 * HOUR_MS,
      },
    ],
    engine: {
      strategy: { name: 'epidemic', parameters: {} },
      quotaBytes: 1e9,
      lifetimeMs: 5 * HOUR_MS,
      presence: false,
      wire: 'objects',
      control: 'counted',
    },
    faults: { crashesPerDay: 0, downMs: { min: 0, max: 0 }, clockErrorMs: 0 },
    ...changes,
  };
}

/** [from, to, a, b], in seconds. */
export function contactPlan(
  nodes: number,
  endMs: number,
  plan: readonly (readonly [number, number, number, number])[],
): ContactSource {
  const events: ContactEvent[] = plan.flatMap(([fromS, toS, a, b]) => [
    { atMs: fromS * 1000, a, b, up: true, radio: 0 },
    { atMs: toS * 1000, a, b, up: false, radio: 0 },
  ]);
  events.sort((x, y) => x.atMs - y.atMs || Number(x.up) - Number(y.up) || x.a - y.a || x.b - y.b);
  return { nodes, endMs, events: () => events };
}
