/** Where a scenario's events come from: traces and generators, each with its next event at a known time. */
import type { World } from '../world/world.js';

export interface EventSource {
  /** Seconds; Infinity when there are no more. */
  readonly nextAt: number;
  /** Lets the next event happen and goes on to the one after it. The world's clock stands at its time. */
  fire(world: World): void;
}

/** Never has an event. */
const NOTHING: EventSource = { nextAt: Number.POSITIVE_INFINITY, fire: () => undefined };

/** The source with the earliest next event; the first of several wins a tie. */
export function earliest(sources: readonly EventSource[]): EventSource {
  let best = NOTHING;
  for (const source of sources) if (source.nextAt < best.nextAt) best = source;
  return best;
}
