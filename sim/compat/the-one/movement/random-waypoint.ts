/** `RandomWaypoint`: straight to a random place, a wait, and on (rule 26). */
import type { JavaRandom } from '../java/random.js';
import type { MovementModel, Path, Place } from './model.js';

/** What most models share: one generator for all hosts, and how fast they go and how long they wait. */
export interface Pace {
  readonly random: JavaRandom;
  readonly speed: readonly [number, number];
  readonly waitS: readonly [number, number];
}

export function drawSpeed({ random, speed }: Pace): number {
  return drawBetween(random, speed);
}

/** Seconds. */
export function drawWait({ random, waitS }: Pace): number {
  return drawBetween(random, waitS);
}

export function drawBetween(random: JavaRandom, [low, high]: readonly [number, number]): number {
  return (high - low) * random.nextDouble() + low;
}

export class RandomWaypoint implements MovementModel {
  readonly #pace: Pace;
  readonly #world: Place;

  /** @param world its far corner */
  constructor(pace: Pace, world: Place) {
    this.#pace = pace;
    this.#world = world;
  }

  initialPlace(): Place {
    return this.#randomPlace();
  }

  nextDeparture(now: number): number {
    return now + drawWait(this.#pace);
  }

  nextPath(here: Place): Path {
    const speed = drawSpeed(this.#pace);
    return { speed, waypoints: [here, this.#randomPlace()] };
  }

  #randomPlace(): Place {
    const { random } = this.#pace;
    const x = random.nextDouble() * this.#world.x;
    return { x, y: random.nextDouble() * this.#world.y };
  }
}
