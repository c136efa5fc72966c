/**
 * What all routers of The ONE do alike: end transfers, drop what has expired, make room, offer and refuse messages.
 *
 * The numbers are those of the rules in the scenarios' description: 6–8 and 13–17.
 */
import { HearsayError } from '../../../../src/base/index.js';
import { EARLY_S, EXPIRY_CHECK_S } from '../world/expiry-checks.js';
import type { Host } from '../world/host.js';
import type { Link } from '../world/link.js';
import { Copy, type Message, minutesLeft } from '../world/message.js';
import type { World } from '../world/world.js';
import { type QueueMode, sortByQueue } from './queue-mode.js';

export interface RouterOptions {
  readonly queueMode: QueueMode;
  readonly deleteDelivered: boolean;
  /** Minutes; undefined for messages that never expire. */
  readonly ttlMinutes: number | undefined;
}

/** What a host says to a message that it is offered (rule 15). */
export const ACCEPTED = 0;
/** Try later: the next link may do better. */
export const BUSY = 1;
/** The rest are refusals of this message: the next message may do better. */
export const HAD_BEFORE = -1;
export const EXPIRED = -2;
export const NO_SPACE = -3;
export const POLICY = -4;

export type Verdict =
  | typeof ACCEPTED
  | typeof BUSY
  | typeof HAD_BEFORE
  | typeof EXPIRED
  | typeof NO_SPACE
  | typeof POLICY;

/** A message and the link over which it could go. */
export interface Offer {
  readonly copy: Copy;
  readonly link: Link;
}

/** Most hosts hold nothing for their neighbours; it is never changed. */
const NO_OFFERS: Offer[] = [];
const RESPONSE_PREFIX = 'R_';

export abstract class Router {
  readonly host: Host;
  readonly world: World;
  readonly options: RouterOptions;
  #lastExpiryCheck = 0;
  /** What event files let this host receive, by id and sender. */
  readonly #scripted = new Map<string, Copy>();

  constructor(host: Host, world: World, options: RouterOptions) {
    this.host = host;
    this.world = world;
    this.options = options;
  }

  /** What there is to try once the host is free, has links and holds messages (rule 17 d–f). */
  protected abstract forward(): void;

  /** A link has come up; whoever brought it up is told first. */
  linkUp(_link: Link): void {}

  linkDown(_link: Link): void {}

  /** Called whenever the host is to decide anew, even if it is busy then. */
  protected beforeDeciding(): void {}

  /** The host sends or receives from now on. */
  becameBusy(): void {}

  /** The host's turn in an update of all hosts (rule 17). */
  update(): void {
    const { host } = this;
    if (host.sending !== undefined) this.#continueSending(host.sending);
    this.#checkExpiry();
    if (!host.changed) return;
    host.changed = false;
    this.world.decides();
    this.beforeDeciding();
    if (host.isBusy || host.links.length === 0 || host.buffer.size === 0) return;
    this.forward();
  }

  #continueSending(link: Link): void {
    const { host, world } = this;
    const { carried } = link;
    const peer = link.other(host);
    if (carried === undefined) return;
    if (link.isComplete(world.now)) {
      this.sent(carried, peer);
      link.carried = undefined;
      peer.router.receive(carried, host);
    } else if (!link.up) {
      link.carried = undefined;
      world.observers.aborted(carried, host, peer);
    } else {
      // The call for its end has come, by a rounding too early.
      if (world.now >= link.completeNotBefore) world.callUpAt(world.now, host);
      return;
    }
    if (host.buffer.freeBytes < 0) this.makeRoom(0);
    host.sending = undefined;
    if (peer.receiving === link) peer.receiving = undefined;
    world.touchAround(host);
    world.touchAround(peer);
  }

  /** To be called once, before the first update. */
  begin(): void {
    if (this.world.hasExpiry) this.world.checkedExpiry(this.host);
  }

  /** Rule 14: once a minute, not while sending. */
  #checkExpiry(): void {
    const { host, world } = this;
    if (host.sending !== undefined || !world.hasExpiry) return;
    if (world.now - this.#lastExpiryCheck < EXPIRY_CHECK_S) {
      // Called up for the check by a rounding too early: it is due in the next update.
      if (world.now - this.#lastExpiryCheck > EXPIRY_CHECK_S - 2 * EARLY_S) world.callUpAt(world.now, host);
      return;
    }
    if (world.now >= host.buffer.surelyAliveUntil) this.#dropExpired();
    this.#lastExpiryCheck = world.now;
    world.checkedExpiry(host);
  }

  /** The check of a host to which nothing else happens in this update. @returns false when it needs a turn after all */
  checkExpiryQuietly(): boolean {
    const { host, world } = this;
    if (world.now - this.#lastExpiryCheck < EXPIRY_CHECK_S || world.now >= host.buffer.surelyAliveUntil) return false;
    this.#lastExpiryCheck = world.now;
    world.checkedExpiry(host);
    return true;
  }

  #dropExpired(): void {
    for (const copy of [...this.host.buffer.inMapOrder]) {
      if (minutesLeft(copy.message, this.world.now) <= 0) this.delete(copy, true);
    }
    this.host.buffer.refreshExpiry();
  }

  /** A message is born here. It is kept even where there is no room for it (rule 13). */
  create(message: Message): void {
    this.makeRoom(message.sizeBytes);
    const copy = new Copy(message, this.world.now, { host: this.host, before: undefined, hops: 0 }, this.firstCopies);
    this.host.buffer.put(copy);
    this.world.observers.created(copy);
    this.world.touchAround(this.host);
  }

  /** How many copies a new message may become; only spray-and-wait counts. */
  protected get firstCopies(): number {
    return 0;
  }

  /** The verdict on a message that `from` offers. Room is made before it is known whether the message will come. */
  check(copy: Copy, _from: Host): Verdict {
    const { host } = this;
    if (host.isBusy) return BUSY;
    const { message } = copy;
    if (host.buffer.has(message) || host.delivered.has(message.key)) return HAD_BEFORE;
    if (message.to !== host && minutesLeft(message, this.world.now) <= 0) return EXPIRED;
    return this.makeRoom(message.sizeBytes) ? ACCEPTED : NO_SPACE;
  }

  /** A transfer to this host is complete. */
  receive(copy: Copy, from: Host): void {
    const { host, world } = this;
    const { message } = copy;
    copy.receivedAt = world.now;
    const arrived = message.to === host;
    const first = arrived && !host.delivered.has(message.key);
    if (!arrived) host.buffer.put(copy);
    else host.delivered.add(message.key);
    world.observers.transferred(copy, from, host, first);
    if (arrived && message.responseBytes > 0) this.#respond(message);
  }

  #respond(request: Message): void {
    this.create(
      this.world.newMessage({
        id: `${RESPONSE_PREFIX}${request.id}`,
        from: this.host,
        to: request.from,
        sizeBytes: request.responseBytes,
        ttlMinutes: this.options.ttlMinutes,
        request,
      }),
    );
  }

  /** A transfer from this host is complete, and the receiver has not been told yet. */
  protected sent(_copy: Copy, _to: Host): void {}

  /** Begins a transfer, or says why not. */
  protected start(copy: Copy, link: Link): Verdict {
    if (!link.isFree) return BUSY;
    const { host, world } = this;
    const peer = link.other(host);
    const verdict = peer.router.check(copy, host);
    if (verdict === ACCEPTED) {
      const incoming = copy.forwardedTo(peer, world.now);
      link.carried = incoming;
      link.doneAt = world.now + copy.message.sizeBytes / link.speed;
      host.sending = link;
      peer.receiving = link;
      world.callUpAt(link.completeNotBefore, host);
      world.observers.transferStarted(incoming, host, peer);
      this.becameBusy();
      peer.router.becameBusy();
    } else if (this.options.deleteDelivered && verdict === HAD_BEFORE && copy.message.to === peer) {
      this.delete(copy, false);
    }
    return verdict;
  }

  /** Rule 17 (d) and (e). @returns whether a transfer began, from here or from a neighbour. */
  protected exchangeDeliverable(): boolean {
    if (this.tryOffers(this.sortOffers(this.#offersToDestinations()))) return true;
    // A neighbour that gives us something changes no links, so the list may be walked as it is.
    for (const link of this.host.links) if (link.other(this.host).router.deliverOver(link)) return true;
    return false;
  }

  #offersToDestinations(): Offer[] {
    const { host } = this;
    let offers: Offer[] | undefined;
    for (const copy of host.buffer.inMapOrder) {
      const { to } = copy.message;
      for (const link of host.links) {
        if (link.other(host) !== to) continue;
        offers ??= [];
        offers.push({ copy, link });
      }
    }
    return offers ?? NO_OFFERS;
  }

  /** A neighbour asks for what is addressed to it. */
  deliverOver(link: Link): boolean {
    const { host } = this;
    if (host.isBusy) return false;
    const asker = link.other(host);
    for (const copy of host.buffer.inMapOrder) {
      if (copy.message.to !== asker) continue;
      // From here on with a list of its own: what was delivered before may be deleted on the way.
      const wanted = host.buffer.inMapOrder.filter(({ message }) => message.to === asker);
      return wanted.some((other) => this.start(other, link) === ACCEPTED);
    }
    return false;
  }

  protected sortOffers(offers: Offer[]): Offer[] {
    return sortByQueue(offers, this.options.queueMode, (offer) => offer.copy, this.world.second);
  }

  /** The first offer that is accepted goes. */
  protected tryOffers(offers: readonly Offer[]): boolean {
    return offers.some(({ copy, link }) => this.start(copy, link) === ACCEPTED);
  }

  /** The messages that may go to anyone, in the order of the queue. Not to be changed. */
  protected queue(): readonly Copy[] {
    const { buffer } = this.host;
    if (this.options.queueMode === 'FIFO' && !this.options.deleteDelivered) return buffer.inQueueOrder;
    return sortByQueue([...buffer.inMapOrder], this.options.queueMode, (copy) => copy, this.world.second);
  }

  /** Rule 17 (f): link by link, message by message; a busy neighbour ends its link's turn. */
  protected tryEverywhere(queue: readonly Copy[]): boolean {
    for (const link of this.host.links) {
      for (const copy of queue) {
        const verdict = this.start(copy, link);
        if (verdict === ACCEPTED) return true;
        if (verdict === BUSY) break;
      }
    }
    return false;
  }

  /** Rule 13. @returns false where that much room can't be made. */
  makeRoom(sizeBytes: number): boolean {
    const { buffer } = this.host;
    if (sizeBytes > buffer.capacityBytes) return false;
    while (buffer.freeBytes < sizeBytes) {
      const victim = this.nextToDrop();
      if (victim === undefined) return false;
      this.delete(victim, true);
    }
    return true;
  }

  /** The message that has been here longest and is not being sent. */
  protected nextToDrop(): Copy | undefined {
    const { inQueueOrder } = this.host.buffer;
    const [oldest, next] = inQueueOrder;
    return oldest !== undefined && this.isBeingSent(oldest) ? next : oldest;
  }

  protected isBeingSent(copy: Copy): boolean {
    return this.host.sending?.carried?.message.key === copy.message.key;
  }

  /** An event file says that this host begins to send: outside of any link, and no other rule is asked. */
  sendByScript(id: string, to: Host): void {
    const copy = this.host.buffer.withId(id);
    if (copy === undefined) throw new HearsayError('ERR_THE_ONE_TRACE', `${this.host.name} holds no message ${id}`);
    if (to.router.check(copy, this.host) !== ACCEPTED) return;
    const incoming = copy.forwardedTo(to, this.world.now);
    to.router.#scripted.set(`${id} ${this.host.address}`, incoming);
    this.world.observers.transferStarted(incoming, this.host, to);
  }

  /** An event file says that this host has received what was begun before. */
  receiveByScript(id: string, from: Host): void {
    const incoming = this.#takeScripted(id, from);
    this.receive(incoming, from);
    this.world.touchAround(this.host);
  }

  abortByScript(id: string, from: Host): void {
    this.world.observers.aborted(this.#takeScripted(id, from), from, this.host);
  }

  #takeScripted(id: string, from: Host): Copy {
    const key = `${id} ${from.address}`;
    const incoming = this.#scripted.get(key);
    if (incoming === undefined) {
      throw new HearsayError('ERR_THE_ONE_TRACE', `${this.host.name} is not receiving ${id} from ${from.name}`);
    }
    this.#scripted.delete(key);
    return incoming;
  }

  delete(copy: Copy, dropped: boolean): void {
    this.host.buffer.remove(copy);
    this.world.observers.deleted(copy, this.host, dropped);
    this.world.touchAround(this.host);
  }
}
