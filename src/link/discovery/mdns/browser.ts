/**
 * Looks for other nodes on one link: asks with growing pauses, remembers answers for as long as they last, and reports
 * addresses that may be dialled (RFC 6762 §5.2, RFC 6763 §4).
 *
 * What an answer says is a claim by anybody on the network. Only addresses of that same network are reported, and few per
 * node, so that a forged answer cannot make a room of laptops knock on somebody else's door.
 */
import { printable, type Random } from '../../../base/index.js';
import type { Timers } from '../../timers.js';
import type { Turn } from '../airtime.js';
import { withZone } from '../on-link.js';
import type { Announced } from '../way.js';
import { labelOf, pointerTo, SERVICE_TYPE, type ServicePacket, type ServiceRecord, sameName } from './records.js';
import { MDNS_PORT, type MdnsSocket, type PacketSource } from './sockets.js';

const FIRST_DELAY_MS = { from: 20, to: 120 };
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
/** A doubt starts the short pauses over, but not more often than this. */
const DOUBT_GAP_MS = 15_000;
/** Answers to other askers come by all the time; a node is reported anew only this often. */
const REPORT_GAP_MS = 5_000;
/** The 75 minutes of RFC 6762 §10; no name of a Hearsay node lives as long. */
const LONGEST_TTL_S = 4_500;
/** Asking for what an answer left out. */
const FOLLOW_UP_GAP_MS = 2_000;
const MAX_INSTANCES = 256;
const MAX_ADDRESSES = 4;
/** So that a question fits into one datagram (a pointer takes 72 bytes). */
const MAX_KNOWN_ANSWERS = 15;
/** Somebody who asks for us all the time must not keep us from asking for ever. */
const MAX_SPARED_IN_A_ROW = 3;

export interface BrowserOptions {
  readonly interfaceName: string;
  readonly socket: MdnsSocket;
  readonly timers: Timers;
  readonly random: Random;
  /** Puts off what would add to a storm; see airtime.ts. */
  readonly turn: Turn;
  isOwn(label: string): boolean;
  isOwnAddress(address: string): boolean;
  mayDial(host: string, port: number): boolean;
  found(peer: Announced): void;
}

export interface Browser {
  start(): void;
  packet(packet: ServicePacket, from: PacketSource): void;
  /** Forgets who was found at that address and looks for them anew. */
  doubt(host: string): void;
  stop(): void;
}

interface Instance {
  readonly name: string;
  expiresAt: number;
  ttlMs: number;
  port: number | undefined;
  target: string | undefined;
  /** The addresses that were reported last. */
  hosts: readonly string[];
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
  #sparedInARow = 0;

  constructor(options: BrowserOptions) {
    this.#options = options;
  }

  start(): void {
    const { random } = this.#options;
    this.#askIn(FIRST_DELAY_MS.from + random.unit() * (FIRST_DELAY_MS.to - FIRST_DELAY_MS.from));
  }

  stop(): void {
    this.#cancelNext?.();
    this.#cancelNext = undefined;
  }

  doubt(host: string): void {
    let known = false;
    for (const [key, instance] of this.#instances) {
      if (instance.hosts.includes(host)) known = this.#instances.delete(key);
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
    if (from.port !== MDNS_PORT) return;
    if (packet.type === 'query') {
      this.#overhear(packet, from);
      return;
    }
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
    this.#cancelNext?.();
    this.#cancelNext = this.#options.timers.after(delayMs, () => {
      const putOffMs = this.#options.turn.putOffMs();
      if (putOffMs > 0) {
        this.#askIn(putOffMs);
        return;
      }
      this.#sparedInARow = 0;
      this.#ask();
      this.#askLater();
    });
  }

  /** Strays, so that laptops that woke together do not ask in step for ever. */
  #askLater(): void {
    this.#askIn(this.#pauseMs * (0.9 + this.#options.random.unit() / 5));
    this.#pauseMs = Math.min(LAST_PAUSE_MS, this.#pauseMs * 2);
  }

  /** Somebody asks what we would have asked, and everybody hears the answers: ours is spared (RFC 6762 §7.3). */
  #overhear({ questions, answers, truncated }: ServicePacket, from: PacketSource): void {
    const isOurs = questions.some(({ name, type }) => type === 'PTR' && sameName(name, SERVICE_TYPE));
    if (!isOurs || truncated || this.#options.isOwnAddress(from.address)) return;
    // Everybody answers but the asker: ours may be the question that finds it.
    if (![...this.#instances.values()].some(({ hosts }) => hosts.includes(from.address))) return;
    // Whom they know will not answer; so we have to know them too.
    const isNews = answers.some(
      (each) => each.type === 'PTR' && sameName(each.name, SERVICE_TYPE) && !this.#knows(each.data),
    );
    if (isNews || this.#cancelNext === undefined || this.#sparedInARow >= MAX_SPARED_IN_A_ROW) return;
    this.#sparedInARow++;
    this.#askLater();
  }

  #knows(instance: string): boolean {
    const label = labelOf(instance);
    return label !== undefined && (this.#instances.has(instance.toLowerCase()) || this.#options.isOwn(label));
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
      this.#remember(record.name, record.ttl);
      return this.#learn(record);
    }
    if (record.type === 'SRV') return this.#learnTarget(known, record);
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

  #remember(name: string, ttlS: number): Instance {
    const key = name.toLowerCase();
    const ttlMs = Math.min(ttlS, LONGEST_TTL_S) * 1000;
    const expiresAt = this.#options.timers.now() + ttlMs;
    const known = this.#instances.get(key);
    if (known !== undefined) {
      known.ttlMs = ttlMs;
      known.expiresAt = expiresAt;
      return known;
    }
    const [oldest] = this.#instances.keys();
    // Who floods us makes us forget whom we have reported already, and not miss who comes.
    if (oldest !== undefined && this.#instances.size >= MAX_INSTANCES) this.#instances.delete(oldest);
    const never = Number.NEGATIVE_INFINITY;
    const fresh: Instance = {
      name,
      expiresAt,
      ttlMs,
      port: undefined,
      target: undefined,
      hosts: [],
      lastReport: never,
      lastFollowUp: never,
    };
    this.#instances.set(key, fresh);
    return fresh;
  }

  #report(instance: Instance, records: readonly ServiceRecord[], from: PacketSource): void {
    const { timers, isOwn, found } = this.#options;
    const label = labelOf(instance.name);
    if (label === undefined || isOwn(label)) return;
    const { port, target } = instance;
    const hosts = port === undefined || target === undefined ? [] : this.#addressesOf(target, port, records, from);
    if (port === undefined || hosts.length === 0) {
      this.#followUp(instance);
      return;
    }
    if (timers.now() < instance.lastReport + REPORT_GAP_MS) return;
    instance.lastReport = timers.now();
    instance.hosts = hosts;
    for (const host of hosts) found({ host, port, label });
  }

  #addressesOf(target: string, port: number, records: readonly ServiceRecord[], from: PacketSource): string[] {
    const { interfaceName, mayDial } = this.#options;
    const hosts = new Set<string>();
    for (const record of records) {
      if ((record.type !== 'A' && record.type !== 'AAAA') || record.ttl === 0) continue;
      if (sameName(record.name, target) && mayDial(record.data, port)) hosts.add(withZone(record.data, interfaceName));
    }
    // The address that the packet came from is known to work, so it goes first.
    const sorted = [...hosts].sort((a, b) => Number(b === from.address) - Number(a === from.address));
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
