/**
 * `WorkingDayMovement`, after Ekman, Keränen, Karvo and Ott, "Working day movement model" (MobilityModels 2008): home, the
 * way to work by car, by bus or on foot, hours at an office, with some probability an evening out in a group, and home.
 *
 * Times and places follow the paper; no run of The ONE has been compared with it. A day has 24 h and begins, at time 0,
 * with the way to work, earlier or later by a normally distributed difference of each person's own.
 */
import type { JavaRandom } from '../java/random.js';
import { type BusMovement, type BusSystem, nearestByRoad } from './buses.js';
import type { EveningSystem } from './evenings.js';
import { pick, type Terrain } from './map-based.js';
import type { MovementModel, Path, Place } from './model.js';
import { drawBetween, drawSpeed, type Pace } from './random-waypoint.js';

const DAY_S = 86_400;
/** How fast cars go, in metres per second: the settings have only the speed on foot. */
const CAR_SPEED = [7, 10] as const;
/** How often somebody who waits for a bus, or for company, looks up. */
const LOOK_S = 1;

export interface WorkingDayOptions {
  readonly homes: readonly number[];
  readonly offices: readonly number[];
  readonly workDayS: number;
  /** The side of an office, which is a square, in metres. */
  readonly officeSizeM: number;
  readonly officeWaitCoefficient: number;
  readonly officeWaitS: readonly [number, number];
  /** Standard deviation of a person's own time difference, in seconds. */
  readonly differenceS: number;
  readonly eveningProbability: number;
  readonly eveningStopS: readonly [number, number];
  readonly carProbability: number;
}

/** What a person does next: stay for a time, go, or wait until something can be followed. */
type Step =
  | { readonly do: 'stay'; readonly forS: number }
  | { readonly do: 'go'; readonly path: Path }
  | { readonly do: 'watch'; readonly until: () => boolean };

export class WorkingDayMovement implements MovementModel {
  readonly #pace: Pace;
  readonly #terrain: Terrain;
  readonly #options: WorkingDayOptions;
  readonly #buses: BusSystem | undefined;
  readonly #evenings: EveningSystem;
  readonly #home: number;
  readonly #office: number;
  readonly #spot: number;
  readonly #differenceS: number;
  readonly #hasCar: boolean;
  readonly #life: Generator<Step, never>;
  #node: number;
  #now = 0;
  #step: Step | undefined;

  constructor(
    pace: Pace,
    terrain: Terrain,
    options: WorkingDayOptions,
    buses: BusSystem | undefined,
    evenings: EveningSystem,
  ) {
    const { random } = pace;
    this.#pace = pace;
    this.#terrain = terrain;
    this.#options = options;
    this.#buses = buses;
    this.#evenings = evenings;
    this.#home = pick(options.homes, random);
    this.#office = pick(options.offices, random);
    this.#spot = pick(evenings.spots, random);
    this.#differenceS = random.nextGaussian() * options.differenceS;
    this.#hasCar = random.nextDouble() < options.carProbability;
    this.#node = this.#home;
    this.#life = this.#live();
  }

  initialPlace(): Place {
    return this.#terrain.map.place(this.#home);
  }

  nextDeparture(now: number): number {
    this.#now = now;
    this.#step ??= this.#life.next().value;
    if (this.#step.do === 'go') return now;
    if (this.#step.do === 'watch') return now + LOOK_S;
    const { forS } = this.#step;
    this.#step = undefined;
    return now + forS;
  }

  nextPath(_here: Place, now: number): Path | undefined {
    this.#now = now;
    if (this.#step?.do === 'watch' && !this.#step.until()) return undefined;
    if (this.#step === undefined || this.#step.do === 'watch') this.#step = this.#life.next().value;
    if (this.#step.do !== 'go') return undefined;
    const { path } = this.#step;
    this.#step = undefined;
    return path;
  }

  *#live(): Generator<Step, never> {
    for (let day = 0; ; day++) {
      yield { do: 'stay', forS: Math.max(0, day * DAY_S + this.#differenceS - this.#now) };
      yield* this.#travel(this.#office);
      yield* this.#work();
      if (this.#random.nextDouble() < this.#options.eveningProbability) yield* this.#goOut();
      yield* this.#travel(this.#home);
    }
  }

  get #random(): JavaRandom {
    return this.#pace.random;
  }

  *#travel(to: number): Generator<Step> {
    if (this.#hasCar) yield this.#wayTo(to, drawBetween(this.#random, CAR_SPEED));
    else yield* this.#travelByBus(to);
  }

  /** On foot where that is shorter than to and from the stops. */
  *#travelByBus(to: number): Generator<Step> {
    const { paths } = this.#terrain;
    const stops = this.#buses?.stops ?? [];
    const first = nearestByRoad(paths, this.#node, stops);
    const last = nearestByRoad(paths, to, stops);
    if (first !== undefined && last !== undefined && first !== last) {
      const onFoot = paths.lengthBetween(this.#node, first) + paths.lengthBetween(last, to);
      if (onFoot < paths.lengthBetween(this.#node, to)) yield* this.#ride(first, last);
    }
    yield this.#walkTo(to);
  }

  *#ride(first: number, last: number): Generator<Step> {
    if (this.#node !== first) yield this.#walkTo(first);
    let bus: BusMovement | undefined;
    yield {
      do: 'watch',
      until: () => {
        bus = this.#buses?.busAt(first, last);
        return bus !== undefined;
      },
    };
    while (bus !== undefined && this.#node !== last) {
      const taken = bus;
      const before = taken.lastPath;
      yield { do: 'watch', until: () => taken.lastPath !== before };
      if (taken.lastPath === undefined) return;
      yield { do: 'go', path: taken.lastPath };
      this.#node = this.#terrain.map.nearestTo(taken.lastPath.waypoints.at(-1) ?? this.initialPlace());
    }
  }

  #walkTo(node: number): Step {
    return this.#wayTo(node, drawSpeed(this.#pace));
  }

  #wayTo(node: number, speed: number): Step {
    const nodes = this.#terrain.paths.between(this.#node, node);
    this.#node = node;
    return { do: 'go', path: { speed, waypoints: nodes.map((step) => this.#terrain.map.place(step)) } };
  }

  /** From place to place within the office, with waits of which a few are very long. */
  *#work(): Generator<Step> {
    const { workDayS, officeSizeM, officeWaitCoefficient, officeWaitS } = this.#options;
    const { x, y } = this.#terrain.map.place(this.#office);
    const end = this.#now + workDayS;
    while (this.#now < end) {
      const desk = {
        x: x + (this.#random.nextDouble() - 0.5) * officeSizeM,
        y: y + (this.#random.nextDouble() - 0.5) * officeSizeM,
      };
      yield { do: 'go', path: { speed: drawSpeed(this.#pace), waypoints: [desk] } };
      const [least, most] = officeWaitS;
      const pareto = least / (1 - this.#random.nextDouble()) ** (1 / officeWaitCoefficient);
      yield { do: 'stay', forS: Math.max(0, Math.min(pareto, most, end - this.#now)) };
    }
    yield { do: 'go', path: { speed: drawSpeed(this.#pace), waypoints: [{ x, y }] } };
  }

  /** To the favourite spot; with the others somewhere, for a while. Who finds no company in that time goes home. */
  *#goOut(): Generator<Step> {
    const { eveningStopS } = this.#options;
    yield* this.#travel(this.#spot);
    const patienceEnds = this.#now + eveningStopS[1];
    const group = this.#evenings.join(this.#spot, this.#random, () => {
      const nodes = this.#terrain.paths.between(this.#spot, pick(this.#terrain.nodes, this.#random));
      return { speed: drawSpeed(this.#pace), waypoints: nodes.map((node) => this.#terrain.map.place(node)) };
    });
    yield { do: 'watch', until: () => group.path !== undefined || this.#now >= patienceEnds };
    if (group.path === undefined) {
      this.#evenings.leave(this.#spot, group);
      return;
    }
    yield { do: 'go', path: group.path };
    this.#node = this.#terrain.map.nearestTo(group.path.waypoints.at(-1) ?? this.#terrain.map.place(this.#spot));
    yield { do: 'stay', forS: drawBetween(this.#random, eveningStopS) };
  }
}
