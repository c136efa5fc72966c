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
 * | refused | come back: the neighbour has thrown them away |
 * | cut | stay set aside for this neighbour: if it wants the bundle again it never got it, and gets the same copies |
 */
import type { BundleKey } from '../bundle/index.js';
import type { HandOver, LinkId, Neighbour, Routing, SendOutcome } from '../gossip/index.js';
import type { LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import type { Transaction } from './transaction.js';

/** Hand-overs that are remembered while their outcome is open; past this the one longest ago is given up. */
const MAX_SET_ASIDE = 16_384;

export interface Sending {
  readonly link: LinkId;
  readonly neighbour: Neighbour;
  readonly entry: LedgerEntry;
}

export class HandOvers {
  readonly #core: Core;
  readonly #routing: Routing;
  /** By bundle and neighbour, the one longest ago first. */
  readonly #setAside = new Map<string, number>();

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
    const aside = this.#setAside.get(place);
    if (handOver === 'uncounted') this.#emit(link, entry, entry.copies === undefined ? undefined : 1);
    else if (aside !== undefined) this.#emit(link, entry, aside);
    else if (handOver === undefined) return false;
    else if (handOver.stay === (entry.copies ?? 1)) this.#emit(link, entry, handOver.along);
    else this.#divide({ link, neighbour, entry }, handOver, cut);
    return true;
  }

  #divide({ link, neighbour, entry }: Sending, { along, stay }: HandOver, cut: () => void): void {
    const place = placeOf(entry.key, neighbour);
    this.#setAside.set(place, along);
    if (this.#setAside.size > MAX_SET_ASIDE) this.#forgetOldest();
    const transaction = this.#core.begin();
    transaction.store({ op: 'update', entry: { ...entry, copies: stay } });
    transaction.afterCommit(() => this.#emit(link, entry, along));
    transaction.afterFailure(() => {
      this.#setAside.delete(place);
      cut();
    });
    this.#core.commit(transaction);
  }

  /** How a transfer ended. */
  onOutcome(transaction: Transaction, key: BundleKey, neighbour: Neighbour, outcome: SendOutcome): void {
    const place = placeOf(key, neighbour);
    const along = this.#setAside.get(place);
    if (along === undefined || outcome === 'cut') return;
    this.#setAside.delete(place);
    const entry = this.#core.state.ledger.get(key);
    if (entry === undefined || !this.#core.holds(key)) return;
    const copies = entry.copies ?? 0;
    if (outcome !== 'acked') transaction.store({ op: 'update', entry: { ...entry, copies: copies + along } });
    else if (this.#mayGo(entry, copies)) this.#core.drop(transaction, entry, 'forwarded');
  }

  /** An author keeps a bundle to tell what became of it, and whoever has promised custody keeps the promise. */
  #mayGo({ own, custodyUntil }: LedgerEntry, copies: number): boolean {
    const promised = custodyUntil !== undefined && custodyUntil > this.#core.now.steady;
    return this.#routing.strategy.movesOn === true && copies === 0 && !own && !promised;
  }

  #emit(link: LinkId, entry: LedgerEntry, copies: number | undefined): void {
    this.#core.emit({ type: 'send-bundle', link, entry: copies === undefined ? entry : { ...entry, copies } });
  }

  #forgetOldest(): void {
    for (const [place] of this.#setAside) {
      this.#setAside.delete(place);
      return;
    }
  }
}

function placeOf(key: BundleKey, { id }: Neighbour): string {
  return `${key} ${id}`;
}
