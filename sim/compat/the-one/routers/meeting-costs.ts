/** What MaxProp knows of who meets whom, and what a path through those meetings costs. */

interface Meetings {
  readonly probabilities: Map<number, number>;
  updatedAt: number;
}

export class MeetingCosts {
  readonly #self: number;
  readonly #alpha: number;
  /** By host: with which probability it meets which other one next. */
  readonly #known = new Map<number, Meetings>();
  #costs = new Map<number, Map<number, number>>();

  constructor(self: number, alpha: number) {
    this.#self = self;
    this.#alpha = alpha;
    this.#known.set(self, { probabilities: new Map(), updatedAt: 0 });
  }

  /** A meeting adds α to its probability; then all are divided by 1 + α. */
  met(peer: number, now: number): void {
    const own = this.#known.get(this.#self);
    if (own === undefined) return;
    own.updatedAt = now;
    this.#costs = new Map();
    if (own.probabilities.size === 0) {
      own.probabilities.set(peer, 1);
      return;
    }
    own.probabilities.set(peer, (own.probabilities.get(peer) ?? 0) + this.#alpha);
    for (const [host, probability] of own.probabilities) own.probabilities.set(host, probability / (1 + this.#alpha));
  }

  /** Takes over what the other one knows better. */
  learnFrom(other: MeetingCosts): void {
    for (const [host, theirs] of other.#known) {
      const ours = this.#known.get(host);
      if (host === this.#self || (ours !== undefined && ours.updatedAt >= theirs.updatedAt)) continue;
      this.#known.set(host, { probabilities: new Map(theirs.probabilities), updatedAt: theirs.updatedAt });
      this.#costs = new Map();
    }
  }

  /** The least sum of 1 − p over paths from one host to another; Infinity without a path. */
  cost(from: number, to: number): number {
    let costs = this.#costs.get(from);
    if (costs === undefined) {
      costs = this.#dijkstra(from);
      this.#costs.set(from, costs);
    }
    return costs.get(to) ?? Number.POSITIVE_INFINITY;
  }

  #dijkstra(from: number): Map<number, number> {
    const open = new Map([[from, 0]]);
    const done = new Map<number, number>();
    while (open.size > 0) {
      let nearest = from;
      let least = Number.POSITIVE_INFINITY;
      for (const [host, cost] of open) if (cost < least) [nearest, least] = [host, cost];
      open.delete(nearest);
      done.set(nearest, least);
      for (const [host, probability] of this.#known.get(nearest)?.probabilities ?? []) {
        if (done.has(host)) continue;
        const cost = least + 1 - probability;
        if (cost < (open.get(host) ?? Number.POSITIVE_INFINITY)) open.set(host, cost);
      }
    }
    return done;
  }
}
