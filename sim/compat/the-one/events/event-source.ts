/** Where a scenario's events come from: traces and generators, each with its next event at a known time. */
import type { World } from '../world/world.js';

export interface EventSource {
  /** Seconds; Infinity when there are no more. */
  readonly nextAt: number;
  /** Lets the next event happen and goes on to the one after it. The world's clock stands at its time. */
  fire(world: World): void;
}

/**
 * The earliest event among the sources; the first source wins a tie.
 *
 * @returns undefined when nothing is due by `until`.
 */
export function nextSource(sources: readonly EventSource[], until: number): EventSource | undefined {
  let best: EventSource | undefined;
  for (const source of sources) if (best === undefined || source.nextAt < best.nextAt) best = source;
  return best !== undefined && best.nextAt <= until ? best : undefined;
}
