/**
 * Binary spray and wait with a budget that fits the mesh (Spyropoulos, Psounis, Raghavendra, *Spray and wait: an
 * efficient routing scheme for intermittently connected mobile networks*, WDTN 2005).
 *
 * A bundle starts with L copies. Whoever holds n > 1 of them hands half to each node it meets that has none; whoever
 * holds one waits for the one that the bundle is for. Equations and their derivation: docs/protocol/routing.md.
 */
import type { HandOver, MeshView, RoutingStrategy } from '../strategy.js';

export interface SprayOptions {
  /** A fixed budget. @default fitted to the mesh's size */
  readonly copies?: number;
  /** How much longer than with unlimited copies the expected delay may be. @default 1.5 */
  readonly slack?: number;
  /** The largest fitted budget, and the most that is believed of a neighbour. @default 64 */
  readonly most?: number;
}

export const SPRAY_DEFAULTS = { slack: 1.5, most: 64 } as const;

export function sprayAndWait(options: SprayOptions = {}): (mesh: MeshView) => RoutingStrategy {
  const { slack, most } = { ...SPRAY_DEFAULTS, ...options };
  return (mesh) => ({
    name: 'spray-and-wait',
    onMeet() {},
    onPart() {},
    shouldOffer: ({ copies }) => (copies ?? 1) > 1,
    onForwarded() {},
    budget: () => options.copies ?? fittingBudget(mesh.population(), slack, most),
    handOver: ({ copies }) => binaryHalf(Math.min(copies ?? 1, Math.max(most, options.copies ?? 1))),
  });
}

function binaryHalf(copies: number): HandOver | undefined {
  const along = Math.floor(copies / 2);
  return along === 0 ? undefined : { along, stay: copies - along };
}

/**
 * The least L for which the expected delay of binary spraying, in a mesh of `population` nodes with exponential
 * meeting times, is at most `slack` times that of epidemic forwarding without limits.
 */
export function fittingBudget(population: number, slack: number, most: number): number {
  if (population <= 2) return 1;
  const best = expectedDelay(population, population - 1);
  for (let budget = 1; budget < Math.min(most, population - 1); budget++) {
    if (expectedDelay(population, budget) <= slack * best) return budget;
  }
  return Math.min(most, population - 1);
}

/**
 * In units of the mean time between two meetings of one pair. With i copies about, the next of the i·(M−i) meetings that
 * matter comes after 1/(i·(M−i)), and is with the destination in one of M−i cases; with all L out, it takes 1/L.
 */
export function expectedDelay(population: number, budget: number): number {
  let delay = 1 / budget;
  for (let holders = budget - 1; holders >= 1; holders--) {
    const lacking = population - holders;
    delay = 1 / (holders * lacking) + ((lacking - 1) / lacking) * delay;
  }
  return delay;
}
