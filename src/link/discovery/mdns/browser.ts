/**
 * Looks for other nodes on one link: asks with growing pauses, remembers answers for as long as they last, and reports
 * addresses that may be dialled (RFC 6762 §5.2, RFC 6763 §4).
 *
 * What an answer says is a claim by anybody on the network. Only addresses of that same network are reported, and few per
 * node, so that a forged answer cannot make a room of laptops knock on somebody else's door.
 */
import { printable, type Random } from '../../base/index.js';
import { isNodeEid } from '../tcpcl/negotiation.js';
import type { Timers } from '../timers.js';
import { MDNS_PORT, type MulticastSocket, type NetworkAddress, type PacketSource } from './multicast.js';
import { isLinkLocal, isOnLink } from './on-link.js';
import { nodeEidOf, pointerTo, SERVICE_TYPE, type ServicePacket, type ServiceRecord, sameName } from './records.js';
import type { FoundPeer } from './types.js';

const FIRST_DELAY_MS = { from: 20, to: 120 };
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
/** A doubt starts the short pauses over, but not more often than this. */
const DOUBT_GAP_MS = 15_000;
/** Answers to other askers come by all the time; a node is reported anew only this often. */
const REPORT_GAP_MS = 5_000;
/** Asking for what an answer left out. */
const FOLLOW_UP_GAP_MS = 2_000;
export const MAX_INSTANCES = 256;
export const MAX_ADDRESSES = 4;
const MAX_KNOWN_ANSWERS = 20;

export interface BrowserOptions {
  readonly nodeEid: string;
  readonly interfaceName: string;
  /** Our own networks on this link. */
  readonly networks: readonly NetworkAddress[];
  readonly socket: MulticastSocket;
  readonly timers: Timers;
  readonly random: Random;
  onPeer(peer: FoundPeer): void;
}

export interface Browser {
  start(): void;
  packet(packet: ServicePacket, from: PacketSource): void;
  /** Forgets that node and looks for it anew. */
  doubt(nodeEid: string): void;
  stop(): void;
}

interface Instance {
  readonly name: string;
  expiresAt: number;
  ttlMs: number;
  port: number | undefined;
  target: string | undefined;
  nodeEid: string | undefined;
  lastReport: number;
  lastFollowUp: number;
}

export function createBrowser(options: BrowserOptions): Browser {
  return new LinkBrowser(options);
}

class LinkBrowser implements Browser {
  readonly #options: BrowserOptions;
  /** By lower-case instance name. */
  readonly #instances = new Map<string, Instance>();
  #pauseMs = FIRST_PAUSE_MS;
  #cancelNext: (() => void) | undefined;
  #lastDoubt = Number.NEGATIVE_INFINITY;

  constructor(options: BrowserOptions) {
    this.#options = options;
  }

  start(): void {
    const { random } = this.#options;
    this.#askIn(FIRST_DELAY_MS.from + random.unit() * (FIRST_DELAY_MS.to - FIRST_DELAY_MS.from));
  }

  stop(): void {
    this.#cancelNext?.();
  }

  doubt(nodeEid: string): void {
    let known = false;
    for (const [key, instance] of this.#instances) {
      if (instance.nodeEid === nodeEid) known = this.#instances.delete(key);
    }
    const now = this.#options.timers.now();
    if (!known || now < this.#lastDoubt + DOUBT_GAP_MS) return;
    this.#lastDoubt = now;
    this.#cancelNext?.();
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#askIn(FIRST_PAUSE_MS);
  }

  packet(packet: ServicePacket, from: PacketSource): void {
    // Answers come from port 5353 of this link, or they are not mDNS (RFC 6762 §6, §11).
    if (packet.type !== 'response' || from.port !== MDNS_PORT) return;
    const records = [...packet.answers, ...packet.additionals];
    const touched = new Set<Instance>();
    for (const record of records) {
      const instance = this.#learn(record);
      if (instance !== undefined) touched.add(instance);
    }
    // Addresses that were asked for come alone.
    const hosts = new Set(records.flatMap(({ type, name }) => (isAddress(type) ? [name.toLowerCase()] : [])));
    for (const instance of this.#instances.values()) {
      if (instance.target !== undefined && hosts.has(instance.target.toLowerCase())) touched.add(instance);
    }
    for (const instance of touched) this.#report(instance, records, from);
  }

  #askIn(delayMs: number): void {
    this.#cancelNext = this.#options.timers.after(delayMs, () => {
      this.#ask();
      this.#askIn(this.#pauseMs);
      this.#pauseMs = Math.min(LAST_PAUSE_MS, this.#pauseMs * 2);
    });
  }

  #ask(): void {
    const now = this.#options.timers.now();
    const known: ServiceRecord[] = [];
    for (const [key, instance] of this.#instances) {
      if (instance.expiresAt <= now) this.#instances.delete(key);
      // Who is on this list need not answer, our own responder among them; past half of its life an answer is welcome (RFC 6762 §7.1).
      else if (instance.expiresAt - now > instance.ttlMs / 2 && known.length < MAX_KNOWN_ANSWERS) {
        known.push({ ...pointerTo(instance.name), ttl: Math.floor((instance.expiresAt - now) / 1000) });
      }
    }
    this.#options.socket.send({ type: 'query', questions: [{ name: SERVICE_TYPE, type: 'PTR' }], answers: known });
  }

  #learn(record: ServiceRecord): Instance | undefined {
    if (record.type === 'PTR') return sameName(record.name, SERVICE_TYPE) ? this.#learnPointer(record) : undefined;
    const known = this.#instances.get(record.name.toLowerCase());
    if (known === undefined) {
      // SRV and TXT that came without their PTR: an announcement of changed data, or of a node that we had forgotten.
      const isInstance = record.name.toLowerCase().endsWith(`.${SERVICE_TYPE}`);
      if (record.type !== 'SRV' || record.ttl === 0 || !isInstance) return undefined;
      const instance = this.#remember(record.name, record.ttl);
      return instance === undefined ? undefined : this.#learn(record);
    }
    if (record.type === 'SRV') return this.#learnTarget(known, record);
    if (record.type === 'TXT') known.nodeEid = nodeEidOf(record.data);
    return known;
  }

  #learnPointer(record: ServiceRecord & { readonly type: 'PTR' }): Instance | undefined {
    const key = record.data.toLowerCase();
    if (!key.endsWith(`.${SERVICE_TYPE}`)) return undefined;
    if (record.ttl === 0) {
      this.#instances.delete(key);
      return undefined;
    }
    return this.#remember(record.data, record.ttl);
  }

  #learnTarget(known: Instance, record: ServiceRecord & { readonly type: 'SRV' }): Instance | undefined {
    if (record.ttl === 0) {
      this.#instances.delete(known.name.toLowerCase());
      return undefined;
    }
    // A new port means a restarted node: that is news.
    if (known.port !== record.data.port) known.lastReport = Number.NEGATIVE_INFINITY;
    known.port = record.data.port;
    known.target = record.data.target;
    return known;
  }

  #remember(name: string, ttlS: number): Instance | undefined {
    const key = name.toLowerCase();
    const ttlMs = Math.min(ttlS, 4_500) * 1000;
    const expiresAt = this.#options.timers.now() + ttlMs;
    const known = this.#instances.get(key);
    if (known !== undefined) {
      known.ttlMs = ttlMs;
      known.expiresAt = expiresAt;
      return known;
    }
    if (this.#instances.size >= MAX_INSTANCES) return undefined;
    const never = Number.NEGATIVE_INFINITY;
    const fresh: Instance = {
      name,
      expiresAt,
      ttlMs,
      port: undefined,
      target: undefined,
      nodeEid: undefined,
      lastReport: never,
      lastFollowUp: never,
    };
    this.#instances.set(key, fresh);
    return fresh;
  }

  #report(instance: Instance, records: readonly ServiceRecord[], from: PacketSource): void {
    const { timers, nodeEid, onPeer } = this.#options;
    if (instance.nodeEid === nodeEid) return;
    const { port, target } = instance;
    const addresses = target === undefined ? [] : this.#addressesOf(target, records, from);
    if (port === undefined || instance.nodeEid === undefined || addresses.length === 0) {
      this.#followUp(instance);
      return;
    }
    if (!isNodeEid(instance.nodeEid) || timers.now() < instance.lastReport + REPORT_GAP_MS) return;
    instance.lastReport = timers.now();
    for (const host of addresses) onPeer({ host, port, nodeEid: instance.nodeEid });
  }

  #addressesOf(target: string, records: readonly ServiceRecord[], from: PacketSource): string[] {
    const { networks, interfaceName } = this.#options;
    const found = new Set<string>();
    for (const record of records) {
      if ((record.type !== 'A' && record.type !== 'AAAA') || record.ttl === 0) continue;
      if (!sameName(record.name, target) || !isOnLink(record.data, networks)) continue;
      found.add(isLinkLocal(record.data) ? `${record.data}%${interfaceName}` : record.data);
    }
    // The address that the packet came from is known to work, so it goes first.
    const sorted = [...found].sort((a, b) => Number(b === from.address) - Number(a === from.address));
    return sorted.slice(0, MAX_ADDRESSES);
  }

  #followUp(instance: Instance): void {
    const { timers, socket } = this.#options;
    if (timers.now() < instance.lastFollowUp + FOLLOW_UP_GAP_MS) return;
    instance.lastFollowUp = timers.now();
    const questions = [
      { name: instance.name, type: 'SRV' },
      { name: instance.name, type: 'TXT' },
    ];
    if (instance.target !== undefined) questions.push({ name: instance.target, type: 'A' });
    socket.send({ type: 'query', questions: questions.map((each) => ({ ...each, name: printable(each.name, 255) })) });
  }
}

function isAddress(type: ServiceRecord['type']): boolean {
  return type === 'A' || type === 'AAAA';
}
