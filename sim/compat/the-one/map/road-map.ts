/**
 * The roads of all map files as one graph, with its north-west corner at (0, 0) and y growing to the south, as the
 * screen of The ONE has it.
 */
import { HearsayError } from '../../../../src/base/index.js';
import type { Place } from '../movement/model.js';

export class RoadMap {
  readonly nodes: readonly Place[];
  /** By node: the nodes that a road leads to. */
  readonly neighbours: readonly (readonly number[])[];
  /** By node: bit n is set when it is in the map file with number n, which counts from 1. */
  readonly #files: readonly number[];
  readonly #byPlace: ReadonlyMap<string, number>;
  readonly #shift: Place;

  /** @param files the lines of each map file */
  constructor(files: readonly (readonly (readonly Place[])[])[]) {
    let west = Number.POSITIVE_INFINITY;
    let north = Number.POSITIVE_INFINITY;
    for (const { x, y } of files.flat(2)) {
      west = Math.min(west, x);
      north = Math.min(north, -y);
    }
    this.#shift = { x: -west, y: -north };
    const nodes: Place[] = [];
    const neighbours: number[][] = [];
    const numbers: number[] = [];
    const byPlace = new Map<string, number>();
    const nodeAt = (place: Place, file: number): number => {
      const key = `${place.x} ${place.y}`;
      let node = byPlace.get(key);
      if (node === undefined) {
        node = nodes.length;
        byPlace.set(key, node);
        nodes.push(this.#onMap(place));
        neighbours.push([]);
        numbers.push(0);
      }
      numbers[node] = (numbers[node] ?? 0) | (1 << file);
      return node;
    };
    for (const [index, lines] of files.entries()) {
      for (const line of lines) {
        let before: number | undefined;
        for (const place of line) {
          const node = nodeAt(place, index + 1);
          if (before !== undefined && before !== node) join(neighbours, before, node);
          before = node;
        }
      }
    }
    this.nodes = nodes;
    this.neighbours = neighbours;
    this.#files = numbers;
    this.#byPlace = byPlace;
  }

  #onMap(place: Place): Place {
    return { x: place.x + this.#shift.x, y: -place.y + this.#shift.y };
  }

  /** Whether the node is in one of the files whose bits are set; undefined stands for all files. */
  isIn(node: number, files: number | undefined): boolean {
    return files === undefined || ((this.#files[node] ?? 0) & files) !== 0;
  }

  nodesIn(files: number | undefined): readonly number[] {
    return [...this.nodes.keys()].filter((node) => this.isIn(node, files));
  }

  place(node: number): Place {
    const place = this.nodes[node];
    if (place === undefined) throw new HearsayError('ERR_THE_ONE_MAP', `the map has no node ${node}`);
    return place;
  }

  /** The node at a place of a route or of interest, which has to be exactly on the map. */
  nodeAt(place: Place, file: string): number {
    const node = this.#byPlace.get(`${place.x} ${place.y}`);
    if (node !== undefined) return node;
    throw new HearsayError('ERR_THE_ONE_MAP', `${file}: (${place.x}, ${place.y}) is no node of the map`);
  }

  /** The node nearest to a place that is given in the files' coordinates. */
  nearestNode(place: Place): number {
    return this.nearestTo(this.#onMap(place));
  }

  /** The node nearest to a place on the map. */
  nearestTo({ x, y }: Place): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [node, there] of this.nodes.entries()) {
      const distance = (there.x - x) ** 2 + (there.y - y) ** 2;
      if (distance < least) [best, least] = [node, distance];
    }
    return best;
  }
}

function join(neighbours: number[][], a: number, b: number): void {
  if (!neighbours[a]?.includes(b)) neighbours[a]?.push(b);
  if (!neighbours[b]?.includes(a)) neighbours[b]?.push(a);
}
