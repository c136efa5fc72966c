/** `RandomWalk` and `ClusterMovement`: short walks in any direction, and random waypoints within a circle. */
import type { MovementModel, Path, Place } from './model.js';
import { drawSpeed, drawWait, type Pace } from './random-waypoint.js';

/** The longest straight walk, in metres. */
const LONGEST_M = 50;

export class RandomWalk implements MovementModel {
  readonly #pace: Pace;
  readonly #world: Place;

  constructor(pace: Pace, world: Place) {
    this.#pace = pace;
    this.#world = world;
  }

  initialPlace(): Place {
    const { random } = this.#pace;
    const x = random.nextDouble() * this.#world.x;
    return { x, y: random.nextDouble() * this.#world.y };
  }

  nextDeparture(now: number): number {
    return now + drawWait(this.#pace);
  }

  /** Directions that lead out of the world are drawn again. */
  nextPath(here: Place): Path {
    const { random } = this.#pace;
    const speed = drawSpeed(this.#pace);
    for (;;) {
      const angle = random.nextDouble() * 2 * Math.PI;
      const lengthM = random.nextDouble() * LONGEST_M;
      const x = here.x + lengthM * Math.cos(angle);
      const y = here.y + lengthM * Math.sin(angle);
      if (x > 0 && y > 0 && x < this.#world.x && y < this.#world.y) return { speed, waypoints: [here, { x, y }] };
    }
  }
}

export class ClusterMovement implements MovementModel {
  readonly #pace: Pace;
  readonly #centre: Place;
  readonly #radiusM: number;

  constructor(pace: Pace, centre: Place, radiusM: number) {
    this.#pace = pace;
    this.#centre = centre;
    this.#radiusM = radiusM;
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

  /** Evenly over the circle: of the square around it, whatever is inside. */
  #randomPlace(): Place {
    const { random } = this.#pace;
    for (;;) {
      const x = (random.nextDouble() * 2 - 1) * this.#radiusM;
      const y = (random.nextDouble() * 2 - 1) * this.#radiusM;
      if (x * x + y * y <= this.#radiusM * this.#radiusM) return { x: this.#centre.x + x, y: this.#centre.y + y };
    }
  }
}
