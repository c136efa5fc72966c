/**
 * Finds neighbours by DNS-SD over multicast DNS (RFC 6762, RFC 6763) on every network that the laptop is on, and follows it
 * from network to network. The records are described in docs/protocol/links.md.
 */
import type { Logger, Random } from '../../base/index.js';
import { LOOK_MS } from '../networks.js';
import type { Timers } from '../timers.js';
import { type Browser, createBrowser } from './browser.js';
import {
  type Multicast,
  type MulticastSocket,
  type NetworkInterface,
  type PacketSource,
  systemMulticast,
} from './multicast.js';
import { isOnLink } from './on-link.js';
import type { ServicePacket } from './records.js';
import { createResponder, type Responder } from './responder.js';
import type { Discovery, DiscoveryStart } from './types.js';

export interface DiscoveryOptions {
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  /** @default the machine's network interfaces */
  readonly multicast?: Multicast;
}

/** Packets per second and link that are looked at; more is an attack or a broken network. */
const MAX_PACKETS_PER_SECOND = 200;
/** A goodbye needs a moment to leave before the socket closes. */
const GOODBYE_MS = 50;

export function createDiscovery(options: DiscoveryOptions): Discovery {
  return new MdnsDiscovery(options);
}

interface Link {
  readonly key: string;
  readonly socket: MulticastSocket;
  readonly browser: Browser;
  readonly responder: Responder | undefined;
}

class MdnsDiscovery implements Discovery {
  readonly #options: DiscoveryOptions;
  readonly #multicast: Multicast;
  readonly #links = new Map<string, Link>();
  /** Interfaces that would not open; they are not tried again until they change. */
  readonly #unusable = new Set<string>();
  #start: DiscoveryStart | undefined;
  #cancelPoll: (() => void) | undefined;
  #saidAlone = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#multicast = options.multicast ?? systemMulticast();
  }

  start(start: DiscoveryStart): void {
    this.#start = start;
    this.#follow();
  }

  doubt(nodeEid: string): void {
    for (const link of this.#links.values()) link.browser.doubt(nodeEid);
  }

  async stop(): Promise<void> {
    this.#start = undefined;
    this.#cancelPoll?.();
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) {
      link.browser.stop();
      link.responder?.goodbye();
    }
    if (links.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#options.timers.after(GOODBYE_MS, resolve);
    });
    await Promise.all(links.map((link) => link.socket.close()));
  }

  /** Opens what appeared and closes what went away since the last look. */
  #follow(): void {
    if (this.#start === undefined) return;
    const current = new Map(this.#multicast.interfaces().map((each) => [keyOf(each), each]));
    for (const [key, link] of this.#links) {
      if (!current.has(key)) this.#close(link);
    }
    for (const key of this.#unusable) {
      if (!current.has(key)) this.#unusable.delete(key);
    }
    for (const [key, each] of current) {
      if (this.#links.has(key) || this.#unusable.has(key)) continue;
      this.#open(key, each, this.#start);
    }
    if (this.#links.size === 0) this.#sayAlone();
    else this.#saidAlone = false;
    this.#cancelPoll = this.#options.timers.after(LOOK_MS, () => this.#follow());
  }

  #open(key: string, on: NetworkInterface, start: DiscoveryStart): void {
    const { timers, random, log } = this.#options;
    const networks = [on.ipv4, ...on.ipv6];
    const accepts = packetGate(timers);
    const fail = (error: Error) => {
      log.info('no discovery on this network', { interface: on.name, error: error.message });
      this.#unusable.add(key);
      const link = this.#links.get(key);
      if (link !== undefined) this.#close(link);
      // That line says enough.
      if (this.#links.size === 0) this.#saidAlone = true;
    };
    try {
      const socket = this.#multicast.open(on, {
        ready: () => {
          const link = this.#links.get(key);
          link?.browser.start();
          link?.responder?.start();
        },
        // One socket hears the packets of all interfaces; what is not of this link belongs to another, or to nobody.
        packet: (packet, from) => {
          if (isOnLink(from.address, networks) && accepts()) this.#packet(key, packet, from);
        },
        failed: fail,
      });
      const { nodeEid, port } = start;
      const onPeer = (peer: Parameters<DiscoveryStart['onPeer']>[0]) => this.#start?.onPeer(peer);
      const browser = createBrowser({ nodeEid, interfaceName: on.name, networks, socket, timers, random, onPeer });
      const addresses = networks.map(({ address }) => address);
      const responder =
        port === undefined ? undefined : createResponder({ nodeEid, port, addresses, socket, timers, random });
      this.#links.set(key, { key, socket, browser, responder });
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #packet(key: string, packet: ServicePacket, from: PacketSource): void {
    const link = this.#links.get(key);
    link?.browser.packet(packet, from);
    link?.responder?.packet(packet, from);
  }

  #close(link: Link): void {
    this.#links.delete(link.key);
    link.browser.stop();
    link.responder?.stop();
    void link.socket.close();
  }

  #sayAlone(): void {
    if (this.#saidAlone) return;
    this.#saidAlone = true;
    this.#options.log.info('no network to look for neighbours on; waiting for one');
  }
}

function keyOf({ name, ipv4, ipv6 }: NetworkInterface): string {
  return [name, ipv4.cidr, ...ipv6.map(({ cidr }) => cidr)].join(' ');
}

/** @returns a function that says whether one more packet may be looked at now. */
function packetGate(timers: Timers): () => boolean {
  let second = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    const now = timers.now();
    if (now - second >= 1000) {
      second = now;
      count = 0;
    }
    return ++count <= MAX_PACKETS_PER_SECOND;
  };
}
