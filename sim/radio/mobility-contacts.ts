/**
 * Contacts from motion, computed and not stepped: when two nodes that move along straight legs come within range and
 * leave it is the root of a quadratic equation.
 *
 * Nodes live in a grid whose cells are at least as wide as the range, so whoever is in range is in the 3 × 3 cells
 * around. A pair is looked at when one of the two begins a new leg or enters a new cell, and never otherwise: the cost grows with legs,
 * cells crossed and contacts, not with nodes times steps.
 */
import type { Leg } from '../mobility/types.js';
import { EventHeap } from './event-heap.js';
import { Grid } from './grid.js';
import { MillisecondOrder } from './millisecond-order.js';
import type { ContactEvent, ContactSource } from './types.js';

export interface MobilityContactsOptions {
  readonly widthM: number;
  readonly heightM: number;
  readonly endMs: number;
  /** For each node its legs, afresh at each call; undefined for a node without this radio. */
  readonly legs: readonly ((() => Iterable<Leg>) | undefined)[];
  readonly rangeM: number;
  readonly radio: number;
}

/** The contacts over one radio. Times are rounded to the millisecond; contacts that begin and end in the same one are left out. */
export function mobilityContacts(options: MobilityContactsOptions): ContactSource {
  return {
    nodes: options.legs.length,
    endMs: options.endMs,
    events: () => new MillisecondOrder().sort(new Pursuit(options).run()),
  };
}

enum Kind {
  LegEnds = 0,
  EntersCell = 1,
  Up = 2,
  Down = 3,
}

/** A fraction of the range within which a node that moves away counts as gone: rounding must not bring it back. */
const EDGE = 1e-9;
const NOWHERE = -1;

class Pursuit {
  readonly #options: MobilityContactsOptions;
  readonly #heap = new EventHeap();
  readonly #grid: Grid;
  readonly #paths: (Iterator<Leg> | undefined)[];
  /** The leg that each node is on, by columns. */
  readonly #fromMs: Float64Array;
  readonly #toMs: Float64Array;
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  /** Metres per ms. */
  readonly #vx: Float64Array;
  readonly #vy: Float64Array;
  /** Counts legs: what was foreseen on an earlier one is void. */
  readonly #version: Int32Array;
  readonly #partners: (Set<number> | undefined)[];
  readonly #near: number[] = [];
  #out: ContactEvent[] = [];

  constructor(options: MobilityContactsOptions) {
    const { legs, widthM, heightM, rangeM } = options;
    const nodes = legs.length;
    this.#options = options;
    // Cells wider than the range where nodes are few: crossing one is what an idle walker costs.
    const roomy = Math.sqrt((widthM * heightM) / Math.max(1, nodes));
    this.#grid = new Grid(widthM, heightM, Math.max(rangeM, roomy, 1), nodes);
    this.#paths = legs.map((open) => open?.()[Symbol.iterator]());
    this.#fromMs = new Float64Array(nodes);
    this.#toMs = new Float64Array(nodes);
    this.#x = new Float64Array(nodes);
    this.#y = new Float64Array(nodes);
    this.#vx = new Float64Array(nodes);
    this.#vy = new Float64Array(nodes);
    this.#version = new Int32Array(nodes);
    this.#partners = new Array(nodes);
  }

  *run(): Generator<ContactEvent> {
    const { endMs } = this.#options;
    for (let node = 0; node < this.#paths.length; node++) {
      if (this.#paths[node] !== undefined) this.#beginLeg(node);
    }
    for (let now = this.#heap.nextTime; now < endMs; now = this.#heap.nextTime) {
      this.#heap.take();
      const { kind, a, b, versionA, versionB } = this.#heap;
      if (versionA === this.#version[a] && (kind <= Kind.EntersCell || versionB === this.#version[b])) {
        this.#happen(kind, a, b, now);
      }
      if (this.#out.length > 0) yield* this.#takeOut();
    }
    this.#endAll(endMs);
    yield* this.#takeOut();
  }

  #takeOut(): readonly ContactEvent[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #happen(kind: Kind, a: number, b: number, now: number): void {
    switch (kind) {
      case Kind.LegEnds:
        return this.#beginLeg(a);
      case Kind.EntersCell: {
        const before = this.#grid.cellOf(a);
        this.#place(a, now);
        return this.#lookAround(a, before, now);
      }
      case Kind.Up:
        return this.#up(a, b, now);
      case Kind.Down:
        return this.#down(a, b, now);
    }
  }

  /** Takes the next leg that lasts; a node whose path is over stands where it is. */
  #beginLeg(node: number): void {
    const path = this.#paths[node];
    let leg: Leg | undefined;
    do {
      const step = path?.next();
      leg = step === undefined || step.done === true ? undefined : step.value;
    } while (leg !== undefined && leg.toMs <= leg.fromMs);
    this.#version[node] = (this.#version[node] ?? 0) + 1;
    const now = this.#version[node] === 1 ? (leg?.fromMs ?? 0) : (this.#toMs[node] ?? 0);
    if (leg === undefined) this.#stand(node, now);
    else this.#follow(node, leg);
    this.#place(node, now);
    if (leg !== undefined) this.#heap.add(leg.toMs, Kind.LegEnds, node, 0, this.#version[node] ?? 0, 0);
    this.#lookAround(node, NOWHERE, now);
    // Those in range are in the cells around, but for rounding at an edge.
    for (const other of this.#partners[node] ?? []) {
      if (!this.#grid.areClose(node, other)) this.#foresee(node, other, now);
    }
  }

  #follow(node: number, leg: Leg): void {
    const lasts = leg.toMs - leg.fromMs;
    this.#fromMs[node] = leg.fromMs;
    this.#toMs[node] = leg.toMs;
    this.#x[node] = leg.fromX;
    this.#y[node] = leg.fromY;
    this.#vx[node] = (leg.toX - leg.fromX) / lasts;
    this.#vy[node] = (leg.toY - leg.fromY) / lasts;
  }

  #stand(node: number, now: number): void {
    this.#x[node] = this.#xAt(node, now);
    this.#y[node] = this.#yAt(node, now);
    this.#fromMs[node] = now;
    this.#toMs[node] = Number.POSITIVE_INFINITY;
    this.#vx[node] = 0;
    this.#vy[node] = 0;
  }

  #xAt(node: number, now: number): number {
    return (this.#x[node] ?? 0) + (this.#vx[node] ?? 0) * (now - (this.#fromMs[node] ?? 0));
  }

  #yAt(node: number, now: number): number {
    return (this.#y[node] ?? 0) + (this.#vy[node] ?? 0) * (now - (this.#fromMs[node] ?? 0));
  }

  /** Puts the node into its cell, and foresees when it leaves that. */
  #place(node: number, now: number): void {
    const grid = this.#grid;
    const [x, y, vx, vy] = [this.#xAt(node, now), this.#yAt(node, now), this.#vx[node] ?? 0, this.#vy[node] ?? 0];
    // On an edge the node is in the cell that it moves into.
    const column = grid.columnAt(x + Math.sign(vx) * grid.cellM * EDGE);
    const row = grid.rowAt(y + Math.sign(vy) * grid.cellM * EDGE);
    if (grid.cellOf(node) !== row * grid.columns + column) grid.place(node, column, row);
    const leavesAt =
      now +
      Math.min(timeToLeave(x, vx, column, grid.columns, grid.cellM), timeToLeave(y, vy, row, grid.rows, grid.cellM));
    if (leavesAt < (this.#toMs[node] ?? 0)) {
      this.#heap.add(leavesAt, Kind.EntersCell, node, 0, this.#version[node] ?? 0, 0);
    }
  }

  /** Looks at all pairs of this node that can come into range before one of the two turns or changes cells. */
  #lookAround(node: number, cellBefore: number, now: number): void {
    const count = this.#grid.around(node, cellBefore, this.#near);
    for (let index = 0; index < count; index++) this.#foresee(node, this.#near[index] ?? 0, now);
  }

  #foresee(node: number, other: number, now: number): void {
    const [a, b] = node < other ? [node, other] : [other, node];
    const dx = this.#xAt(b, now) - this.#xAt(a, now);
    const dy = this.#yAt(b, now) - this.#yAt(a, now);
    const vx = (this.#vx[b] ?? 0) - (this.#vx[a] ?? 0);
    const vy = (this.#vy[b] ?? 0) - (this.#vy[a] ?? 0);
    const range = this.#options.rangeM;
    // |d + v t|² = range²  is  speed2 t² + 2 closing t + excess = 0.
    const speed2 = vx * vx + vy * vy;
    const closing = dx * vx + dy * vy;
    const excess = dx * dx + dy * dy - range * range;
    const until = Math.min(this.#toMs[a] ?? 0, this.#toMs[b] ?? 0);
    if (this.#partners[a]?.has(b) === true) {
      if (speed2 === 0) return;
      const root = closing * closing - speed2 * excess;
      const leaves = root <= 0 ? now : Math.max(now, now + (Math.sqrt(root) - closing) / speed2);
      if (leaves < until) this.#add(leaves, Kind.Down, a, b);
      return;
    }
    if (excess <= 0) {
      if (closing < 0 || excess < -EDGE * range * range) this.#up(a, b, now);
      return;
    }
    if (closing >= 0) return;
    const root = closing * closing - speed2 * excess;
    if (root <= 0) return;
    // The smaller root, without the cancellation of -closing - sqrt(root) when the two meet head-on.
    const enters = now + excess / (Math.sqrt(root) - closing);
    if (enters < until) this.#add(enters, Kind.Up, a, b);
  }

  #add(time: number, kind: Kind, a: number, b: number): void {
    this.#heap.add(time, kind, a, b, this.#version[a] ?? 0, this.#version[b] ?? 0);
  }

  #up(a: number, b: number, now: number): void {
    const ofA = this.#partnersOf(a);
    // It may have been foreseen twice: at a turn and at a cell's edge.
    if (ofA.has(b)) return;
    ofA.add(b);
    this.#partnersOf(b).add(a);
    this.#out.push({ atMs: now, a, b, up: true, radio: this.#options.radio });
    this.#foresee(a, b, now);
  }

  #down(a: number, b: number, now: number): void {
    if (this.#partners[a]?.delete(b) !== true) return;
    this.#partners[b]?.delete(a);
    this.#out.push({ atMs: now, a, b, up: false, radio: this.#options.radio });
  }

  #endAll(endMs: number): void {
    for (const [a, partners] of this.#partners.entries()) {
      for (const b of partners ?? []) if (a < b) this.#down(a, b, endMs);
    }
  }

  #partnersOf(node: number): Set<number> {
    let partners = this.#partners[node];
    if (partners === undefined) {
      partners = new Set();
      this.#partners[node] = partners;
    }
    return partners;
  }
}

/** @returns ms until a coordinate leaves its cell; never out of the world. */
function timeToLeave(at: number, velocity: number, cell: number, cells: number, cellM: number): number {
  if (velocity > 0 && cell + 1 < cells) return Math.max(0, ((cell + 1) * cellM - at) / velocity);
  if (velocity < 0 && cell > 0) return Math.max(0, (cell * cellM - at) / velocity);
  return Number.POSITIVE_INFINITY;
}
