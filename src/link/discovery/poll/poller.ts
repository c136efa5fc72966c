/**
 * Targeted polling: dials where nodes were met before, and where their node ids say that they are, although nothing announced
 * them. For networks that let neither multicast nor broadcast through.
 *
 * Only addresses of networks that the laptop is on are dialled; and few, since the very set of them tells who listens whose
 * friend is passing.
 */
import { isIPv6 } from 'node:net';
import type { Random } from '../../../base/index.js';
import { withoutZone } from '../../addresses.js';
import type { Timers } from '../../timers.js';
import type { Endpoint } from '../../types.js';
import { mayDial } from '../dial-rules.js';
import type { NetworkInterface } from '../interfaces.js';
import { isLinkLocal, withZone } from '../on-link.js';
import type { FoundPeer } from '../types.js';
import type { AddressBook } from './address-book.js';
import { DEFAULT_TCPCL_PORT, type DerivedAddressKind, derivedAddress } from './derived-address.js';

const FIRST_DELAY_MS = { from: 200, to: 800 };
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 600_000;
/** Addresses in one round; the next round goes on behind them. */
export const POLLS_PER_ROUND = 12;
/** The dials of a round are spread over so long. */
const ROUND_MS = 2_000;

export interface PollingOptions {
  readonly book: AddressBook;
  /** Called after the book changed. */
  changed(): void;
  /** Node ids (`dtn://…/`) to look for although they were never met; they need `derivedAddress`. */
  readonly nodes: readonly string[];
  /** Which addresses to derive from node ids; undefined: none. */
  readonly derivedAddress: DerivedAddressKind | undefined;
}

export interface PollerSurroundings {
  readonly timers: Timers;
  readonly random: Random;
  readonly nodeEid: string;
  /** The networks that the laptop is on now. */
  interfaces(): readonly NetworkInterface[];
  /** All of our own addresses. */
  ownAddresses(): ReadonlySet<string>;
  found(peer: FoundPeer): void;
}

export class Poller {
  readonly #options: PollingOptions;
  readonly #around: PollerSurroundings;
  #pauseMs = FIRST_PAUSE_MS;
  /** How many addresses of the list the last rounds have dialled. */
  #position = 0;
  #cancelRound: (() => void) | undefined;
  readonly #cancelDials = new Set<() => void>();

  constructor(options: PollingOptions, around: PollerSurroundings) {
    this.#options = options;
    this.#around = around;
  }

  /** A good moment: the laptop has come to a network. */
  networkUp(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#position = 0;
    this.#roundIn(between(FIRST_DELAY_MS.from, FIRST_DELAY_MS.to, this.#around.random));
  }

  met(nodeEid: string, at: Endpoint): void {
    if (this.#options.book.met(nodeEid, { host: withoutZone(at.host), port: at.port })) this.#options.changed();
  }

  stop(): void {
    this.#cancelRound?.();
    for (const cancel of this.#cancelDials) cancel();
    this.#cancelDials.clear();
  }

  #roundIn(delayMs: number): void {
    this.#cancelRound?.();
    this.#cancelRound = this.#around.timers.after(delayMs, () => {
      this.#round();
      this.#roundIn(this.#pauseMs * between(0.75, 1.25, this.#around.random));
      this.#pauseMs = Math.min(LAST_PAUSE_MS, this.#pauseMs * 2);
    });
  }

  #round(): void {
    const { timers, random, found } = this.#around;
    const all = this.#targets();
    if (this.#position >= all.length) this.#position = 0;
    const targets = all.slice(this.#position, this.#position + POLLS_PER_ROUND);
    this.#position += targets.length;
    for (const target of targets) {
      const cancel = timers.after(random.unit() * ROUND_MS, () => {
        this.#cancelDials.delete(cancel);
        found(target);
      });
      this.#cancelDials.add(cancel);
    }
  }

  /** The node met last comes first. */
  #targets(): readonly FoundPeer[] {
    const { book, nodes } = this.#options;
    const known = new Map(book.entries());
    for (const node of nodes) if (!known.has(node)) known.set(node, []);
    known.delete(this.#around.nodeEid);
    const targets = new Map<string, FoundPeer>();
    for (const [nodeEid, endpoints] of known) {
      for (const { host, port } of [...endpoints, ...this.#derived(nodeEid, endpoints[0]?.port)]) {
        for (const reachable of this.#reachable(host, port)) {
          targets.set(`${reachable} ${port}`, { host: reachable, port, nodeEid, once: true });
        }
      }
    }
    return [...targets.values()];
  }

  /** Where that node is if its operator has turned this on too. */
  #derived(nodeEid: string, port: number = DEFAULT_TCPCL_PORT): readonly Endpoint[] {
    const kind = this.#options.derivedAddress;
    return kind === undefined ? [] : [{ host: derivedAddress(nodeEid, kind), port }];
  }

  /** The address as it is dialled: on every network that it lies on, which for a link-local one is every network. */
  #reachable(host: string, port: number): readonly string[] {
    const own = this.#around.ownAddresses();
    const on = this.#around.interfaces().filter((each) => mayDial(host, port, each, own));
    const hosts = on.map(({ name }) => withZone(host, name));
    return isIPv6(host) && isLinkLocal(host) ? hosts : hosts.slice(0, 1);
  }
}

function between(from: number, to: number, random: Random): number {
  return from + random.unit() * (to - from);
}
