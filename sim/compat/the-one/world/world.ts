/**
 * The hosts, the present moment, and who has something to do in it.
 *
 * The ONE updates every host at every step. Most of these updates change nothing: a host that has tried everything and
 * failed will fail again until something that it depends on changes. So here a host takes part in an update only when
 * it is touched: its links, its buffer or a neighbour's, someone's transfer ending, a timer. To be touched without need
 * is harmless, because a host's update is the full one; to be forgotten would change results.
 */
import { spreadHash, textHash } from '../java/text-hash.js';
import { ExpiryChecks } from './expiry-checks.js';
import type { Host } from './host.js';
import { Link } from './link.js';
import type { Message } from './message.js';
import { Observers } from './observer.js';
import { Timers } from './timers.js';
import type { UpdateOrder } from './update-order.js';

/** Keys of the turn heap are place · 2²² + address. */
const ADDRESSES = 4_194_304;

export interface MessageFacts {
  readonly id: string;
  readonly from: Host;
  readonly to: Host;
  readonly sizeBytes: number;
  readonly ttlMinutes: number | undefined;
  readonly responseBytes?: number;
  readonly request?: Message;
}

export class World {
  /** Seconds. */
  now = 0;
  /** How many updates of all hosts there have been; the number of the present one during an update. */
  updates = 0;
  /** When each update was, the first one first, if a router wants to know. */
  updateTimes: number[] | undefined;
  /** Whether any message can expire. */
  hasExpiry = false;
  readonly hosts: Host[] = [];
  /** How many hosts there will be. */
  readonly hostCount: number;
  observers = new Observers([]);
  /** Called for a host with radio news, before its router. */
  updateRadios: (host: Host) => void = () => undefined;

  readonly #order: UpdateOrder;
  readonly #timers = new Timers();
  readonly #expiryChecks = new ExpiryChecks();
  readonly #keys = new Map<string, number>();
  #noted: Host[] = [];
  #spare: Host[] = [];
  readonly #turns: number[] = [];
  /** The place of the host whose turn it is; Infinity between updates. */
  #place = Number.POSITIVE_INFINITY;
  #housekeeping: Host | undefined;

  constructor(hostCount: number, order: UpdateOrder) {
    this.hostCount = hostCount;
    this.#order = order;
  }

  /** How many updates are over: the present one is not. */
  get updatesDone(): number {
    return this.#place === Number.POSITIVE_INFINITY ? this.updates : this.updates - 1;
  }

  /** The whole second that seeds The ONE's shuffles. */
  get second(): number {
    return Math.floor(this.now + 0.5);
  }

  newMessage(facts: MessageFacts): Message {
    let key = this.#keys.get(facts.id);
    if (key === undefined) {
      key = this.#keys.size;
      this.#keys.set(facts.id, key);
    }
    return {
      id: facts.id,
      key,
      hash: spreadHash(textHash(facts.id)),
      from: facts.from,
      to: facts.to,
      sizeBytes: facts.sizeBytes,
      createdAt: this.now,
      ttlMinutes: facts.ttlMinutes,
      responseBytes: facts.responseBytes ?? 0,
      request: facts.request,
    };
  }

  connect(initiator: Host, initiatorRadio: number, peer: Host, peerRadio: number): void {
    const mine = initiator.radios[initiatorRadio];
    const theirs = peer.radios[peerRadio];
    const speed = Math.min(mine?.speed ?? 0, theirs?.speed ?? 0);
    const link = new Link(initiator, initiatorRadio, peer, peerRadio, speed);
    initiator.addLink(link);
    peer.addLink(link);
    this.observers.linkUp(initiator, peer);
    initiator.router.linkUp(link);
    peer.router.linkUp(link);
    this.touch(initiator);
    this.touch(peer);
  }

  /** A transfer in flight ends at its sender's next update: see Router. */
  disconnect(detector: Host, link: Link): void {
    const peer = link.other(detector);
    link.up = false;
    detector.removeLink(link);
    peer.removeLink(link);
    this.observers.linkDown(detector, peer);
    detector.router.linkDown(link);
    peer.router.linkDown(link);
    for (const host of [detector, peer]) {
      if (host.receiving === link) {
        host.receiving = undefined;
        this.touchNeighbours(host);
      }
      this.touch(host);
    }
  }

  /** Something that the host's decisions depend on has changed: it has its turn in this update if that is yet to come. */
  touch(host: Host): void {
    host.changed = true;
    this.#enlist(host);
  }

  touchNeighbours(host: Host): void {
    for (const link of host.links) this.touch(link.other(host));
  }

  /** The host's buffer has changed, or it is free again: this is news for it and for all around it. */
  touchAround(host: Host): void {
    this.touch(host);
    this.touchNeighbours(host);
  }

  /** The host's turn comes without anything having changed. */
  callUp(host: Host): void {
    this.#enlist(host);
  }

  /** Calls the host up in the first update at or after the time; another update has to begin before that. */
  callUpAt(time: number, host: Host): void {
    this.#timers.push(time, host.address);
  }

  /** The host has made its check for expired messages just now, or before the first update. */
  checkedExpiry(host: Host): void {
    this.#expiryChecks.add(this.now, host);
  }

  /** From here on, touches of the host whose turn it is lead to another turn in the next update. */
  decides(): void {
    this.#housekeeping = undefined;
  }

  #enlist(host: Host): void {
    if (host === this.#housekeeping) return;
    if (this.#place !== Number.POSITIVE_INFINITY) {
      if (host.waiting) return;
      const place = this.#order.placeOf(host.address);
      if (place > this.#place) {
        host.waiting = true;
        pushTurn(this.#turns, place * ADDRESSES + host.address);
        return;
      }
    }
    if (host.noted) return;
    host.noted = true;
    this.#noted.push(host);
  }

  /**
   * A host that has no links, and nothing to do in this update, can't be drawn into anything before its turn: its check
   * may be made here, which spares most of them a turn.
   */
  #callExpiryChecks(): void {
    const checks = this.#expiryChecks;
    for (let host = checks.takeDue(this.now); host !== undefined; host = checks.takeDue(this.now)) {
      const mayCheck = host.links.length === 0 && !host.noted && host.sending === undefined;
      if (!mayCheck || !host.router.checkExpiryQuietly()) this.callUp(host);
    }
  }

  /** Updates all hosts: those with something to do have their turns, the others would not notice. */
  update(): void {
    this.updates += 1;
    this.updateTimes?.push(this.now);
    this.#order.next(this.now);
    while (this.#timers.first <= this.now) {
      this.callUp(this.hosts[this.#timers.pop()] as Host);
    }
    this.#callExpiryChecks();
    if (this.#noted.length === 0) return;
    const called = this.#noted;
    this.#noted = this.#spare;
    for (let host = called.pop(); host !== undefined; host = called.pop()) {
      host.noted = false;
      host.waiting = true;
      pushTurn(this.#turns, this.#order.placeOf(host.address) * ADDRESSES + host.address);
    }
    this.#spare = called;
    while (this.#turns.length > 0) {
      const turn = popTurn(this.#turns);
      this.#place = Math.floor(turn / ADDRESSES);
      const host = this.hosts[turn % ADDRESSES] as Host;
      host.waiting = false;
      this.#housekeeping = host;
      if (host.radioNews) this.updateRadios(host);
      host.router.update();
      this.#housekeeping = undefined;
    }
    this.#place = Number.POSITIVE_INFINITY;
  }
}

function pushTurn(heap: number[], key: number): void {
  let at = heap.length;
  heap.push(key);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as number;
    if (above <= key) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = key;
}

function popTurn(heap: number[]): number {
  const result = heap[0] as number;
  const key = heap.pop() as number;
  const size = heap.length;
  if (size === 0) return result;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
    if ((heap[child] as number) >= key) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = key;
  return result;
}
