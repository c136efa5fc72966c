/** `StationaryMovement`: stays where the settings put it. */
import type { MovementModel, Path, Place } from './model.js';

export class StationaryMovement implements MovementModel {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  initialPlace(): Place {
    return this.#place;
  }

  nextDeparture(): number {
    return Number.POSITIVE_INFINITY;
  }

  nextPath(): Path | undefined {
    return undefined;
  }
}
