/**
 * Copies on their way: how a budget is divided between two laptops so that it never grows.
 *
 * What goes along is taken off our own count, on disk, before the bundle leaves. A crash or a cut then loses copies at
 * worst; were our count lowered only when the neighbour has acknowledged, a cut acknowledgement would double them. What
 * came of it decides the rest:
 *
 * | outcome | the copies that went along |
 * | --- | --- |
 * | acknowledged | are the neighbour's |
 * | refused | come back, unless they were sent twice: then the neighbour may have kept the first |
 * | cut | stay set aside for this neighbour: if it wants the bundle again it never got it, and gets the same copies |
 */
import type { BundleKey } from '../bundle/index.js';
import {
  type HandOver,
  type LinkId,
  type Neighbour,
  placeOf,
  type Routing,
  type SendOutcome,
} from '../gossip/index.js';
import { BundleClass, type LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import type { Transaction } from './transaction.js';

export interface Sending {
  readonly link: LinkId;
  readonly neighbour: Neighbour;
  readonly entry: LedgerEntry;
}

export class HandOvers {
  readonly #core: Core;
  readonly #routing: Routing;

  constructor(core: Core, routing: Routing) {
    this.#core = core;
    this.#routing = routing;
  }

  /**
   * @param cut told when it does not leave because the disk failed.
   * @returns whether it leaves, at once or when the disk has it; not when the strategy has changed its mind.
   */
  send({ link, neighbour, entry: queued }: Sending, cut: () => void): boolean {
    const entry = this.#core.state.ledger.get(queued.key) ?? queued;
    const handOver = this.#routing.handOver(entry, neighbour);
    const place = placeOf(entry.key, neighbour);
    const aside = this.#routing.setAside.get(place);
    if (handOver === 'uncounted') this.#emit(link, entry, entry.copies === undefined ? undefined : 1);
    else if (aside !== undefined) this.#sendAgain({ link, neighbour, entry }, aside.along);
    else if (handOver === undefined) return false;
    else if (handOver.stay === (entry.copies ?? 1)) this.#emit(link, entry, handOver.along);
    else this.#divide({ link, neighbour, entry }, handOver, cut);
    return true;
  }

  #sendAgain({ link, neighbour, entry }: Sending, along: number): void {
    this.#routing.setAside.set(placeOf(entry.key, neighbour), { along, again: true });
    this.#emit(link, entry, along);
  }

  #divide({ link, neighbour, entry }: Sending, { along, stay }: HandOver, cut: () => void): void {
    const place = placeOf(entry.key, neighbour);
    this.#routing.setAside.set(place, { along, again: false });
    const transaction = this.#core.begin();
    transaction.store({ op: 'update', entry: { ...entry, copies: stay } });
    transaction.afterCommit(() => this.#emit(link, entry, along));
    transaction.afterFailure(() => {
      this.#routing.setAside.delete(place);
      cut();
    });
    this.#core.commit(transaction);
  }

  /** How a transfer ended. */
  onOutcome(transaction: Transaction, key: BundleKey, neighbour: Neighbour, outcome: SendOutcome): void {
    const place = placeOf(key, neighbour);
    const aside = this.#routing.setAside.get(place);
    if (aside === undefined || outcome === 'cut') return;
    this.#routing.setAside.delete(place);
    const entry = this.#core.state.ledger.get(key);
    if (entry === undefined || !this.#core.holds(key)) return;
    const copies = entry.copies ?? 0;
    if (outcome !== 'acked' && !aside.again) {
      transaction.store({ op: 'update', entry: { ...entry, copies: copies + aside.along } });
    } else if (outcome === 'acked' && this.#mayGo(entry, copies)) this.#core.drop(transaction, entry, 'forwarded');
  }

  /** An author keeps a bundle to tell what became of it, and whoever has promised custody keeps the promise. */
  #mayGo({ own, custodyUntil }: LedgerEntry, copies: number): boolean {
    const promised = custodyUntil !== undefined && custodyUntil > this.#core.now.steady;
    return this.#routing.strategy.movesOn === true && copies === 0 && !own && !promised;
  }

  #emit(link: LinkId, entry: LedgerEntry, copies: number | undefined): void {
    const compact = entry.class === BundleClass.Receipt && this.#core.gossipLinks.has(link);
    this.#core.emit({ type: 'send-bundle', link, entry: copies === undefined ? entry : { ...entry, copies }, compact });
  }
}
