/** Movement along the roads of a map: at random, to a destination by the shortest way, or along a route. */
import { HearsayError } from '../../../../src/base/index.js';
import type { JavaRandom } from '../java/random.js';
import type { RoadMap } from '../map/road-map.js';
import type { ShortestPaths } from '../map/shortest-paths.js';
import type { MovementModel, Path, Place } from './model.js';
import { drawSpeed, drawWait, type Pace } from './random-waypoint.js';

/** How many roads a random walk on the map has. */
const FEWEST_ROADS = 10;
const MOST_ROADS = 100;

export interface Terrain {
  readonly map: RoadMap;
  readonly paths: ShortestPaths;
  /** The nodes that the group may use. */
  readonly nodes: readonly number[];
  /** The same as bits of map files. */
  readonly files: number | undefined;
}

abstract class OnMap implements MovementModel {
  protected readonly pace: Pace;
  protected readonly terrain: Terrain;
  /** The node that the next path starts from. */
  protected node = 0;

  constructor(pace: Pace, terrain: Terrain) {
    this.pace = pace;
    this.terrain = terrain;
  }

  /** Somewhere on a road; the first path begins at one of its ends. */
  initialPlace(): Place {
    const { random } = this.pace;
    const { map, nodes, files } = this.terrain;
    for (;;) {
      const node = pick(nodes, random);
      const other = pick(map.neighbours[node] ?? [], random);
      if (!map.isIn(other, files)) continue;
      this.node = node;
      const share = random.nextDouble();
      const from = map.place(node);
      const to = map.place(other);
      return { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
    }
  }

  nextDeparture(now: number): number {
    return now + drawWait(this.pace);
  }

  abstract nextPath(here: Place, now: number): Path;

  protected pathThrough(nodes: readonly number[], speed: number): Path {
    return { speed, waypoints: nodes.map((node) => this.terrain.map.place(node)) };
  }
}

/** `MapBasedMovement`: from crossing to crossing at random, turning back only in dead ends. */
export class MapBasedMovement extends OnMap {
  #before = -1;

  nextPath(): Path {
    const { random } = this.pace;
    const { map, files } = this.terrain;
    const speed = drawSpeed(this.pace);
    const nodes = [this.node];
    const roads = FEWEST_ROADS + random.nextInt(MOST_ROADS - FEWEST_ROADS);
    for (let i = 0; i < roads; i++) {
      const ways = (map.neighbours[this.node] ?? []).filter((node) => map.isIn(node, files));
      const onward = ways.filter((node) => node !== this.#before);
      const next = pick(onward.length > 0 ? onward : ways, random);
      this.#before = this.node;
      this.node = next;
      nodes.push(next);
    }
    return this.pathThrough(nodes, speed);
  }
}

/** Draws where to go next. */
export type ChooseDestination = (random: JavaRandom) => number;

/** `ShortestPathMapBasedMovement`: to a random node, or a point of interest, by the shortest way. */
export class ShortestPathMapBasedMovement extends OnMap {
  readonly #choose: ChooseDestination;

  constructor(pace: Pace, terrain: Terrain, choose: ChooseDestination) {
    super(pace, terrain);
    this.#choose = choose;
  }

  nextPath(): Path {
    const speed = drawSpeed(this.pace);
    const to = this.#choose(this.pace.random);
    const nodes = this.terrain.paths.between(this.node, to);
    // Where no road leads there the path is empty: the host waits, and sets out from there across country. The default
    // scenario's cars need this, because the roads they may use are in two pieces.
    this.node = to;
    return this.pathThrough(nodes, speed);
  }
}

export const ROUTE_TYPES = { circular: 1, pingPong: 2 } as const;

export interface Route {
  readonly stops: readonly number[];
  readonly type: number;
}

/** `MapRouteMovement`: from stop to stop of a route, by the shortest way. */
export class MapRouteMovement extends OnMap {
  readonly #route: Route;
  #stop: number;
  #step = 1;

  /** @param firstStop where on the route to begin; undefined for anywhere */
  constructor(pace: Pace, terrain: Terrain, route: Route, firstStop: number | undefined) {
    super(pace, terrain);
    this.#route = route;
    this.#stop = firstStop ?? pace.random.nextInt(Math.max(route.stops.length - 1, 1));
  }

  get stops(): readonly number[] {
    return this.#route.stops;
  }

  override initialPlace(): Place {
    this.node = this.#stopNode();
    return this.terrain.map.place(this.node);
  }

  nextPath(): Path {
    const speed = drawSpeed(this.pace);
    this.#advance();
    const nodes = this.terrain.paths.between(this.node, this.#stopNode());
    if (nodes.length === 0)
      throw new HearsayError('ERR_THE_ONE_MAP', 'no road leads from one stop of a route to the next');
    this.node = this.#stopNode();
    return this.pathThrough(nodes, speed);
  }

  #stopNode(): number {
    return this.#route.stops[this.#stop] as number;
  }

  #advance(): void {
    const { stops, type } = this.#route;
    if (type === ROUTE_TYPES.circular) {
      this.#stop = (this.#stop + 1) % stops.length;
      return;
    }
    if (this.#stop + this.#step < 0 || this.#stop + this.#step >= stops.length) this.#step = -this.#step;
    this.#stop += this.#step;
  }
}

export function pick<T>(list: readonly T[], random: JavaRandom): T {
  if (list.length === 0) throw new HearsayError('ERR_THE_ONE_MAP', 'a node of the map has no roads that may be used');
  return list[random.nextInt(list.length)] as T;
}
