/**
 * Keeps this node in touch with whoever is near: listens, dials, and sees to it that there is exactly one session per
 * neighbour. What it tells the node above is only: up, frame, bundle, down.
 */
import { isIP } from 'node:net';
import { invariant, type Logger, printable, type Random } from '../../base/index.js';
import { withoutZone } from '../addresses.js';
import type { Connection, Listener, Transport } from '../connection.js';
import type { Discovery } from '../discovery/types.js';
import type { Networks } from '../networks.js';
import type { LinkSecurity } from '../security/index.js';
import { RefuseReason, TermReason } from '../tcpcl/codes.js';
import { DEFAULT_LIMITS, type SessionLimits } from '../tcpcl/limits.js';
import { BOOT_ID_BYTES, GOSSIP_VERSION } from '../tcpcl/negotiation.js';
import { DEFAULT_RECEPTION_BYTES, ReceptionBudget } from '../tcpcl/reception-budget.js';
import { type SessionHandlers, TcpclSession } from '../tcpcl/session.js';
import { tcpTransport } from '../tcpcl/tcp.js';
import type { Timers } from '../timers.js';
import type { CutTransfer, DownReason, Endpoint, LinkEvents, LinkSession } from '../types.js';
import { type Backoff, DEFAULT_BACKOFF } from './backoff.js';
import type { Candidate } from './candidates.js';
import { Dialler } from './dialler.js';
import { roomFor } from './incoming-room.js';
import { type Contender, judge } from './precedence.js';
import { watchSilence } from './silence-watch.js';

export interface NeighbourhoodOptions {
  /** Our node id, e.g. `dtn://node/`. */
  readonly nodeEid: string;
  /** Where to take connections; undefined: dial only. Host `::` takes IPv4 and IPv6; port 0 picks a free one. */
  readonly listen?: Endpoint;
  /** Addresses that are dialled for ever. Host names are looked up at every dial. */
  readonly peers: readonly Endpoint[];
  readonly discovery?: Discovery;
  /** Tells when the laptop comes to a network or leaves one. */
  readonly networks?: Networks;
  readonly events: LinkEvents;
  readonly log: Logger;
  readonly timers: Timers;
  readonly random: Random;
  /** @default no TLS */
  readonly security?: LinkSecurity;
  readonly limits?: Partial<SessionLimits>;
  readonly backoff?: Partial<Backoff>;
  /** Until a dial is given up. @default 4_000: SYNs that got lost are repeated at 1 and 3 s */
  readonly dialTimeoutMs?: number;
  /** Connections that others opened, at most; more are turned away. @default 128 */
  readonly maxIncoming?: number;
  /** The same from one address. @default 32 */
  readonly maxIncomingPerHost?: number;
  /** Memory for bundles that are coming in, over all sessions. @default 128 MiB */
  readonly receptionBytes?: number;
  /** @default TCP */
  readonly transport?: Transport;
}

export interface Neighbourhood {
  /** Where we take connections, once started. */
  readonly listening: Endpoint | undefined;
  /** @throws HearsayError `ERR_ADDRESS_IN_USE`, `ERR_LISTEN` */
  start(): Promise<void>;
  /** Says goodbye to everybody; takes less than a second. */
  stop(): Promise<void>;
  /** The sessions that stand, one per neighbour. */
  sessions(): readonly LinkSession[];
  /** Somebody may be there: dials at once unless a session with that node stands. */
  addCandidate(host: string, port: number, nodeEid?: string): void;
  /** Forgets all waits and dials every address that has no session. */
  redialNow(): void;
}

/** A session shorter than this counts as a failure: flapping links are dialled ever more slowly. */
const LASTING_MS = 3_000;
/** How long a session may take to prove that it lives before a newer one takes its place. */
const PROBE_MS = 2_000;
/** The same after a change of network, where packets may take a moment to find their way. */
const NETWORK_CHANGE_MS = 5_000;
/** Peers of whom we remember that they speak gossip. */
const MAX_REMEMBERED = 1_024;
const DIAL_TIMEOUT_MS = 4_000;
/** Goodbyes at stop may take this long. */
const STOP_MS = 700;

export function createNeighbourhood(options: NeighbourhoodOptions): Neighbourhood {
  return new Neighbours(options);
}

interface Neighbour {
  readonly session: TcpclSession;
  readonly upAt: number;
  /** A newer session that waits for this one to prove that it lives. */
  rival: TcpclSession | undefined;
  cancelTest: (() => void) | undefined;
  /** True while it has not answered for so long that it is looked for beside its session. */
  missing: boolean;
  endWatch: () => void;
}

class Neighbours implements Neighbourhood, SessionHandlers {
  readonly #options: NeighbourhoodOptions;
  readonly #limits: SessionLimits;
  readonly #transport: Transport;
  readonly #dialler: Dialler;
  readonly #bootId: Uint8Array;
  /** The one session per peer that the node above knows of. */
  readonly #neighbours = new Map<string, Neighbour>();
  /** Every session, also those that do not stand yet or are on their way out, and the address it was dialled at. */
  readonly #open = new Map<TcpclSession, Candidate | undefined>();
  /** Node ids of peers that spoke gossip with us. */
  readonly #gossipers = new Set<string>();
  readonly #budget: ReceptionBudget;
  #listener: Listener | undefined;
  #unwatch: (() => void) | undefined;
  #dialNumber = 0;
  #state: 'new' | 'running' | 'stopped' = 'new';
  #whenAllClosed: (() => void) | undefined;

  constructor(options: NeighbourhoodOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#transport = options.transport ?? tcpTransport();
    this.#budget = new ReceptionBudget(options.receptionBytes ?? DEFAULT_RECEPTION_BYTES);
    this.#bootId = options.random.bytes(BOOT_ID_BYTES);
    this.#dialler = new Dialler({
      nodeEid: options.nodeEid,
      transport: this.#transport,
      timers: options.timers,
      random: options.random,
      log: options.log,
      backoff: { ...DEFAULT_BACKOFF, ...options.backoff },
      dialTimeoutMs: options.dialTimeoutMs ?? DIAL_TIMEOUT_MS,
      isNeighbour: (peerEid) => this.#neighbours.has(peerEid),
      opened: (connection, candidate) => this.#openSession(connection, 'active', candidate),
      gaveUp: (host) => options.discovery?.doubt(host),
    });
  }

  get listening(): Endpoint | undefined {
    return this.#listener?.address;
  }

  async start(): Promise<void> {
    invariant(this.#state === 'new', 'a neighbourhood is started once');
    this.#state = 'running';
    const { listen, peers, discovery, nodeEid } = this.#options;
    if (listen !== undefined) {
      this.#listener = await this.#transport.listen(listen, (connection) => this.#accept(connection));
    }
    for (const peer of peers) this.#dialler.addStatic(peer);
    discovery?.start({
      nodeEid,
      port: this.#announcedPort(),
      onPeer: (peer) => this.#dialler.found(peer, this.#listener !== undefined),
    });
    this.#unwatch = this.#options.networks?.watch({
      joined: () => this.#onJoined(),
      left: (addresses) => this.#onLeft(addresses),
    });
  }

  /** @returns undefined when nobody else could reach us there. */
  #announcedPort(): number | undefined {
    const address = this.#listener?.address;
    const isLoopback = address !== undefined && /^(127\.|::1$|localhost$)/.test(address.host);
    return isLoopback ? undefined : address?.port;
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#unwatch?.();
    this.#dialler.stop();
    const closed = this.#listener?.close();
    await Promise.all([this.#options.discovery?.stop(), this.#endSessions()]);
    await closed;
  }

  async #endSessions(): Promise<void> {
    for (const session of [...this.#open.keys()]) session.end('terminated', TermReason.Unknown, STOP_MS);
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenAllClosed = resolve;
      this.#options.timers.after(STOP_MS, resolve);
    });
    for (const session of [...this.#open.keys()]) session.drop();
  }

  sessions(): readonly LinkSession[] {
    return [...this.#neighbours.values()].map((neighbour) => neighbour.session);
  }

  addCandidate(host: string, port: number, nodeEid?: string): void {
    this.#dialler.found({ host, port, ...(nodeEid === undefined ? {} : { nodeEid }) }, false);
  }

  redialNow(): void {
    if (this.#state === 'running') this.#dialler.redialNow();
  }

  /** Their packets have no way out: nobody has to wait for them, or believe that the neighbour is still here. */
  #onLeft(addresses: ReadonlySet<string>): void {
    for (const session of [...this.#open.keys()]) if (addresses.has(session.local)) session.drop();
  }

  /** Old connections may have lost their way; those that still work answer quickly. */
  #onJoined(): void {
    for (const neighbour of this.#neighbours.values()) {
      if (!neighbour.session.gossip || neighbour.cancelTest !== undefined) continue;
      neighbour.cancelTest = this.#options.timers.after(NETWORK_CHANGE_MS, () => neighbour.session.drop());
      neighbour.session.probe();
    }
    this.redialNow();
  }

  #accept(connection: Connection): void {
    const { maxIncoming = 128, maxIncomingPerHost = 32, log } = this.#options;
    const { host } = connection.remote;
    const incoming = [...this.#open.keys()].filter(({ role }) => role === 'passive');
    const described = incoming.map((session) => ({
      session,
      host: session.remote.host,
      stands: session.terms !== undefined,
    }));
    const found = roomFor(host, described, { overall: maxIncoming, perHost: maxIncomingPerHost });
    if (this.#state !== 'running' || found.room === 'none') {
      log.debug('connection turned away: too many are open', { host });
      connection.drop();
      return;
    }
    if (found.room === 'after') found.drop.session.drop();
    this.#openSession(connection, 'passive', undefined);
  }

  #openSession(connection: Connection, role: 'active' | 'passive', candidate: Candidate | undefined): void {
    const { nodeEid, timers, log } = this.#options;
    const isPlain = candidate !== undefined && timers.now() < candidate.plainUntil;
    if (role === 'active') this.#dialNumber = (this.#dialNumber + 1) >>> 0;
    const port = this.#announcedPort() ?? 0;
    const offer = { version: GOSSIP_VERSION, bootId: this.#bootId, dialNumber: this.#dialNumber, port };
    const session = new TcpclSession(connection, {
      role,
      nodeEid,
      limits: this.#limits,
      security: this.#options.security,
      budget: this.#budget,
      offer: isPlain ? undefined : offer,
      timers,
      log,
      handlers: this,
    });
    this.#open.set(session, candidate);
  }

  // What sessions tell

  up(session: TcpclSession): void {
    const { peerEid } = session;
    const candidate = this.#open.get(session);
    if (candidate !== undefined) {
      candidate.peerEid = peerEid;
      if (session.gossip) candidate.provenGossip = true;
    }
    const known = this.#neighbours.get(peerEid);
    if (peerEid === this.#options.nodeEid) session.end('self', TermReason.Unknown, 0);
    else if (this.#wasMisjudged(session, candidate)) session.end('replaced', TermReason.Unknown, 0);
    else if (known === undefined) this.#welcome(session);
    else this.#decide(known, session);
  }

  /** True when we dialled without the offer, and the peer turns out to be one that speaks gossip. */
  #wasMisjudged(session: TcpclSession, candidate: Candidate | undefined): boolean {
    const { peerEid } = session;
    if (session.gossip) {
      if (this.#gossipers.size < MAX_REMEMBERED) this.#gossipers.add(peerEid);
      return false;
    }
    // Forgotten at once: if it chokes again, it has become another program under the same id.
    if (candidate === undefined || !this.#gossipers.delete(peerEid)) return false;
    candidate.plainUntil = Number.NEGATIVE_INFINITY;
    return true;
  }

  #decide(known: Neighbour, session: TcpclSession): void {
    const { nodeEid } = this.#options;
    switch (judge(nodeEid, session.peerEid, this.#contender(known.session), this.#contender(session))) {
      case 'take-new':
        this.#replace(known, session);
        break;
      case 'keep-old':
        this.#turnAway(session);
        break;
      case 'keep-old-if-alive':
        this.#test(known, session);
        break;
    }
  }

  frame(session: TcpclSession, bytes: Uint8Array): void {
    if (this.#isNeighbour(session)) this.#options.events.frame(session, bytes);
  }

  bundle(session: TcpclSession, transfer: Parameters<LinkEvents['bundle']>[1]): void {
    if (this.#isNeighbour(session)) this.#options.events.bundle(session, transfer);
    // The node above has been told that this session is down; the peer will send it again on the one that took its place.
    else transfer.refuse(RefuseReason.SessionTerminating);
  }

  cut(session: TcpclSession, start: CutTransfer): void {
    if (this.#isNeighbour(session)) this.#options.events.cut?.(session, start);
  }

  alive(session: TcpclSession): void {
    const neighbour = this.#neighbours.get(session.peerEid);
    if (neighbour?.session !== session) return;
    const { rival } = neighbour;
    this.#endTest(neighbour);
    if (rival !== undefined) this.#turnAway(rival);
  }

  closed(session: TcpclSession, reason: DownReason, detail: string): void {
    const candidate = this.#open.get(session);
    this.#open.delete(session);
    const neighbour = this.#neighbours.get(session.peerEid);
    let wasLasting = false;
    if (neighbour?.session === session) {
      wasLasting = this.#options.timers.now() - neighbour.upAt >= LASTING_MS;
      const { rival } = neighbour;
      this.#farewell(neighbour, reason);
      if (rival !== undefined && this.#open.has(rival) && !rival.ending) this.#welcome(rival);
    } else if (neighbour?.rival === session) {
      this.#endTest(neighbour);
    }
    if (candidate !== undefined) {
      this.#dialler.sessionEnded(candidate, { reason, detail, choked: session.choked, lasted: wasLasting });
    }
    if (this.#open.size === 0) this.#whenAllClosed?.();
  }

  #contender(session: TcpclSession): Contender {
    const keepaliveMs = session.terms?.keepaliveMs ?? 0;
    const isMissing = this.#isNeighbour(session) && this.#neighbours.get(session.peerEid)?.missing === true;
    return {
      role: session.role,
      gossip: session.terms?.gossip,
      ending: session.ending,
      proved: session.security.proved,
      quiet: isMissing || (keepaliveMs > 0 && session.silenceMs() > 1.5 * keepaliveMs),
    };
  }

  #isNeighbour(session: TcpclSession): boolean {
    return this.#neighbours.get(session.peerEid)?.session === session;
  }

  #welcome(session: TcpclSession): void {
    const upAt = this.#options.timers.now();
    const neighbour: Neighbour = {
      session,
      upAt,
      rival: undefined,
      cancelTest: undefined,
      missing: false,
      endWatch: () => {},
    };
    this.#neighbours.set(session.peerEid, neighbour);
    this.#dialler.stopBeside(session.peerEid);
    this.#options.log.debug('neighbour up', {
      peer: printable(session.peerEid),
      role: session.role,
      gossip: session.gossip,
      ...session.remote,
    });
    this.#options.events.up(session);
    session.release();
    this.#noteAddress(session);
    if (session.gossip && this.#isNeighbour(session)) this.#watch(neighbour);
  }

  #watch(neighbour: Neighbour): void {
    const { session } = neighbour;
    const watched = {
      silenceMs: () => session.silenceMs(),
      probe: () => session.probe(),
      missing: () => {
        neighbour.missing = true;
        this.#dialler.dialBeside(session.peerEid);
      },
      found: () => {
        neighbour.missing = false;
        this.#dialler.stopBeside(session.peerEid);
      },
    };
    neighbour.endWatch = watchSilence(watched, this.#options.timers);
  }

  /** Where that peer takes connections, as it says; believed only of the very address that it talks from. */
  #noteAddress(session: TcpclSession): void {
    const { discovery, timers } = this.#options;
    const port = session.terms?.gossip?.port ?? 0;
    if (port === 0) return;
    const { peerEid } = session;
    const at = { host: session.remote.host, port };
    this.#dialler.livesAt(peerEid, at);
    if (discovery === undefined || isIP(withoutZone(at.host)) === 0) return;
    // By then it would be gone if it could not prove its node key.
    timers.after(LASTING_MS, () => this.#isNeighbour(session) && discovery.met(peerEid, at));
  }

  #farewell(neighbour: Neighbour, reason: DownReason): void {
    const { session } = neighbour;
    this.#endTest(neighbour);
    neighbour.endWatch();
    this.#neighbours.delete(session.peerEid);
    this.#options.log.debug('neighbour down', { peer: printable(session.peerEid), reason });
    this.#options.events.down(session, reason);
    if (this.#state !== 'running' || reason === 'replaced') return;
    this.#options.discovery?.doubt(session.remote.host);
    this.#dialler.peerGone(session.peerEid);
  }

  #replace(known: Neighbour, session: TcpclSession): void {
    const { rival } = known;
    this.#farewell(known, 'replaced');
    // Transfers that have begun may still be acknowledged there.
    known.session.end('replaced', TermReason.Unknown, this.#limits.drainMs);
    if (rival !== undefined) this.#turnAway(rival);
    this.#welcome(session);
  }

  #turnAway(session: TcpclSession): void {
    session.end('replaced', TermReason.Busy, 0);
  }

  #test(known: Neighbour, rival: TcpclSession): void {
    if (known.rival !== undefined) this.#turnAway(known.rival);
    known.cancelTest?.();
    known.rival = rival;
    known.cancelTest = this.#options.timers.after(PROBE_MS, () => {
      known.rival = undefined;
      this.#replace(known, rival);
    });
    known.session.probe();
  }

  #endTest(neighbour: Neighbour): void {
    neighbour.cancelTest?.();
    neighbour.cancelTest = undefined;
    neighbour.rival = undefined;
  }
}
