/** Where nodes are: gapless piecewise-linear paths, so that contacts can be computed exactly instead of by stepping. */
import type { Random } from '../../src/base/index.js';

/** Uniform motion along a straight line, or standing still. Metres, and ms since the simulation's start. */
export interface Leg {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
}

export interface PathContext {
  /** The node's index in the whole simulation. */
  readonly node: number;
  /** Its index in its group, from 0. */
  readonly member: number;
  /** A stream of the node's own: what one node draws changes nothing for another. */
  readonly random: Random;
  readonly widthM: number;
  readonly heightM: number;
  readonly endMs: number;
}

/** How the nodes of one group move. */
export interface MobilityModel {
  readonly name: string;
  /** The node's legs, each beginning where and when the one before it ended, from 0 to `endMs` at least. Lazy. */
  path(context: PathContext): Iterable<Leg>;
}
