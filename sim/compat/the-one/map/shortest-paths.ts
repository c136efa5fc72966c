/**
 * Shortest ways on a map: A* whose estimate comes from landmarks (Goldberg and Harrelson, 2005).
 *
 * The way from here to there is at least as long as the ways from a landmark to both differ. With a few landmarks at the
 * map's edges this is so close to the truth that hardly a node beside the way is looked at.
 */
import type { RoadMap } from './road-map.js';

const LANDMARKS = 8;
const UNREACHED = Number.POSITIVE_INFINITY;

export class ShortestPaths {
  readonly #count: number;
  /** In compact form: the roads of node n are those from `#from[n]` to `#from[n + 1]`. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #length: Float64Array;
  /** By node, in runs of {@link LANDMARKS}: how far it is from each. */
  readonly #toLandmark: Float64Array;
  readonly #travelled: Float64Array;
  readonly #estimate: Float64Array;
  readonly #before: Int32Array;
  /** In which search the node was last reached. */
  readonly #search: Int32Array;
  #searches = 0;
  readonly #heap: NodeHeap;

  /** @param files bits of the map files whose nodes may be used; undefined for all */
  constructor(map: RoadMap, files: number | undefined) {
    const count = map.nodes.length;
    this.#count = count;
    this.#from = new Int32Array(count + 1);
    const to: number[] = [];
    const length: number[] = [];
    for (const [node, neighbours] of map.neighbours.entries()) {
      const here = map.place(node);
      for (const neighbour of map.isIn(node, files) ? neighbours : []) {
        if (!map.isIn(neighbour, files)) continue;
        const there = map.place(neighbour);
        to.push(neighbour);
        length.push(Math.sqrt((there.x - here.x) ** 2 + (there.y - here.y) ** 2));
      }
      this.#from[node + 1] = to.length;
    }
    this.#to = Int32Array.from(to);
    this.#length = Float64Array.from(length);
    this.#travelled = new Float64Array(count);
    this.#estimate = new Float64Array(count);
    this.#before = new Int32Array(count);
    this.#search = new Int32Array(count);
    this.#heap = new NodeHeap(count);
    this.#toLandmark = new Float64Array(count * LANDMARKS);
    this.#placeLandmarks(map.nodesIn(files));
  }

  /** In the largest piece of the map; each is the node farthest from those before it. */
  #placeLandmarks(nodes: readonly number[]): void {
    this.#explore(this.#inLargestPiece(nodes), -1);
    let next = this.#farthest((node) => this.#distanceFound(node));
    for (let landmark = 0; landmark < LANDMARKS; landmark++) {
      this.#explore(next, -1);
      for (let node = 0; node < this.#count; node++) {
        this.#toLandmark[node * LANDMARKS + landmark] = this.#distanceFound(node);
      }
      next = this.#farthest((node) => this.#nearestLandmark(node, landmark));
    }
  }

  #inLargestPiece(nodes: readonly number[]): number {
    const seen = new Set<number>();
    let best = nodes[0] ?? 0;
    let most = 0;
    for (const node of nodes) {
      if (seen.has(node)) continue;
      this.#explore(node, -1);
      const before = seen.size;
      for (const other of nodes) if (this.#distanceFound(other) !== UNREACHED) seen.add(other);
      if (seen.size - before > most) [best, most] = [node, seen.size - before];
    }
    return best;
  }

  #distanceFound(node: number): number {
    return this.#search[node] === this.#searches ? (this.#travelled[node] as number) : UNREACHED;
  }

  #nearestLandmark(node: number, last: number): number {
    let least = UNREACHED;
    for (let landmark = 0; landmark <= last; landmark++) {
      least = Math.min(least, this.#toLandmark[node * LANDMARKS + landmark] as number);
    }
    return least;
  }

  #farthest(distanceOf: (node: number) => number): number {
    let best = 0;
    let most = -1;
    for (let node = 0; node < this.#count; node++) {
      const distance = distanceOf(node);
      if (distance !== UNREACHED && distance > most) [best, most] = [node, distance];
    }
    return best;
  }

  /** The nodes from `start` to `end`, both included; empty when there is no way. */
  between(start: number, end: number): readonly number[] {
    // In another piece of the map than the start.
    if (this.#atLeast(start, end) === UNREACHED) return [];
    this.#explore(start, end);
    if (this.#search[end] !== this.#searches) return [];
    const nodes = [end];
    for (let node = end; node !== start; ) {
      node = this.#before[node] as number;
      nodes.push(node);
    }
    return nodes.reverse();
  }

  /** Metres; Infinity when there is no way. */
  lengthBetween(start: number, end: number): number {
    if (this.#atLeast(start, end) === UNREACHED) return UNREACHED;
    this.#explore(start, end);
    return this.#distanceFound(end);
  }

  /** Searches from the start until the end is reached; −1 for an end goes everywhere. */
  #explore(start: number, end: number): void {
    const search = ++this.#searches;
    const heap = this.#heap;
    const travelled = this.#travelled;
    const estimate = this.#estimate;
    heap.clear();
    travelled[start] = 0;
    estimate[start] = 0;
    this.#search[start] = search;
    heap.raise(start, estimate);
    for (let node = heap.pop(estimate); node >= 0 && node !== end; node = heap.pop(estimate)) {
      const soFar = travelled[node] as number;
      for (let road = this.#from[node] as number; road < (this.#from[node + 1] as number); road++) {
        const next = this.#to[road] as number;
        const total = soFar + (this.#length[road] as number);
        if (this.#search[next] === search && total >= (travelled[next] as number)) continue;
        this.#search[next] = search;
        travelled[next] = total;
        estimate[next] = end < 0 ? total : total + this.#atLeast(next, end);
        this.#before[next] = node;
        heap.raise(next, estimate);
      }
    }
  }

  #atLeast(node: number, end: number): number {
    const table = this.#toLandmark;
    let most = 0;
    for (let landmark = 0; landmark < LANDMARKS; landmark++) {
      const difference = Math.abs(
        (table[node * LANDMARKS + landmark] as number) - (table[end * LANDMARKS + landmark] as number),
      );
      // Not a number where neither can be reached from the landmark: this one says nothing.
      if (difference > most) most = difference;
    }
    return most;
  }
}

/** Nodes by distance, each once; a node whose distance has shrunk is raised to its new place. */
class NodeHeap {
  readonly #nodes: Int32Array;
  /** Where a node is; −1 when it is not in. */
  readonly #at: Int32Array;
  #size = 0;

  constructor(count: number) {
    this.#nodes = new Int32Array(count);
    this.#at = new Int32Array(count).fill(-1);
  }

  clear(): void {
    for (let i = 0; i < this.#size; i++) this.#at[this.#nodes[i] as number] = -1;
    this.#size = 0;
  }

  raise(node: number, distance: Float64Array): void {
    let at = this.#at[node] as number;
    if (at < 0) at = this.#size++;
    const own = distance[node] as number;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#nodes[parent] as number;
      if ((distance[above] as number) <= own) break;
      this.#put(above, at);
      at = parent;
    }
    this.#put(node, at);
  }

  /** @returns −1 when it is empty */
  pop(distance: Float64Array): number {
    if (this.#size === 0) return -1;
    const nearest = this.#nodes[0] as number;
    this.#at[nearest] = -1;
    this.#size -= 1;
    if (this.#size > 0) this.#sink(this.#nodes[this.#size] as number, distance);
    return nearest;
  }

  #sink(node: number, distance: Float64Array): void {
    const own = distance[node] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      const closer = right < this.#size && this.#distanceAt(right, distance) < this.#distanceAt(child, distance);
      if (closer) child = right;
      if (this.#distanceAt(child, distance) >= own) break;
      this.#put(this.#nodes[child] as number, at);
      at = child;
    }
    this.#put(node, at);
  }

  #distanceAt(at: number, distance: Float64Array): number {
    return distance[this.#nodes[at] as number] as number;
  }

  #put(node: number, at: number): void {
    this.#nodes[at] = node;
    this.#at[node] = at;
  }
}
