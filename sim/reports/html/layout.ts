/**
 * Places for nodes of which only contacts are known: whoever meets often is close (Fruchterman and Reingold, *Graph drawing
 * by force-directed placement*, 1991). It begins on a circle and draws nothing by chance, so it is the same each time.
 */

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Every node pushes every other one: beyond so many, they stay on their circle. */
const MAX_NODES = 600;
const ROUNDS = 150;

/**
 * @param together for how long two nodes were in reach of each other, by a · nodes + b.
 * @returns places in a square of this side.
 */
export function layOut(nodes: number, together: ReadonlyMap<number, number>, side: number): readonly Place[] {
  const xs = Float64Array.from({ length: nodes }, (_, node) => Math.cos((2 * Math.PI * node) / nodes));
  const ys = Float64Array.from({ length: nodes }, (_, node) => Math.sin((2 * Math.PI * node) / nodes));
  if (nodes <= MAX_NODES) spread(xs, ys, together);
  return fitted(xs, ys, side);
}

function spread(xs: Float64Array, ys: Float64Array, together: ReadonlyMap<number, number>): void {
  const nodes = xs.length;
  const apart = 2 / Math.sqrt(Math.max(1, nodes));
  const longest = [...together.values()].reduce((most, lasted) => Math.max(most, lasted), 1);
  const pulls = [...together].map(([pair, lasted]) => ({
    a: Math.floor(pair / nodes),
    b: pair % nodes,
    // A few who met all day would otherwise sit on each other, and the rest float.
    strength: 0.05 + Math.sqrt(lasted / longest),
  }));
  for (let round = 0; round < ROUNDS; round++) {
    const [dx, dy] = [new Float64Array(nodes), new Float64Array(nodes)];
    const move = (a: number, b: number, force: (distance: number) => number): void => {
      const [x, y] = [at(xs, a) - at(xs, b), at(ys, a) - at(ys, b)];
      const distance = Math.max(1e-4, Math.hypot(x, y));
      const share = force(distance) / distance;
      dx[a] = at(dx, a) + x * share;
      dy[a] = at(dy, a) + y * share;
      dx[b] = at(dx, b) - x * share;
      dy[b] = at(dy, b) - y * share;
    };
    for (let a = 0; a < nodes; a++) {
      for (let b = a + 1; b < nodes; b++) move(a, b, (distance) => (apart * apart) / distance);
    }
    for (const { a, b, strength } of pulls) move(a, b, (distance) => (-strength * distance * distance) / apart);
    const furthest = 0.3 * (1 - round / ROUNDS) + 0.005;
    for (let node = 0; node < nodes; node++) {
      // Nobody floats away whom nothing holds.
      const [x, y] = [at(dx, node) - at(xs, node) * 0.1, at(dy, node) - at(ys, node) * 0.1];
      const length = Math.max(1e-9, Math.hypot(x, y));
      const step = Math.min(length, furthest) / length;
      xs[node] = at(xs, node) + x * step;
      ys[node] = at(ys, node) + y * step;
    }
  }
}

function fitted(xs: Float64Array, ys: Float64Array, side: number): readonly Place[] {
  const scaled = (values: Float64Array): readonly number[] => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return Array.from(values, (value) => Math.round((side * (value - least)) / Math.max(1e-9, most - least)));
  };
  const [left, top] = [scaled(xs), scaled(ys)];
  return left.map((x, node) => ({ x, y: top[node] ?? 0 }));
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
