/**
 * A neighbour that speaks no gossip: an ordinary DTN node. It is pushed what the routing strategy would give it and
 * what it has not acknowledged before; a cursor over our own arrival numbers remembers how far that went.
 */
import type { SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { LedgerEntry } from '../store/index.js';
import type { TransferOutcome } from './offering.js';
import { SendQueue } from './send-queue.js';
import type { Neighbour, RoutingStrategy } from './strategy.js';

export interface ForeignSteps {
  readonly sends: readonly LedgerEntry[];
  readonly forwarded?: LedgerEntry;
}

export class ForeignSession {
  readonly neighbour: Neighbour;
  readonly #strategy: RoutingStrategy;
  readonly #holds: (key: BundleKey) => boolean;
  readonly #queue = new SendQueue();
  readonly #cameFromThere = new Set<BundleKey>();

  constructor(eid: string, strategy: RoutingStrategy, holds: (key: BundleKey) => boolean) {
    this.neighbour = { id: eid, foreign: true };
    this.#strategy = strategy;
    this.#holds = holds;
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  push(entries: readonly LedgerEntry[], now: SteadyMs): ForeignSteps {
    for (const entry of entries) {
      if (this.#cameFromThere.has(entry.key)) continue;
      if (this.#strategy.shouldOffer(entry, this.neighbour, now)) this.#queue.add(entry);
    }
    return { sends: this.#queue.start(this.#holds) };
  }

  onReceived(key: BundleKey): void {
    this.#cameFromThere.add(key);
  }

  onOutcome(key: BundleKey, outcome: TransferOutcome, now: SteadyMs): ForeignSteps {
    const entry = this.#queue.finish(key);
    const sends = this.#queue.start(this.#holds);
    // A foreign acknowledgement is not custody, but it does say that the bundle need not be pushed there again.
    if (entry === undefined || (outcome !== 'acked' && outcome !== 'already-had')) return { sends };
    this.#strategy.onForwarded(entry, this.neighbour, now);
    return { sends, forwarded: entry };
  }
}
