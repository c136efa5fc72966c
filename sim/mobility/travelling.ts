/** Nodes that go somewhere: between places, along a line, by the clock. */
import { HearsayError } from '../../src/base/index.js';
import type { Leg, MobilityModel } from './types.js';
import { around, drawn, type Point, type Span, Walker } from './walk.js';

const DAY_MS = 86_400_000;

export interface Place extends Point {
  readonly radiusM: number;
}

export interface ShuttleOptions {
  readonly places: readonly Place[];
  readonly speed: Span;
  /** How long it stays at a place. */
  readonly stayMs: Span;
  /** In their order and back to the first, or the next one drawn each time. @default drawn */
  readonly inOrder?: boolean;
}

/** Walks from place to place: the one who carries messages between neighbourhoods. */
export function shuttle({ places, speed, stayMs, inOrder = false }: ShuttleOptions): MobilityModel {
  if (places.length < 2) throw new HearsayError('ERR_SCENARIO', 'a shuttle needs two places or more');
  return {
    name: 'shuttle',
    *path(context) {
      const { random, endMs, member } = context;
      const point = (place: Place | undefined): Point =>
        place === undefined ? { x: 0, y: 0 } : around(place, place.radiusM, context, random);
      let index = inOrder ? member % places.length : Math.floor(random.unit() * places.length);
      const walker = new Walker(point(places[index]));
      while (walker.nowMs < endMs) {
        yield walker.waitMs(drawn(stayMs, random));
        index = inOrder ? (index + 1) % places.length : other(index, places.length, random.unit());
        yield walker.walkTo(point(places[index]), drawn(speed, random));
      }
    },
  };
}

/** One of the others, each as likely. */
function other(index: number, count: number, unit: number): number {
  return (index + 1 + Math.floor(unit * (count - 1))) % count;
}

export interface RouteOptions {
  /** At least two points; the route is gone there and back, or round when it ends where it began. */
  readonly stops: readonly Point[];
  readonly speed: Span;
  readonly stopMs: Span;
}

/** A bus: from stop to stop along a line, for ever. Members of a group start spread over the stops. */
export function route({ stops, speed, stopMs }: RouteOptions): MobilityModel {
  const first = stops[0];
  const last = stops.at(-1);
  if (first === undefined || last === undefined || stops.length < 2) {
    throw new HearsayError('ERR_SCENARIO', 'a route needs two stops or more');
  }
  const isRound = first.x === last.x && first.y === last.y;
  const lap = isRound ? stops.slice(0, -1) : [...stops, ...stops.slice(1, -1).reverse()];
  return {
    name: 'route',
    *path({ random, endMs, member }) {
      let index = (member * Math.max(1, Math.round(lap.length / 4))) % lap.length;
      const walker = new Walker(lap[index] ?? first);
      while (walker.nowMs < endMs) {
        yield walker.waitMs(drawn(stopMs, random));
        index = (index + 1) % lap.length;
        yield walker.walkTo(lap[index] ?? first, drawn(speed, random));
      }
    },
  };
}

export interface Appointment {
  /** Ms after midnight; the simulation begins at midnight. */
  readonly atMs: number;
  readonly place: Place;
  /** How much earlier or later one leaves for it. @default 0 */
  readonly jitterMs?: number;
}

export interface TimetableOptions {
  /** The day's appointments, in order. */
  readonly day: readonly Appointment[];
  /** Where the day begins and ends; each member has a home of its own in it. */
  readonly home: Place;
  readonly speed: Span;
  /** How long one stays at a spot before moving to another within the place. */
  readonly pauseMs: Span;
}

/** Lives by the clock: home, school, the square, home. Within a place one moves from spot to spot. */
export function timetable({ day, home, speed, pauseMs }: TimetableOptions): MobilityModel {
  return {
    name: 'timetable',
    *path(context) {
      const { random, endMs } = context;
      const own = around(home, home.radiusM, context, random);
      const walker = new Walker(own);
      for (let midnight = 0; walker.nowMs < endMs; midnight += DAY_MS) {
        let place: Place = { ...own, radiusM: 0 };
        for (const { atMs, place: next, jitterMs = 0 } of day) {
          const leaveAt = midnight + atMs + drawn({ min: -jitterMs, max: jitterMs }, random);
          yield* moveAbout(walker, place, leaveAt);
          place = next;
          if (walker.nowMs < endMs)
            yield walker.walkTo(around(place, place.radiusM, context, random), drawn(speed, random));
        }
        yield* moveAbout(
          walker,
          place,
          midnight + DAY_MS - (Math.hypot(own.x - walker.at.x, own.y - walker.at.y) / speed.max) * 1000,
        );
        yield walker.walkTo(own, drawn(speed, random));
        yield* walker.waitUntil(midnight + DAY_MS);
      }

      function* moveAbout(who: Walker, place: Place, untilMs: number): Generator<Leg> {
        while (place.radiusM > 0) {
          const pause = drawn(pauseMs, random);
          if (who.nowMs + pause >= untilMs) break;
          yield who.waitMs(pause);
          yield who.walkTo(around(place, place.radiusM, context, random), drawn(speed, random));
        }
        yield* who.waitUntil(untilMs);
      }
    },
  };
}
