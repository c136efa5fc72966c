/** Dijkstra's algorithm over likelihoods: the cost of a step is the likelihood that it does not happen next. */

/** @param nextOf how likely a node meets others next; undefined when nothing is known of it. */
export function shortestCosts(
  from: string,
  nextOf: (node: string) => ReadonlyMap<string, number> | undefined,
): ReadonlyMap<string, number> {
  const settled = new Map<string, number>();
  const queue = new CostQueue();
  queue.push(from, 0);
  for (let nearest = queue.pop(); nearest !== undefined; nearest = queue.pop()) {
    const { node, cost } = nearest;
    if (settled.has(node)) continue;
    settled.set(node, cost);
    for (const [next, likelihood] of nextOf(node) ?? []) {
      if (!settled.has(next)) queue.push(next, cost + 1 - Math.min(1, likelihood));
    }
  }
  return settled;
}

interface Reached {
  readonly node: string;
  readonly cost: number;
}

/** A binary heap, the cheapest on top. */
class CostQueue {
  readonly #heap: Reached[] = [];

  push(node: string, cost: number): void {
    let at = this.#heap.length;
    this.#heap.push({ node, cost });
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfCheaper(at, parent)) return;
      at = parent;
    }
  }

  pop(): Reached | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return top;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const child = this.#cost(right) < this.#cost(left) ? right : left;
      if (!this.#swapIfCheaper(child, at)) return top;
      at = child;
    }
  }

  #cost(at: number): number {
    return this.#heap[at]?.cost ?? Number.POSITIVE_INFINITY;
  }

  #swapIfCheaper(child: number, parent: number): boolean {
    const [below, above] = [this.#heap[child], this.#heap[parent]];
    if (below === undefined || above === undefined || below.cost >= above.cost) return false;
    this.#heap[child] = above;
    this.#heap[parent] = below;
    return true;
  }
}
