/**
 * How neighbours behave: who broke the rules is left alone for a while, twice as long each time.
 *
 * Node keys cost nothing, so this stops no attacker; it stops one broken or hostile laptop from having the same work done
 * again and again.
 */
import { HOUR_MS, later, MINUTE_MS, SECOND_MS, type SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { NodeId } from '../people/index.js';

const FIRST_MS = 10 * SECOND_MS;
const LONGEST_MS = 10 * MINUTE_MS;
/** An offence is forgotten so long after its punishment. */
const FORGIVEN_MS = HOUR_MS;
/** Offenders remembered, and neighbours whose acknowledgements are. */
const MAX_NODES = 1024;
const MAX_TAKEN_NODES = 64;
/** Acknowledgements remembered of one neighbour. */
const MAX_TAKEN = 4096;
/** A neighbour may want so many again that it acknowledged: its disk may be full, its memory bounded. */
const MAX_WANTED_AGAIN = 256;

interface Offender {
  readonly offences: number;
  readonly until: SteadyMs;
}

interface Taken {
  readonly epoch: string;
  readonly keys: Set<BundleKey>;
  wantedAgain: number;
}

export class Conduct {
  /** Offences since the start. */
  offences = 0;
  readonly #offenders = new Map<NodeId, Offender>();
  readonly #taken = new Map<NodeId, Taken>();

  /** @returns for how long the node is to be left alone from now on, in ms. */
  offend(node: NodeId, now: SteadyMs): number {
    this.offences += 1;
    const known = this.#offenders.get(node);
    const before = known !== undefined && now < later(known.until, FORGIVEN_MS) ? known.offences : 0;
    const forMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(before, 16));
    this.#offenders.delete(node);
    this.#offenders.set(node, { offences: before + 1, until: later(now, forMs) });
    forgetFirst(this.#offenders, MAX_NODES);
    return forMs;
  }

  /** For how long yet the node is to be left alone; 0 when it is welcome. */
  shunnedForMs(node: NodeId, now: SteadyMs): number {
    const until = this.#offenders.get(node)?.until;
    return until === undefined ? 0 : Math.max(0, until - now);
  }

  /** The neighbour has acknowledged it: it is on its disk. */
  took(node: NodeId, epoch: string, key: BundleKey): void {
    let taken = this.#taken.get(node);
    if (taken?.epoch !== epoch) taken = { epoch, keys: new Set(), wantedAgain: 0 };
    this.#taken.delete(node);
    this.#taken.set(node, taken);
    taken.keys.add(key);
    forgetFirst(taken.keys, MAX_TAKEN);
    forgetFirst(this.#taken, MAX_TAKEN_NODES);
  }

  /** @returns false when the neighbour has wanted too much again of what it acknowledged to this very process. */
  mayWant(node: NodeId, epoch: string, key: BundleKey): boolean {
    const taken = this.#taken.get(node);
    if (taken === undefined || taken.epoch !== epoch || !taken.keys.has(key)) return true;
    taken.wantedAgain += 1;
    return taken.wantedAgain <= MAX_WANTED_AGAIN;
  }
}

function forgetFirst<K>(collection: Map<K, unknown> | Set<K>, capacity: number): void {
  if (collection.size <= capacity) return;
  for (const key of collection.keys()) {
    collection.delete(key);
    return;
  }
}
