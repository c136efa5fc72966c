/**
 * The clock of a run (rule 1): rounds of one interval, with the events of each before its movement.
 *
 * Times are the sums that The ONE's additions give, drift included. A round in which nobody has anything to do costs
 * this loop and nothing else.
 */
import { type EventSource, earliest } from './events/event-source.js';
import type { World } from './world/world.js';

/** Whatever moves, if anything does. */
export interface Movers {
  /** Moves all by one round; the world's clock stands at its beginning, or at its last event. */
  move(): void;
}

export interface RoundsOptions {
  readonly intervalS: number;
  readonly endS: number;
  readonly sources: readonly EventSource[];
  readonly movers: Movers | undefined;
}

/** How often a caller hears of the clock. */
const ROUNDS_BETWEEN_PAUSES = 256;

/**
 * Lets the run happen. It yields now and then, with the clock's time, and can be left there.
 */
export function* rounds(world: World, options: RoundsOptions): Generator<number> {
  const { intervalS, endS, sources, movers } = options;
  const observers = world.observers;
  let source = earliest(sources);
  let nextAt = source.nextAt;
  let time = 0;
  world.now = 0;
  for (let round = 1; time < endS; round++) {
    const until = time + intervalS;
    while (nextAt <= until) {
      world.now = nextAt;
      source.fire(world);
      world.update();
      source = earliest(sources);
      nextAt = source.nextAt;
    }
    movers?.move();
    time = until;
    world.now = until;
    world.update();
    if (observers.wantsRounds) observers.roundEnded(until);
    if (round % ROUNDS_BETWEEN_PAUSES === 0) yield until;
  }
}

/** How many rounds a run of that length has: the clock's drift can add one. */
export function countRounds(intervalS: number, endS: number): number {
  let count = 0;
  for (let time = 0; time < endS; time += intervalS) count += 1;
  return count;
}
