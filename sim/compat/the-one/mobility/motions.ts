/**
 * Where every host is, round by round, without going there step by step.
 *
 * Between two turns a host advances by the same vector every round, so its place after any round is a multiplication
 * away. The ONE adds that vector up instead, with a rounding error each time: our place differs from its by a few
 * billionths of a metre, and `slack` says by how much at most. Whoever has to decide something closer than that (is the
 * waypoint reached in this round? is the range kept?) asks for the exact place, which is found by stepping along the
 * path as The ONE does, from its last exactly known point. That is rare, so it may be slow.
 */
import type { MovementModel, Path, Place } from '../movement/index.js';

/** Rounds that never come. */
export const NEVER = 0x7fffffff;

/** What a step can be wrong by, relative to the coordinates: four times the rounding of one addition. */
const STEP_ERROR = 2 ** -51;
/** A last round of warm-up that differs by less from the others counts as one of them; `slack` covers the rest. */
const SAME_LENGTH = 1e-7;

/** A path being walked, with a point on it that is known to the last bit. */
interface Walk {
  readonly path: Path;
  /** The place after this round is exact. */
  round: number;
  x: number;
  y: number;
  /** Which waypoint is ahead. */
  next: number;
}

export interface MotionsOptions {
  readonly models: readonly MovementModel[];
  readonly intervalS: number;
  /** How many rounds of warm-up there are; the last one may have another length. */
  readonly warmupRounds: number;
  readonly lastWarmupS: number;
  /** When the hosts begin: the negative warm-up. */
  readonly startS: number;
}

export class Motions {
  /** How many rounds of movement have been made, warm-up included. */
  round = 0;
  readonly count: number;
  /** The round in which the host's straight line next ends; {@link NEVER} while it waits. */
  readonly legEnd: Int32Array;
  /** Changes whenever the host's straight line does. */
  readonly serial: Int32Array;
  /** When a waiting host may leave. */
  readonly departure: Float64Array;

  readonly #legRound: Int32Array;
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  readonly #dx: Float64Array;
  readonly #dy: Float64Array;
  readonly #slack: Float64Array;
  readonly #slackPerRound: Float64Array;
  /** Which waypoint the leg leads to. */
  readonly #ahead: Int32Array;
  /** 1 where the leg's end was too close to call, and was found by stepping. */
  readonly #steppedEnd: Uint8Array;
  readonly #walks: (Walk | undefined)[];
  readonly #options: MotionsOptions;

  constructor(options: MotionsOptions) {
    const { models, startS } = options;
    const count = models.length;
    this.count = count;
    this.#options = options;
    this.legEnd = new Int32Array(count).fill(NEVER);
    this.serial = new Int32Array(count);
    this.departure = new Float64Array(count);
    this.#legRound = new Int32Array(count);
    this.#x = new Float64Array(count);
    this.#y = new Float64Array(count);
    this.#dx = new Float64Array(count);
    this.#dy = new Float64Array(count);
    this.#slack = new Float64Array(count);
    this.#slackPerRound = new Float64Array(count);
    this.#ahead = new Int32Array(count);
    this.#steppedEnd = new Uint8Array(count);
    this.#walks = models.map(() => undefined);
    for (const [host, model] of models.entries()) {
      const { x, y } = model.initialPlace();
      this.#x[host] = x;
      this.#y[host] = y;
      this.departure[host] = model.nextDeparture(startS);
    }
  }

  isWaiting(host: number): boolean {
    return this.#walks[host] === undefined;
  }

  /** @param round not before the present one, and before the end of the leg */
  xAfter(host: number, round: number): number {
    return (this.#x[host] as number) + (round - (this.#legRound[host] as number)) * (this.#dx[host] as number);
  }

  yAfter(host: number, round: number): number {
    return (this.#y[host] as number) + (round - (this.#legRound[host] as number)) * (this.#dy[host] as number);
  }

  /** Metres per round. */
  dx(host: number): number {
    return this.#dx[host] as number;
  }

  dy(host: number): number {
    return this.#dy[host] as number;
  }

  /** How far, at most, the place given is from The ONE's. 0 where they are the same. */
  slackAfter(host: number, round: number): number {
    const rounds = round - (this.#legRound[host] as number);
    return (this.#slack[host] as number) + rounds * (this.#slackPerRound[host] as number);
  }

  /** The ONE's own place after a round, to the last bit. The round is before the end of the leg. */
  exactAfter(host: number, round: number): Place {
    const walk = this.#walks[host];
    if (walk === undefined) return { x: this.#x[host] as number, y: this.#y[host] as number };
    // What is remembered moves up to the present only: the next question may be about an earlier round than this one.
    if (walk.round < this.round) this.#stepTo(walk, this.round);
    if (round <= walk.round) return { x: walk.x, y: walk.y };
    const probe = { ...walk };
    this.#stepTo(probe, round);
    return { x: probe.x, y: probe.y };
  }

  /** A waiting host sets out in the present round, if its model has a path for it. @returns whether it did */
  setOut(host: number, now: number): boolean {
    const here = { x: this.#x[host] as number, y: this.#y[host] as number };
    const path = this.#modelOf(host).nextPath(here, now);
    if (path === undefined || path.waypoints.length === 0) {
      this.departure[host] = this.#modelOf(host).nextDeparture(now);
      return false;
    }
    const walk = { path, round: this.round - 1, x: here.x, y: here.y, next: 0 };
    this.#walks[host] = walk;
    this.#stepTo(walk, this.round);
    this.#goOn(host, walk.x, walk.y, walk.next, 0, now);
    return true;
  }

  /** The present round is the end of the host's leg: on to the next one, or to a wait. */
  turn(host: number, now: number): void {
    const walk = this.#walks[host];
    if (walk === undefined) return;
    if (this.#steppedEnd[host] === 0) {
      if (this.#turnByReckoning(host, walk, now)) return;
    }
    this.#stepTo(walk, this.round);
    this.#goOn(host, walk.x, walk.y, walk.next, 0, now);
  }

  /** @returns false when it is too close to call which waypoint this round reaches */
  #turnByReckoning(host: number, walk: Walk, now: number): boolean {
    const last = this.round - 1;
    const slack = this.slackAfter(host, this.round);
    const { waypoints } = walk.path;
    let x = this.xAfter(host, last);
    let y = this.yAfter(host, last);
    let next = this.#ahead[host] as number;
    let possible = this.#lengthOf(this.round) * speedAt(walk.path, next);
    for (let arriving = true; ; arriving = false) {
      const goal = waypoints[next];
      if (goal === undefined) break;
      const left = distance(x, y, goal);
      if (!arriving) {
        // A waypoint on the spot is passed whatever is left; any other has to be clearly within reach, or beyond it.
        if (left > 0 && Math.abs(possible - left) <= 2 * slack) return false;
        if (possible < left) {
          const share = possible / left;
          x += share * (goal.x - x);
          y += share * (goal.y - y);
          break;
        }
      }
      possible = Math.max(possible - left, 0);
      ({ x, y } = goal);
      next += 1;
    }
    // What is off along the old leg is off by as much along the new one.
    this.#goOn(host, x, y, next, next === waypoints.length ? 0 : slack + (this.#slackPerRound[host] as number), now);
    return true;
  }

  /** A new leg from here, or the end of the path. */
  #goOn(host: number, x: number, y: number, next: number, slack: number, now: number): void {
    this.serial[host] = (this.serial[host] as number) + 1;
    this.#legRound[host] = this.round;
    this.#x[host] = x;
    this.#y[host] = y;
    this.#slack[host] = slack;
    const walk = this.#walks[host];
    const goal = walk?.path.waypoints[next];
    if (walk === undefined || goal === undefined) {
      this.#walks[host] = undefined;
      this.#dx[host] = 0;
      this.#dy[host] = 0;
      this.#slackPerRound[host] = 0;
      this.legEnd[host] = NEVER;
      this.departure[host] = this.#modelOf(host).nextDeparture(now);
      return;
    }
    const left = distance(x, y, goal);
    const stride = this.#options.intervalS * speedAt(walk.path, next);
    this.#dx[host] = (stride / left) * (goal.x - x);
    this.#dy[host] = (stride / left) * (goal.y - y);
    this.#ahead[host] = next;
    const reach = Math.max(Math.abs(x), Math.abs(y), Math.abs(goal.x), Math.abs(goal.y));
    this.#slackPerRound[host] = reach * STEP_ERROR;
    this.#setLegEnd(host, walk, left / stride, stride);
  }

  /** @param strides how many rounds it is to the waypoint */
  #setLegEnd(host: number, walk: Walk, strides: number, stride: number): void {
    const { warmupRounds, lastWarmupS, intervalS } = this.#options;
    let end = Math.min(this.round + Math.ceil(strides), NEVER);
    this.#steppedEnd[host] = 0;
    const odd = Math.abs(lastWarmupS - intervalS);
    if (this.round < warmupRounds && end >= warmupRounds) {
      if (odd > SAME_LENGTH * intervalS) {
        // The round of another length is made step by step, and a new leg begins after it.
        this.legEnd[host] = warmupRounds;
        this.#steppedEnd[host] = 1;
        return;
      }
      this.#slack[host] = (this.#slack[host] as number) + (odd * stride) / intervalS;
    }
    const doubt = this.slackAfter(host, end) / stride + strides * STEP_ERROR;
    if (end < NEVER && Math.abs(strides - Math.round(strides)) <= doubt) {
      end = this.#arrivalByStepping(walk, this.#ahead[host] as number, end - 2);
      this.#steppedEnd[host] = 1;
    }
    this.legEnd[host] = end;
  }

  /** @param safe a round before which the waypoint is certainly not reached */
  #arrivalByStepping(walk: Walk, waypoint: number, safe: number): number {
    const probe = { ...walk };
    this.#stepTo(probe, Math.max(safe, this.round));
    while (probe.next <= waypoint) this.#stepTo(probe, probe.round + 1);
    return probe.round;
  }

  /** Moves along the path as The ONE does, round by round. */
  #stepTo(walk: Walk, round: number): void {
    const { waypoints } = walk.path;
    while (walk.round < round) {
      walk.round += 1;
      let goal = waypoints[walk.next];
      if (goal === undefined) continue;
      let possible = this.#lengthOf(walk.round) * speedAt(walk.path, walk.next);
      let left = distance(walk.x, walk.y, goal);
      while (possible >= left) {
        walk.x = goal.x;
        walk.y = goal.y;
        possible -= left;
        walk.next += 1;
        goal = waypoints[walk.next];
        if (goal === undefined) break;
        left = distance(walk.x, walk.y, goal);
      }
      if (goal === undefined) continue;
      const share = possible / left;
      walk.x += share * (goal.x - walk.x);
      walk.y += share * (goal.y - walk.y);
    }
  }

  #lengthOf(round: number): number {
    return round === this.#options.warmupRounds ? this.#options.lastWarmupS : this.#options.intervalS;
  }

  #modelOf(host: number): MovementModel {
    return this.#options.models[host] as MovementModel;
  }
}

function speedAt(path: Path, waypoint: number): number {
  return typeof path.speed === 'number' ? path.speed : (path.speed[waypoint] ?? 0);
}

/** As The ONE measures it: the root of the sum of squares. */
function distance(x: number, y: number, to: Place): number {
  const dx = x - to.x;
  const dy = y - to.y;
  return Math.sqrt(dx * dx + dy * dy);
}
