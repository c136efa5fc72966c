/** What moves a host: a place to begin, paths to walk, and waits between them. */

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Places to go to in a straight line one after the other, at a speed. */
export interface Path {
  readonly waypoints: readonly Place[];
  /** Metres per second; one for all, or one for each waypoint. */
  readonly speed: number | readonly number[];
}

/** The movement of one host. Its methods draw random numbers, so when they are called is part of the results. */
export interface MovementModel {
  /** Where the host is at the beginning; called once, first. */
  initialPlace(): Place;
  /** When it may set out next, in seconds; Infinity for never. Called at the beginning and whenever a path is done. */
  nextDeparture(now: number): number;
  /** Its next path; undefined when there is none now. @param here where it stands */
  nextPath(here: Place, now: number): Path | undefined;
}
