/** Nodes that wander: nowhere in particular, or around a place. */
import type { Leg, MobilityModel, PathContext } from './types.js';
import { anywhere, around, drawn, type Point, type Span, Walker } from './walk.js';

export interface RandomWaypointOptions {
  /** Metres per second. */
  readonly speed: Span;
  readonly pauseMs: Span;
}

/** To a point anywhere in the world, a pause, and on (Johnson and Maltz, *Dynamic source routing*, 1996). */
export function randomWaypoint({ speed, pauseMs }: RandomWaypointOptions): MobilityModel {
  return {
    name: 'random-waypoint',
    *path(context) {
      const walker = new Walker(anywhere(context, context.random));
      while (walker.nowMs < context.endMs) {
        yield walker.walkTo(anywhere(context, context.random), drawn(speed, context.random));
        yield walker.waitMs(drawn(pauseMs, context.random));
      }
    },
  };
}

export interface RandomWalkOptions {
  readonly speed: Span;
  /** Of one straight walk. */
  readonly distanceM: Span;
  readonly pauseMs: Span;
}

/** A straight walk in any direction that stays in the world, a pause, and on. */
export function randomWalk({ speed, distanceM, pauseMs }: RandomWalkOptions): MobilityModel {
  return {
    name: 'random-walk',
    *path(context) {
      const walker = new Walker(anywhere(context, context.random));
      while (walker.nowMs < context.endMs) {
        yield walker.walkTo(step(walker.at, distanceM, context), drawn(speed, context.random));
        yield walker.waitMs(drawn(pauseMs, context.random));
      }
    },
  };
}

function step(from: Point, distanceM: Span, context: PathContext): Point {
  for (;;) {
    const distance = Math.min(drawn(distanceM, context.random), context.widthM, context.heightM);
    const angle = 2 * Math.PI * context.random.unit();
    const to = { x: from.x + distance * Math.cos(angle), y: from.y + distance * Math.sin(angle) };
    if (to.x >= 0 && to.y >= 0 && to.x <= context.widthM && to.y <= context.heightM) return to;
  }
}

export interface StationaryOptions {
  /** @default anywhere */
  readonly at?: Point;
  /** How far from there. @default 0 */
  readonly radiusM?: number;
}

/** Stays where it is: a server on a shelf, a laptop at home. */
export function stationary({ at, radiusM = 0 }: StationaryOptions = {}): MobilityModel {
  return {
    name: 'stationary',
    *path(context): Generator<Leg> {
      const place = at === undefined ? anywhere(context, context.random) : around(at, radiusM, context, context.random);
      yield* new Walker(place).waitUntil(context.endMs);
    },
  };
}

export interface ClusterOptions extends RandomWaypointOptions {
  readonly centre: Point;
  readonly radiusM: number;
}

/** Random waypoint within a disc: the people of one neighbourhood. */
export function cluster({ centre, radiusM, speed, pauseMs }: ClusterOptions): MobilityModel {
  return {
    name: 'cluster',
    *path(context) {
      const { random, endMs } = context;
      const walker = new Walker(around(centre, radiusM, context, random));
      while (walker.nowMs < endMs) {
        yield walker.walkTo(around(centre, radiusM, context, random), drawn(speed, random));
        yield walker.waitMs(drawn(pauseMs, random));
      }
    },
  };
}
