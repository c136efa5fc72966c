/** MaxProp (Burgess and others, 2006): few hops first, then the likeliest path; acknowledgements clear buffers (rule 24). */
import type { Host } from '../world/host.js';
import type { Link } from '../world/link.js';
import type { Copy } from '../world/message.js';
import type { World } from '../world/world.js';
import { MeetingCosts } from './meeting-costs.js';
import { type Offer, Router, type RouterOptions } from './router.js';

interface RankedOffer extends Offer {
  readonly hops: number;
  readonly cost: number;
}

export class MaxPropRouter extends Router {
  readonly #meetings: MeetingCosts;
  /** Ids of messages that have arrived, as far as is known here. */
  readonly #acknowledged = new Set<string>();
  /** For the mean of what a contact lets through, which decides how many hops count as few. */
  #contacts = 0;
  #sentBytes = 0;

  constructor(host: Host, world: World, options: RouterOptions, alpha: number) {
    super(host, world, options);
    this.#meetings = new MeetingCosts(host.address, world.hostCount, alpha);
  }

  override linkUp(link: Link): void {
    const peer = link.other(this.host);
    this.#contacts += 1;
    this.#meetings.met(peer.address, this.world.now);
    if (!(peer.router instanceof MaxPropRouter)) return;
    // The initiator speaks for both, before the other one has counted the meeting.
    if (this.host !== link.initiator) return;
    peer.router.#meetings.learnFrom(this.#meetings);
    this.#meetings.learnFrom(peer.router.#meetings);
    for (const id of peer.router.#acknowledged) this.#acknowledged.add(id);
    for (const id of this.#acknowledged) peer.router.#acknowledged.add(id);
    this.#deleteAcknowledged();
    peer.router.#deleteAcknowledged();
  }

  #deleteAcknowledged(): void {
    for (const copy of [...this.host.buffer.inMapOrder]) {
      if (this.#acknowledged.has(copy.message.id) && !this.isBeingSent(copy)) this.delete(copy, false);
    }
  }

  override receive(copy: Copy, from: Host): void {
    super.receive(copy, from);
    if (copy.message.to === this.host) this.#acknowledged.add(copy.message.id);
  }

  protected override sent(copy: Copy, to: Host): void {
    this.#sentBytes += copy.message.sizeBytes;
    if (copy.message.to !== to) return;
    this.#acknowledged.add(copy.message.id);
    const own = this.host.buffer.get(copy.message);
    if (own !== undefined) this.delete(own, false);
  }

  protected forward(): void {
    if (this.exchangeDeliverable()) return;
    const offers: RankedOffer[] = [];
    for (const link of this.host.links) {
      const peer = link.other(this.host);
      if (peer.isBusy) continue;
      for (const copy of this.host.buffer.inMapOrder) {
        if (peer.buffer.has(copy.message) || copy.hasVisited(peer)) continue;
        const cost = this.#meetings.cost(peer.address, copy.message.to.address);
        offers.push({ copy, link, hops: copy.path.hops, cost });
      }
    }
    const threshold = this.#hopThreshold();
    this.tryOffers(offers.sort((a, b) => compare(a, b, threshold)));
  }

  /** The last in the order of sending goes first. */
  protected override nextToDrop(): Copy | undefined {
    const threshold = this.#hopThreshold();
    const { address } = this.host;
    return this.host.buffer.inMapOrder
      .filter((copy) => !this.isBeingSent(copy))
      .map((copy) => ({
        copy,
        hops: copy.path.hops,
        cost: this.#meetings.cost(address, copy.message.to.address),
      }))
      .sort((a, b) => compare(a, b, threshold))
      .at(-1)?.copy;
  }

  /**
   * Below how many hops a message goes before all others: so many that these fit into what a contact lets through on
   * average, or into the rest of the buffer where that is less (§4.2 of the paper).
   */
  #hopThreshold(): number {
    const { buffer } = this.host;
    if (this.#contacts === 0 || this.#sentBytes === 0) return 0;
    const mean = this.#sentBytes / this.#contacts;
    const protectedBytes = mean < buffer.capacityBytes / 2 ? mean : Math.min(mean, buffer.capacityBytes - mean);
    if (protectedBytes <= 0) return 0;
    let sum = 0;
    for (const copy of [...buffer.inMapOrder].sort((a, b) => a.path.hops - b.path.hops)) {
      sum += copy.message.sizeBytes;
      if (sum >= protectedBytes) return copy.path.hops + 1;
    }
    return Number.POSITIVE_INFINITY;
  }
}

interface Rank {
  readonly hops: number;
  readonly cost: number;
}

function compare(a: Rank, b: Rank, threshold: number): number {
  const aFew = a.hops < threshold;
  const bFew = b.hops < threshold;
  if (aFew !== bFew) return aFew ? -1 : 1;
  if (aFew) return a.hops - b.hops;
  return a.cost === b.cost ? 0 : a.cost - b.cost;
}
