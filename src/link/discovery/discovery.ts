/**
 * Finds neighbours on every network that the laptop is on, in up to three ways that do without each other, and follows it from
 * network to network: multicast DNS, beacons, and polling where nodes were met before.
 *
 * What is heard is a claim by anybody on the network. Only addresses of that same network are reported, and never our own.
 */
import { type Logger, messageOf, type Random } from '../../base/index.js';
import { LOOK_MS } from '../networks.js';
import type { Timers } from '../timers.js';
import type { Endpoint } from '../types.js';
import { beaconWay } from './beacon/beacon-way.js';
import { type OpenBeaconSocket, systemBeaconSocket } from './beacon/sockets.js';
import { mayDial } from './dial-rules.js';
import { isSameNetwork, keyOf, type NetworkInterface, networksOf, systemInterfaces } from './interfaces.js';
import { drawLabel, labelLifeMs } from './label.js';
import { mdnsWay } from './mdns/mdns-way.js';
import { type OpenMdnsSocket, systemMdnsSocket } from './mdns/sockets.js';
import { Poller, type PollingOptions } from './poll/poller.js';
import type { Discovery, DiscoveryStart } from './types.js';
import type { Announced, OpenWay, Way } from './way.js';

export interface DiscoveryOptions {
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  /** @default the machine's, without the loopback */
  readonly interfaces?: () => readonly NetworkInterface[];
  /** Sockets for multicast DNS; false: do without. @default the machine's */
  readonly mdns?: OpenMdnsSocket | false;
  /** Sockets for beacons; false: do without. @default the machine's */
  readonly beacons?: OpenBeaconSocket | false;
  /** @default none */
  readonly polling?: PollingOptions;
}

/** A goodbye needs a moment to leave before the socket closes. */
const GOODBYE_MS = 50;
/** A way that would not open on a network is tried again then, if the network has not changed before. */
const RETRY_MS = 60_000;

export function createDiscovery(options: DiscoveryOptions): Discovery {
  return new NetworkDiscovery(options);
}

interface Link {
  readonly on: NetworkInterface;
  label: string;
  /** What we were called before, on this network: our own packets may still be under way. */
  formerLabel: string | undefined;
  readonly ways: Map<Way, OpenWay>;
  /** The ways that would not open, and when to try again. */
  readonly unusable: Map<Way, number>;
  cancelRelabel: () => void;
}

class NetworkDiscovery implements Discovery {
  readonly #options: DiscoveryOptions;
  readonly #ways: readonly Way[];
  readonly #interfaces: () => readonly NetworkInterface[];
  readonly #links = new Map<string, Link>();
  #own: ReadonlySet<string> = new Set();
  #poller: Poller | undefined;
  #start: DiscoveryStart | undefined;
  #cancelLook: (() => void) | undefined;
  #saidAlone = false;

  constructor(options: DiscoveryOptions) {
    const { timers, random, mdns = systemMdnsSocket, beacons = systemBeaconSocket } = options;
    this.#options = options;
    this.#interfaces = options.interfaces ?? systemInterfaces;
    this.#ways = [
      ...(mdns === false ? [] : [mdnsWay(mdns, timers, random)]),
      ...(beacons === false ? [] : [beaconWay(beacons, timers, random)]),
    ];
  }

  start(start: DiscoveryStart): void {
    const { timers, random, polling } = this.#options;
    this.#start = start;
    this.#poller =
      polling === undefined
        ? undefined
        : new Poller(polling, {
            timers,
            random,
            nodeEid: start.nodeEid,
            interfaces: () => [...this.#links.values()].map(({ on }) => on),
            ownAddresses: () => this.#own,
            found: (peer) => this.#start?.onPeer(peer),
          });
    this.#look();
  }

  doubt(host: string): void {
    for (const { ways } of this.#links.values()) for (const way of ways.values()) way.doubt(host);
  }

  met(nodeEid: string, at: Endpoint): void {
    this.#poller?.met(nodeEid, at);
  }

  async stop(): Promise<void> {
    this.#start = undefined;
    this.#cancelLook?.();
    this.#poller?.stop();
    const links = [...this.#links.values()];
    this.#links.clear();
    const ways = links.flatMap((link) => [...link.ways.values()]);
    for (const link of links) link.cancelRelabel();
    for (const way of ways) way.goodbye();
    if (ways.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#options.timers.after(GOODBYE_MS, resolve);
    });
    await Promise.all(ways.map((way) => way.close()));
  }

  /** Opens what appeared and closes what went away since the last look. */
  #look(): void {
    if (this.#start === undefined) return;
    const current = new Map(this.#interfaces().map((on) => [keyOf(on), on]));
    this.#own = new Set([...current.values()].flatMap((on) => networksOf(on).map(({ address }) => address)));
    const gone = [...this.#links].filter(([key]) => !current.has(key));
    for (const [key, link] of gone) this.#leave(key, link);
    let hasNews = false;
    for (const [key, on] of current) {
      if (this.#links.has(key)) continue;
      // Just an address more: whoever sees the network sees that it is the same laptop, and a new name would only cost.
      const before = gone.find(([, link]) => isSameNetwork(link.on, on))?.[1];
      this.#join(key, on, before?.label ?? drawLabel(this.#options.random));
      hasNews = true;
    }
    for (const link of this.#links.values()) this.#openWays(link, this.#start);
    if (hasNews) this.#poller?.networkUp();
    this.#sayWhenAlone();
    this.#cancelLook = this.#options.timers.after(LOOK_MS, () => this.#look());
  }

  #join(key: string, on: NetworkInterface, label: string): void {
    const link: Link = {
      on,
      label,
      formerLabel: undefined,
      ways: new Map(),
      unusable: new Map(),
      cancelRelabel: () => {},
    };
    this.#links.set(key, link);
    this.#relabelLater(link);
  }

  #leave(key: string, link: Link): void {
    this.#links.delete(key);
    link.cancelRelabel();
    for (const way of link.ways.values()) void way.close();
  }

  #relabelLater(link: Link): void {
    link.cancelRelabel();
    const { timers, random } = this.#options;
    link.cancelRelabel = timers.after(labelLifeMs(random), () => this.#relabel(link, drawLabel(random)));
  }

  /** @param except the way that has changed the label already. */
  #relabel(link: Link, label: string, except?: Way): void {
    link.formerLabel = link.label;
    link.label = label;
    for (const [way, open] of link.ways) if (way !== except) open.relabel(label);
    this.#relabelLater(link);
  }

  #openWays(link: Link, start: DiscoveryStart): void {
    const now = this.#options.timers.now();
    for (const way of this.#ways) {
      if (link.ways.has(way) || now < (link.unusable.get(way) ?? now) || !way.suits(link.on)) continue;
      this.#openWay(link, way, start);
    }
  }

  #openWay(link: Link, way: Way, { port }: DiscoveryStart): void {
    const failed = (error: Error) => this.#wayFailed(link, way, error);
    try {
      const open = way.open({
        on: link.on,
        label: link.label,
        port,
        isOwn: (label) => this.#isOwn(label),
        mayDial: (host, dialledPort) => mayDial(host, dialledPort, link.on, this.#own),
        found: (peer) => this.#found(peer, link),
        renamed: (label) => this.#relabel(link, label, way),
        failed,
      });
      link.ways.set(way, open);
    } catch (error) {
      failed(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #wayFailed(link: Link, way: Way, error: Error): void {
    // Once a network is enough.
    if (!link.unusable.has(way)) {
      this.#options.log.info(`no ${way.name} on this network`, { interface: link.on.name, error: error.message });
    }
    link.unusable.set(way, this.#options.timers.now() + RETRY_MS);
    const open = link.ways.get(way);
    link.ways.delete(way);
    void open?.close();
  }

  /** Both sides hear each other as a rule; the lower label dials first, which saves most double sessions. */
  #found({ host, port, label }: Announced, link: Link): void {
    this.#start?.onPeer({ host, port, label, theyDialFirst: label < link.label });
  }

  #isOwn(label: string): boolean {
    for (const link of this.#links.values()) if (link.label === label || link.formerLabel === label) return true;
    return false;
  }

  #sayWhenAlone(): void {
    const isAlone = this.#links.size === 0;
    if (isAlone && !this.#saidAlone) this.#options.log.info('no network to look for neighbours on; waiting for one');
    this.#saidAlone = isAlone;
  }
}
