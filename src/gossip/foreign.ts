/**
 * A neighbour that speaks no gossip: an ordinary DTN node. It is pushed what the routing strategy would give it and
 * what it has not acknowledged before; a cursor over our own arrival numbers remembers how far that went, and routing
 * what was withheld below it.
 */
import type { SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { LedgerEntry } from '../store/index.js';
import { mayBeTriedAgain, type SendOutcome } from './offering.js';
import type { Routing } from './routing.js';
import { SendQueue } from './send-queue.js';
import type { Neighbour } from './strategy.js';

export interface ForeignSteps {
  readonly sends: readonly LedgerEntry[];
  readonly forwarded?: LedgerEntry;
}

export class ForeignSession {
  readonly neighbour: Neighbour;
  readonly #routing: Routing;
  readonly #holds: (key: BundleKey) => boolean;
  readonly #queue: SendQueue;
  /** Keys that are coming to disk and came over this very link: its other end has them. */
  readonly #cameFromThere = new Set<BundleKey>();
  /** From this arrival number on, something did not arrive. */
  #missingFrom = Number.POSITIVE_INFINITY;
  #pushedUpTo: number;

  /** @param pushedUpTo the node was pushed everything up to this arrival number before. */
  constructor(eid: string, routing: Routing, holds: (key: BundleKey) => boolean, pushedUpTo: number) {
    this.neighbour = { id: eid, foreign: true };
    this.#routing = routing;
    this.#queue = new SendQueue(routing.order(this.neighbour));
    this.#holds = holds;
    this.#pushedUpTo = pushedUpTo;
  }

  push(entries: readonly LedgerEntry[], now: SteadyMs): ForeignSteps {
    const news = entries.filter((entry) => !this.#cameFromThere.delete(entry.key));
    for (const entry of this.#routing.select(this.neighbour, news, now)) this.#queue.add(entry);
    return { sends: this.#queue.start(this.#holds) };
  }

  /** The strategy may have changed its mind about what it withheld. */
  reconsider(since: number, now: SteadyMs): ForeignSteps {
    for (const entry of this.#routing.reconsider(this.neighbour, since, now)) this.#queue.add(entry);
    return { sends: this.#queue.start(this.#holds) };
  }

  onReceived(key: BundleKey): void {
    this.#cameFromThere.add(key);
  }

  /** It was delivered here: it will not be pushed. */
  onSeen(key: BundleKey): void {
    this.#cameFromThere.delete(key);
  }

  /** Something that came may not have been kept after all; to push it back costs little. */
  distrust(): void {
    this.#cameFromThere.clear();
  }

  onOutcome(key: BundleKey, outcome: SendOutcome, now: SteadyMs): ForeignSteps {
    const entry = this.#queue.finish(key);
    if (entry !== undefined && mayBeTriedAgain(outcome)) this.#missingFrom = Math.min(this.#missingFrom, entry.seq);
    this.#routing.onOutcome(this.neighbour, key, outcome);
    const sends = this.#queue.start(this.#holds);
    // A foreign acknowledgement is not custody, but it does say that the bundle need not be pushed there again.
    if (entry === undefined || (outcome !== 'acked' && outcome !== 'already-had')) return { sends };
    this.#routing.strategy.onForwarded(entry, this.neighbour, now);
    return { sends, forwarded: entry };
  }

  /**
   * @param head the arrival number up to which everything has been considered.
   * @returns how far the push has got by now, if that is further than before, as the disk should know it.
   */
  takeProgress(head: number): number | undefined {
    const upTo = Math.min(head, this.#missingFrom - 1);
    if (!this.#queue.idle || upTo <= this.#pushedUpTo) return undefined;
    this.#pushedUpTo = upTo;
    return this.#routing.setPushedTo(this.neighbour, upTo);
  }
}
