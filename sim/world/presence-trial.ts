/**
 * How good the engine's confidence is: at drawn moments drawn people are asked how likely somebody they write to is to be
 * reached now, and the world says whether they can be.
 *
 * The truth: both laptops are on, and a chain of contacts between laptops that are on joins them at that moment.
 */
import type { Random } from '../../src/base/index.js';
import type { PresenceResult } from '../reports/types.js';

const BINS = 10;
/** A wrong answer without any doubt would cost infinitely much. */
const SUREST = 1e-6;

export interface Question {
  /** Who is asked, and about whom. */
  readonly owner: number;
  readonly other: number;
}

export interface TrialWorld {
  readonly nodes: number;
  isOn(node: number): boolean;
  /** Who is in reach of whom now. */
  contacts(): Iterable<{ readonly a: number; readonly b: number }>;
  /** What `owner`'s laptop says now; undefined when it knows nobody of that address. */
  confidence(question: Question): number | undefined;
}

export class PresenceTrial {
  readonly #questions: readonly Question[];
  readonly #random: Random;
  readonly #count = new Float64Array(BINS);
  readonly #stated = new Float64Array(BINS);
  readonly #right = new Float64Array(BINS);
  #squares = 0;
  #logs = 0;

  constructor(questions: readonly Question[], random: Random) {
    this.#questions = questions;
    this.#random = random;
  }

  /** Asks so many questions, drawn anew each time. */
  ask(world: TrialWorld, questions: number): void {
    const together = components(world);
    for (let asked = 0; asked < Math.min(questions, this.#questions.length); asked++) {
      const question = this.#questions[Math.floor(this.#random.unit() * this.#questions.length)];
      if (question === undefined || !world.isOn(question.owner)) continue;
      const stated = world.confidence(question);
      if (stated === undefined) continue;
      const { owner, other } = question;
      this.judge(stated, world.isOn(other) && together[owner] === together[other]);
    }
  }

  judge(stated: number, isReachable: boolean): void {
    const bin = Math.min(BINS - 1, Math.floor(stated * BINS));
    this.#count[bin] = (this.#count[bin] ?? 0) + 1;
    this.#stated[bin] = (this.#stated[bin] ?? 0) + stated;
    this.#right[bin] = (this.#right[bin] ?? 0) + (isReachable ? 1 : 0);
    this.#squares += (stated - (isReachable ? 1 : 0)) ** 2;
    this.#logs -= Math.log(Math.max(SUREST, isReachable ? stated : 1 - stated));
  }

  /** @returns undefined when nothing was asked. */
  result(): PresenceResult | undefined {
    const asked = this.#count.reduce((sum, count) => sum + count, 0);
    if (asked === 0) return undefined;
    const bins = Array.from(this.#count, (count, bin) => ({
      stated: (this.#stated[bin] ?? 0) / count,
      observed: (this.#right[bin] ?? 0) / count,
      count,
    }));
    return {
      bins: bins.filter(({ count }) => count > 0),
      brier: this.#squares / asked,
      logScore: this.#logs / asked,
    };
  }
}

/** @returns for each node a name of the group of nodes that contacts join it with; a laptop that is off joins nobody. */
function components(world: TrialWorld): Int32Array {
  const parent = Int32Array.from({ length: world.nodes }, (_, node) => node);
  const rootOf = (node: number): number => {
    let root = node;
    while ((parent[root] ?? root) !== root) root = parent[root] ?? root;
    for (let at = node; at !== root; ) {
      const next = parent[at] ?? root;
      parent[at] = root;
      at = next;
    }
    return root;
  };
  for (const { a, b } of world.contacts()) {
    if (world.isOn(a) && world.isOn(b)) parent[rootOf(a)] = rootOf(b);
  }
  return parent.map((_, node) => rootOf(node));
}
