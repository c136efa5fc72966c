/** The steps that all models are made of: walking and waiting, one leg after the other. */
import type { Random } from '../../src/base/index.js';
import type { Leg } from './types.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Uniform in [min, max]. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

export function drawn({ min, max }: Span, random: Random): number {
  return min + (max - min) * random.unit();
}

/** Where a node is and when, and the legs from there on. */
export class Walker {
  at: Point;
  nowMs: number;

  constructor(at: Point, nowMs = 0) {
    this.at = at;
    this.nowMs = nowMs;
  }

  /** @param speed metres per second, above 0. */
  walkTo(to: Point, speed: number): Leg {
    const distance = Math.hypot(to.x - this.at.x, to.y - this.at.y);
    return this.#go(to, this.nowMs + (distance / speed) * 1000);
  }

  waitMs(ms: number): Leg {
    return this.#go(this.at, this.nowMs + ms);
  }

  /** Stands until then; nothing when that has passed. */
  *waitUntil(untilMs: number): Generator<Leg> {
    if (untilMs > this.nowMs) yield this.#go(this.at, untilMs);
  }

  #go(to: Point, toMs: number): Leg {
    const leg = { fromMs: this.nowMs, toMs, fromX: this.at.x, fromY: this.at.y, toX: to.x, toY: to.y };
    this.at = to;
    this.nowMs = toMs;
    return leg;
  }
}

export function anywhere(world: { readonly widthM: number; readonly heightM: number }, random: Random): Point {
  return { x: random.unit() * world.widthM, y: random.unit() * world.heightM };
}

/** Uniform over a disc, kept within the world. */
export function around(
  centre: Point,
  radiusM: number,
  world: { readonly widthM: number; readonly heightM: number },
  random: Random,
): Point {
  const distance = radiusM * Math.sqrt(random.unit());
  const angle = 2 * Math.PI * random.unit();
  return {
    x: Math.min(world.widthM, Math.max(0, centre.x + distance * Math.cos(angle))),
    y: Math.min(world.heightM, Math.max(0, centre.y + distance * Math.sin(angle))),
  };
}
