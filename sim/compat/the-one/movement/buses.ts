/** `BusMovement`, and the bus systems that working people travel with. */
import type { ShortestPaths } from '../map/shortest-paths.js';
import { MapRouteMovement } from './map-based.js';
import type { Path } from './model.js';

/** The buses with one `busControlSystemNr`, and the nodes where they stop. */
export class BusSystem {
  readonly stops = new Set<number>();
  readonly #buses: BusMovement[] = [];

  add(bus: BusMovement): void {
    this.#buses.push(bus);
    for (const stop of bus.stops) this.stops.add(stop);
  }

  /** A bus that stands at the stop, on a line that serves the other one as well. */
  busAt(stop: number, to: number): BusMovement | undefined {
    return this.#buses.find((bus) => bus.standsAt === stop && bus.stops.includes(to));
  }
}

/** A bus on its line. Whoever is on it follows its paths. */
export class BusMovement extends MapRouteMovement {
  /** The stop where it stands; undefined while it is under way. */
  standsAt: number | undefined;
  /** The path that it set out on last. */
  lastPath: Path | undefined;

  override nextDeparture(now: number): number {
    this.standsAt = this.node;
    return super.nextDeparture(now);
  }

  override nextPath(): Path {
    const path = super.nextPath();
    this.standsAt = undefined;
    this.lastPath = path;
    return path;
  }
}

/** Of some nodes, the one to which the way is the shortest. */
export function nearestByRoad(paths: ShortestPaths, from: number, nodes: Iterable<number>): number | undefined {
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const length = paths.lengthBetween(from, node);
    if (length < least) [best, least] = [node, length];
  }
  return best;
}
