/** PRoPHET (Lindgren, Doria and Schelén, 2003), with its delivery predictabilities updated as rule 22 says. */
import type { Host } from '../world/host.js';
import type { Link } from '../world/link.js';
import type { Copy } from '../world/message.js';
import type { World } from '../world/world.js';
import { type Ageing, PredictabilityTable } from './prophet-table.js';
import { type Offer, Router, type RouterOptions } from './router.js';

export interface ProphetOptions extends Ageing {
  /** What a meeting adds. @default 0.75 */
  readonly initial: number;
  /** How much acquaintances of acquaintances count. @default 0.25 */
  readonly beta: number;
}

interface RankedOffer extends Offer {
  readonly predictability: number;
}

/** What both versions do alike: who gets what. */
export abstract class PredictingRouter extends Router {
  protected readonly table: PredictabilityTable;
  /** The tables that every update looks at, since it has looked in vain: our own and those of neighbours. */
  readonly #watched: PredictabilityTable[] = [];

  constructor(host: Host, world: World, options: RouterOptions, ageing: Ageing) {
    super(host, world, options);
    this.table = new PredictabilityTable(world, ageing);
  }

  /** Whether a neighbour's predictability is good enough beside our own. */
  protected abstract isWorthwhile(theirs: number, ours: number): boolean;

  /** How likely this host is to deliver to another. */
  predictability(to: Host): number {
    this.table.age();
    return this.table.get(to.address);
  }

  protected override beforeDeciding(): void {
    for (const table of this.#watched) table.unwatch();
    if (this.#watched.length > 0) this.#watched.length = 0;
  }

  /** Nobody looks at the table of a busy host, nor does that host look at any. */
  override becameBusy(): void {
    if (this.#watched.length > 0) this.world.touch(this.host);
    for (const link of this.host.links) {
      const { router } = link.other(this.host);
      if (router instanceof PredictingRouter && router.#watched.length > 0) this.world.touch(router.host);
    }
  }

  protected forward(): void {
    if (this.exchangeDeliverable()) return;
    const offers: RankedOffer[] = [];
    const lookedAt: PredictabilityTable[] = [];
    for (const link of this.host.links) {
      const peer = link.other(this.host);
      const { router } = peer;
      if (!(router instanceof PredictingRouter) || peer.isBusy) continue;
      let looked = false;
      for (const copy of this.host.buffer.inMapOrder) {
        if (peer.buffer.has(copy.message)) continue;
        looked = true;
        const { to } = copy.message;
        const predictability = router.predictability(to);
        if (this.isWorthwhile(predictability, this.predictability(to))) offers.push({ copy, link, predictability });
      }
      if (looked) lookedAt.push(router.table);
    }
    if (this.tryOffers(this.ranked(offers)) || lookedAt.length === 0) return;
    lookedAt.push(this.table);
    for (const table of lookedAt) {
      table.watch();
      this.#watched.push(table);
    }
  }

  private ranked(offers: RankedOffer[]): readonly RankedOffer[] {
    const byQueue = this.options.queueMode === 'FIFO' ? byReceipt : undefined;
    const inOrder = byQueue === undefined ? (this.sortOffers(offers) as RankedOffer[]) : offers;
    return inOrder.sort((a, b) => b.predictability - a.predictability || (byQueue?.(a.copy, b.copy) ?? 0));
  }
}

function byReceipt(a: Copy, b: Copy): number {
  return a.receivedAt - b.receivedAt;
}

export class ProphetRouter extends PredictingRouter {
  readonly #options: ProphetOptions;

  constructor(host: Host, world: World, options: RouterOptions, prophet: ProphetOptions) {
    super(host, world, options, prophet);
    this.#options = prophet;
  }

  protected isWorthwhile(theirs: number, ours: number): boolean {
    return theirs > ours;
  }

  override linkUp(link: Link): void {
    // Neighbours that found this host no better than themselves may find it so now.
    this.world.touchNeighbours(this.host);
    const peer = link.other(this.host);
    const { initial, beta } = this.#options;
    const old = this.predictability(peer);
    const met = old + (1 - old) * initial;
    this.table.set(peer.address, met);
    if (!(peer.router instanceof ProphetRouter)) return;
    peer.router.table.age();
    const theirs = peer.router.table.values;
    for (let address = 0; address < theirs.length; address++) {
      const toThird = theirs[address] as number;
      if (toThird === 0 || address === this.host.address) continue;
      const before = this.table.get(address);
      this.table.set(address, before + (1 - before) * met * toThird * beta);
    }
  }
}
