/** What MaxProp knows of who meets whom, and what a path through those meetings costs. */

/** One host's probabilities of meeting each of those it has met. Never changed, so that hosts can share it. */
interface Meetings {
  readonly hosts: readonly number[];
  readonly probabilities: readonly number[];
  readonly updatedAt: number;
}

/** Costs from one host, as far as somebody has asked: Dijkstra's algorithm, stopped on its way. */
interface Search {
  readonly cost: Float64Array;
  readonly done: Uint8Array;
  /** Hosts that have been reached and are not done. */
  readonly open: number[];
}

export class MeetingCosts {
  readonly #self: number;
  readonly #alpha: number;
  readonly #known: (Meetings | undefined)[];
  readonly #searches = new Map<number, Search>();

  constructor(self: number, hosts: number, alpha: number) {
    this.#self = self;
    this.#alpha = alpha;
    this.#known = new Array(hosts).fill(undefined);
  }

  /** A meeting adds α to its probability; then all are divided by 1 + α. The very first one is certain. */
  met(peer: number, now: number): void {
    const own = this.#known[this.#self] ?? { hosts: [], probabilities: [], updatedAt: now };
    const at = own.hosts.indexOf(peer);
    const hosts = at >= 0 ? own.hosts : [...own.hosts, peer];
    const raised =
      at >= 0 ? own.probabilities.map((p, i) => (i === at ? p + this.#alpha : p)) : [...own.probabilities, this.#alpha];
    const probabilities = hosts.length === 1 ? [1] : raised.map((p) => p / (1 + this.#alpha));
    this.#known[this.#self] = { hosts, probabilities, updatedAt: now };
    this.#searches.clear();
  }

  /** Takes over what the other one knows better. */
  learnFrom(other: MeetingCosts): void {
    for (const [host, theirs] of other.#known.entries()) {
      if (theirs === undefined || host === this.#self) continue;
      const ours = this.#known[host];
      if (ours !== undefined && ours.updatedAt >= theirs.updatedAt) continue;
      this.#known[host] = theirs;
      this.#searches.clear();
    }
  }

  /** The least sum of 1 − p over paths from one host to another; Infinity without a path. */
  cost(from: number, to: number): number {
    let search = this.#searches.get(from);
    if (search === undefined) {
      const cost = new Float64Array(this.#known.length).fill(Number.POSITIVE_INFINITY);
      cost[from] = 0;
      search = { cost, done: new Uint8Array(this.#known.length), open: [from] };
      this.#searches.set(from, search);
    }
    while (search.done[to] === 0 && search.open.length > 0) this.#settleNearest(search);
    return search.cost[to] ?? Number.POSITIVE_INFINITY;
  }

  #settleNearest({ cost, done, open }: Search): void {
    let best = 0;
    for (let i = 1; i < open.length; i++) {
      if ((cost[open[i] as number] as number) < (cost[open[best] as number] as number)) best = i;
    }
    const host = open[best] as number;
    open[best] = open[open.length - 1] as number;
    open.pop();
    done[host] = 1;
    const meetings = this.#known[host];
    if (meetings === undefined) return;
    const soFar = cost[host] as number;
    for (let index = 0; index < meetings.hosts.length; index++) {
      const next = meetings.hosts[index] as number;
      if (done[next] === 1) continue;
      const total = soFar + 1 - (meetings.probabilities[index] as number);
      const before = cost[next] as number;
      if (total >= before) continue;
      if (before === Number.POSITIVE_INFINITY) open.push(next);
      cost[next] = total;
    }
  }
}
