/**
 * Shortest ways on a map, by Dijkstra's algorithm.
 *
 * Hosts set out from the same few thousand nodes again and again, so the whole tree of a start is kept: for each node,
 * the one before it on the way there.
 */
import type { RoadMap } from './road-map.js';

/** How much the kept trees may take up. */
const TREE_BYTES = 64 * 1024 * 1024;

export class ShortestPaths {
  readonly #map: RoadMap;
  /** In compact form: the roads of node n are those from `#from[n]` to `#from[n + 1]`. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #length: Float64Array;
  readonly #trees = new Map<number, Int32Array>();
  readonly #distance: Float64Array;
  readonly #heap: NodeHeap;

  /** @param files bits of the map files whose nodes may be used; undefined for all */
  constructor(map: RoadMap, files: number | undefined) {
    this.#map = map;
    const count = map.nodes.length;
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
    this.#distance = new Float64Array(count);
    this.#heap = new NodeHeap(count);
  }

  /** The nodes from `start` to `end`, both included; empty when there is no way. */
  between(start: number, end: number): readonly number[] {
    const before = this.#treeOf(start);
    const nodes = [end];
    for (let node = end; node !== start; ) {
      node = before[node] as number;
      if (node < 0) return [];
      nodes.push(node);
    }
    return nodes.reverse();
  }

  #treeOf(start: number): Int32Array {
    const kept = this.#trees.get(start);
    if (kept !== undefined) return kept;
    const tree = this.#grow(start);
    // The oldest goes: which one hardly matters, and a map of a city fits in whole.
    const oldest = this.#trees.keys().next().value;
    if (oldest !== undefined && (this.#trees.size + 1) * tree.byteLength > TREE_BYTES) this.#trees.delete(oldest);
    this.#trees.set(start, tree);
    return tree;
  }

  #grow(start: number): Int32Array {
    const before = new Int32Array(this.#map.nodes.length).fill(-1);
    const distance = this.#distance.fill(Number.POSITIVE_INFINITY);
    const heap = this.#heap;
    distance[start] = 0;
    heap.raise(start, distance);
    for (let node = heap.pop(distance); node >= 0; node = heap.pop(distance)) {
      const travelled = distance[node] as number;
      for (let road = this.#from[node] as number; road < (this.#from[node + 1] as number); road++) {
        const next = this.#to[road] as number;
        const total = travelled + (this.#length[road] as number);
        if (total >= (distance[next] as number)) continue;
        distance[next] = total;
        before[next] = node;
        heap.raise(next, distance);
      }
    }
    return before;
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
