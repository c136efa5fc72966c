/**
 * The held bundles of one class by the time of their creation, newest first, with sums over any stretch: what two
 * nodes that know nothing of each other compare (docs/protocol/gossip.md, *Ranges*).
 *
 * A weight-balanced tree: an entry comes and goes in O(log n), and so does the question "how many lie before this
 * bound, and what is the sum of their keys". Its depth depends on nobody's choice of keys or times.
 * (Hirai and Yamamoto, *Balancing weight-balanced trees*, JFP 21(3), 2011: these two parameters keep the balance.)
 */
import { invariant } from '../base/index.js';
import { keyWord } from './key-words.js';
import type { LedgerEntry } from './types.js';

const DELTA = 3;
const GAMMA = 2;

/** Times beyond this are all the same: nobody's clock is that wrong, and sums over numbers stay exact. */
export const LAST_TIME = Number.MAX_SAFE_INTEGER;

/**
 * A place between entries. Before it lies what is newer than `time`, and of what has that very time the keys below
 * `prefix`, compared as text.
 */
export interface TimeBound {
  readonly time: number;
  /** Hex digits, the beginning of a key; '' lies before all keys of the time. */
  readonly prefix: string;
}

/** Before everything. */
export const NEWEST: TimeBound = { time: LAST_TIME, prefix: '' };
/** Behind everything. */
export const OLDEST: TimeBound = { time: -1, prefix: '' };

/** How many entries, and the sum of their keys, as four numbers of 32 bits that each wrap around by themselves. */
export interface KeySum {
  readonly count: number;
  readonly words: readonly [number, number, number, number];
}

/** A stretch of a timeline. */
export interface TimelinePart {
  readonly sum: KeySum;
  readonly newest: LedgerEntry;
  readonly oldest: LedgerEntry;
}

/** So short a stretch is walked through instead of being summed up from the root. */
const WALKED = 128;

type Tree = Branch | undefined;

class Branch {
  readonly entry: LedgerEntry;
  readonly time: number;
  readonly key: string;
  readonly own0: number;
  readonly own1: number;
  readonly own2: number;
  readonly own3: number;
  left: Tree;
  right: Tree;
  count = 1;
  sum0: number;
  sum1: number;
  sum2: number;
  sum3: number;

  constructor(entry: LedgerEntry) {
    this.entry = entry;
    this.time = timeOf(entry);
    this.key = entry.key;
    this.own0 = keyWord(entry.key, 0);
    this.own1 = keyWord(entry.key, 1);
    this.own2 = keyWord(entry.key, 2);
    this.own3 = keyWord(entry.key, 3);
    this.sum0 = this.own0;
    this.sum1 = this.own1;
    this.sum2 = this.own2;
    this.sum3 = this.own3;
  }
}

/** Where on the line an entry stands; what has no time of its own (RFC 9171 §4.2.7) stands at its old end. */
export function timeOf(entry: Pick<LedgerEntry, 'createdAt'>): number {
  return Math.min(Math.max(entry.createdAt, 0), LAST_TIME);
}

export class Timeline {
  #root: Tree;

  /** @param entries in any order; built in O(n log n). */
  constructor(entries: Iterable<LedgerEntry> = []) {
    const branches = Array.from(entries, (entry) => new Branch(entry)).sort(order);
    this.#root = build(branches, 0, branches.length);
  }

  get size(): number {
    return this.#root?.count ?? 0;
  }

  add(entry: LedgerEntry): void {
    this.#root = insert(this.#root, new Branch(entry));
  }

  /** Takes out the entry of that key and time, if it is there. */
  remove(entry: LedgerEntry): void {
    this.#root = remove(this.#root, timeOf(entry), entry.key);
  }

  /** What lies before the bound. */
  before(bound: TimeBound): KeySum {
    let tree = this.#root;
    let count = 0;
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    while (tree !== undefined) {
      if (!liesBefore(tree, bound)) {
        tree = tree.left;
        continue;
      }
      const { left } = tree;
      count += 1 + (left?.count ?? 0);
      sum0 = (sum0 + tree.own0 + (left?.sum0 ?? 0)) | 0;
      sum1 = (sum1 + tree.own1 + (left?.sum1 ?? 0)) | 0;
      sum2 = (sum2 + tree.own2 + (left?.sum2 ?? 0)) | 0;
      sum3 = (sum3 + tree.own3 + (left?.sum3 ?? 0)) | 0;
      tree = tree.right;
    }
    return { count, words: [sum0, sum1, sum2, sum3] };
  }

  /** The entry with so many before it. */
  at(rank: number): LedgerEntry | undefined {
    let tree = this.#root;
    let left = rank;
    while (tree !== undefined) {
      const before = tree.left?.count ?? 0;
      if (left === before) return tree.entry;
      if (left < before) tree = tree.left;
      else {
        left -= before + 1;
        tree = tree.right;
      }
    }
    return undefined;
  }

  /** The entries with ranks from `from` to below `to`, newest first. */
  slice(from: number, to: number): LedgerEntry[] {
    return this.#branches(from, to).map(({ entry }) => entry);
  }

  /**
   * Neighbouring stretches, none of them empty.
   *
   * @param ranks where each begins, and where the last one ends.
   */
  parts(ranks: readonly number[]): TimelinePart[] {
    const [first = 0, last = 0] = [ranks[0], ranks.at(-1)];
    const near = last - first <= WALKED ? this.#branches(first, last) : undefined;
    return ranks.slice(1).map((to, index) => {
      const from = ranks[index] ?? 0;
      return near === undefined ? this.#part(from, to) : partOf(near.slice(from - first, to - first));
    });
  }

  #part(from: number, to: number): TimelinePart {
    const [newest, oldest] = [this.#branches(from, from + 1)[0], this.#branches(to - 1, to)[0]];
    invariant(newest !== undefined && oldest !== undefined, 'a part of a timeline is not empty');
    const sum = difference(this.before(boundBehind(oldest)), this.before(boundAt(newest)));
    return { sum, newest: newest.entry, oldest: oldest.entry };
  }

  #branches(from: number, to: number): Branch[] {
    const found: Branch[] = [];
    collect(this.#root, 0, from, to, found);
    return found;
  }
}

/** What lies in the one and not in the other, which is a part of it. */
export function difference(whole: KeySum, part: KeySum): KeySum {
  const [a0, a1, a2, a3] = whole.words;
  const [b0, b1, b2, b3] = part.words;
  return { count: whole.count - part.count, words: [(a0 - b0) | 0, (a1 - b1) | 0, (a2 - b2) | 0, (a3 - b3) | 0] };
}

/** Whether `a` lies before `b` on the line. */
export function isBoundBefore(a: TimeBound, b: TimeBound): boolean {
  return a.time > b.time || (a.time === b.time && a.prefix < b.prefix);
}

function partOf(branches: readonly Branch[]): TimelinePart {
  const [newest, oldest] = [branches[0], branches.at(-1)];
  invariant(newest !== undefined && oldest !== undefined, 'a part of a timeline is not empty');
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  for (const branch of branches) {
    sum0 = (sum0 + branch.own0) | 0;
    sum1 = (sum1 + branch.own1) | 0;
    sum2 = (sum2 + branch.own2) | 0;
    sum3 = (sum3 + branch.own3) | 0;
  }
  const sum: KeySum = { count: branches.length, words: [sum0, sum1, sum2, sum3] };
  return { sum, newest: newest.entry, oldest: oldest.entry };
}

/** Right before the entry: its whole key is the beginning. */
function boundAt({ time, key }: Branch): TimeBound {
  return { time, prefix: key };
}

/** Right behind it: no key that begins with a whole key is longer. */
function boundBehind({ time, key }: Branch): TimeBound {
  return { time, prefix: `${key}0` };
}

function liesBefore(branch: Branch, { time, prefix }: TimeBound): boolean {
  return branch.time > time || (branch.time === time && branch.key < prefix);
}

function order(a: Branch, b: Branch): number {
  return b.time - a.time || (a.key < b.key ? -1 : 1);
}

function build(branches: readonly Branch[], from: number, to: number): Tree {
  if (from >= to) return undefined;
  const middle = (from + to) >> 1;
  const root = branches[middle] as Branch;
  root.left = build(branches, from, middle);
  root.right = build(branches, middle + 1, to);
  return summed(root);
}

function insert(tree: Tree, fresh: Branch): Branch {
  if (tree === undefined) return fresh;
  if (order(fresh, tree) < 0) tree.left = insert(tree.left, fresh);
  else tree.right = insert(tree.right, fresh);
  return balanced(tree);
}

function remove(tree: Tree, time: number, key: string): Tree {
  if (tree === undefined) return undefined;
  if (tree.time === time && tree.key === key) return join(tree.left, tree.right);
  if (time > tree.time || (time === tree.time && key < tree.key)) tree.left = remove(tree.left, time, key);
  else tree.right = remove(tree.right, time, key);
  return balanced(tree);
}

/** Two trees that were neighbours under one root. */
function join(left: Tree, right: Tree): Tree {
  if (left === undefined) return right;
  if (right === undefined) return left;
  let root: Branch;
  if (left.count > right.count) {
    root = last(left);
    root.left = withoutLast(left);
    root.right = right;
  } else {
    root = first(right);
    root.right = withoutFirst(right);
    root.left = left;
  }
  return balanced(root);
}

function first(tree: Branch): Branch {
  let branch = tree;
  while (branch.left !== undefined) branch = branch.left;
  return branch;
}

function last(tree: Branch): Branch {
  let branch = tree;
  while (branch.right !== undefined) branch = branch.right;
  return branch;
}

function withoutFirst(tree: Branch): Tree {
  if (tree.left === undefined) return tree.right;
  tree.left = withoutFirst(tree.left);
  return balanced(tree);
}

function withoutLast(tree: Branch): Tree {
  if (tree.right === undefined) return tree.left;
  tree.right = withoutLast(tree.right);
  return balanced(tree);
}

function balanced(tree: Branch): Branch {
  const left = weight(tree.left);
  const right = weight(tree.right);
  if (tree.right !== undefined && right > DELTA * left) {
    if (weight(tree.right.left) >= GAMMA * weight(tree.right.right)) tree.right = rotatedRight(tree.right);
    return rotatedLeft(tree);
  }
  if (tree.left !== undefined && left > DELTA * right) {
    if (weight(tree.left.right) >= GAMMA * weight(tree.left.left)) tree.left = rotatedLeft(tree.left);
    return rotatedRight(tree);
  }
  return summed(tree);
}

function weight(tree: Tree): number {
  return (tree?.count ?? 0) + 1;
}

function rotatedLeft(tree: Branch): Branch {
  const root = tree.right;
  if (root === undefined) return summed(tree);
  tree.right = root.left;
  root.left = summed(tree);
  return summed(root);
}

function rotatedRight(tree: Branch): Branch {
  const root = tree.left;
  if (root === undefined) return summed(tree);
  tree.left = root.right;
  root.right = summed(tree);
  return summed(root);
}

function summed(tree: Branch): Branch {
  const { left, right } = tree;
  tree.count = 1 + (left?.count ?? 0) + (right?.count ?? 0);
  tree.sum0 = (tree.own0 + (left?.sum0 ?? 0) + (right?.sum0 ?? 0)) | 0;
  tree.sum1 = (tree.own1 + (left?.sum1 ?? 0) + (right?.sum1 ?? 0)) | 0;
  tree.sum2 = (tree.own2 + (left?.sum2 ?? 0) + (right?.sum2 ?? 0)) | 0;
  tree.sum3 = (tree.own3 + (left?.sum3 ?? 0) + (right?.sum3 ?? 0)) | 0;
  return tree;
}

function collect(tree: Tree, offset: number, from: number, to: number, found: Branch[]): void {
  if (tree === undefined || offset >= to || offset + tree.count <= from) return;
  const rank = offset + (tree.left?.count ?? 0);
  collect(tree.left, offset, from, to, found);
  if (rank >= from && rank < to) found.push(tree);
  collect(tree.right, rank + 1, from, to, found);
}
