/**
 * Dials addresses: the configured ones for ever, found ones while they are worth it; each at its own pace, never two of one
 * peer at a time, and without the gossip offer where a peer chokes on it.
 */
import { type Logger, printable, type Random } from '../../base/index.js';
import type { Connection, Transport } from '../connection.js';
import type { FoundPeer } from '../discovery/types.js';
import type { Timers } from '../timers.js';
import type { DownReason, Endpoint } from '../types.js';
import type { Backoff } from './backoff.js';
import { type Candidate, Candidates, keyOf } from './candidates.js';

export interface DiallerOptions {
  readonly nodeEid: string;
  readonly transport: Transport;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  readonly backoff: Backoff;
  readonly dialTimeoutMs: number;
  /** True while a session with that peer stands. */
  isNeighbour(peerEid: string): boolean;
  opened(connection: Connection, candidate: Candidate | undefined): void;
  /** Somebody was found there and does not answer. */
  gaveUp(host: string): void;
}

/** How a dialled session ended. */
export interface SessionEnd {
  readonly reason: DownReason;
  readonly detail: string;
  /** True when it may have been our gossip offer that the peer failed on. */
  readonly choked: boolean;
  /** True when it was a session worth having. */
  readonly lasted: boolean;
}

/** Of two that found each other, one lets the other dial first: saves most double sessions. */
const COURTESY_MS = 1_000;
/**
 * Other addresses that are announced under a neighbour's label are dialled as late as this: as a rule they lead to the same
 * node. But anybody can announce anything, so in the end only a session tells.
 */
const SAME_LABEL_MS = 60_000;
/** Dials beside a silent session start over this often: a SYN that is lost is not repeated before 1 s. */
const BESIDE_DIAL_MS = 900;
/** How long a peer that choked on our gossip offer is dialled without it. */
const PLAIN_MS = 600_000;
/** Ends that a peer without any fault comes to: it was slow, or we wanted it so. */
const SAYS_NOTHING_OF_THE_OFFER: ReadonlySet<DownReason> = new Set([
  'contact-timeout',
  'identity-failure',
  'replaced',
  'terminated',
  'idle',
]);

export class Dialler {
  readonly #options: DiallerOptions;
  readonly #candidates: Candidates;
  readonly #underWay = new Set<() => void>();
  /** Who takes connections where, as the sessions that stand say. */
  readonly #lives = new Map<string, { readonly peerEid: string; readonly endpoint: Endpoint }>();
  /** Dials beside a session that has gone silent, by address. */
  readonly #beside = new Map<string, { readonly peerEid: string; readonly giveUp: () => void }>();
  #stopped = false;

  constructor(options: DiallerOptions) {
    const { timers, random, backoff } = options;
    this.#options = options;
    this.#candidates = new Candidates(timers, random, backoff, (candidate) => this.#dial(candidate));
  }

  addStatic(endpoint: Endpoint): void {
    const candidate = this.#candidates.add(endpoint, true);
    if (candidate !== undefined) this.#candidates.dialIn(candidate, 0);
  }

  /** @param canBeDialled true when the peer can find and dial us as well */
  found(peer: FoundPeer, canBeDialled: boolean): void {
    const { nodeEid } = this.#options;
    if (this.#stopped || peer.nodeEid === nodeEid) return;
    const candidate = this.#candidates.add({ host: peer.host, port: peer.port }, false);
    if (candidate === undefined) return;
    candidate.label = peer.label ?? candidate.label;
    if (!this.#candidates.isDue(candidate)) return;
    candidate.peerEid ??= this.#lives.get(keyOf(candidate.endpoint))?.peerEid;
    // A claim must not talk us out of dialling what a person configured.
    if (peer.nodeEid !== undefined && !candidate.isStatic) candidate.peerEid = peer.nodeEid;
    const isTheirTurn = peer.theyDialFirst ?? (peer.nodeEid !== undefined && peer.nodeEid < nodeEid);
    const tries = peer.once === true ? 'one' : 'many';
    this.#candidates.begin(candidate, canBeDialled && isTheirTurn ? COURTESY_MS : 0, tries);
  }

  /** A session says who takes connections there: while it stands, nobody has to dial to find out. */
  livesAt(peerEid: string, endpoint: Endpoint): void {
    this.#lives.set(keyOf(endpoint), { peerEid, endpoint });
    const candidate = this.#candidates.at(endpoint);
    if (candidate !== undefined && !candidate.busy) candidate.peerEid = peerEid;
  }

  redialNow(): void {
    for (const candidate of this.#candidates.values()) {
      // On another network the same address is perhaps somebody else.
      if (candidate.isSelf && !candidate.isStatic) candidate.busy = false;
      if (candidate.busy) continue;
      const isGivenUp = !candidate.isStatic && candidate.cancelWait === undefined;
      this.#candidates.begin(candidate, 0, isGivenUp ? 'one' : 'many');
    }
  }

  /** The session with that peer is gone: all its addresses are worth a dial again. */
  peerGone(peerEid: string): void {
    this.stopBeside(peerEid);
    for (const [key, each] of this.#lives) if (each.peerEid === peerEid) this.#lives.delete(key);
    for (const candidate of this.#candidates.values()) {
      if (candidate.peerEid === peerEid && !candidate.busy) this.#retry(candidate, true);
    }
  }

  /** The session with that peer stands, but it is silent: dials all its addresses beside it. */
  dialBeside(peerEid: string): void {
    for (const candidate of this.#candidates.values()) {
      if (candidate.peerEid === peerEid) this.#dialBeside(peerEid, candidate.endpoint, candidate);
    }
    for (const { peerEid: who, endpoint } of this.#lives.values()) {
      if (who === peerEid) this.#dialBeside(peerEid, endpoint, this.#candidates.at(endpoint));
    }
  }

  /** The session has come to life again, or another stands. */
  stopBeside(peerEid: string): void {
    for (const [key, dial] of this.#beside) {
      if (dial.peerEid !== peerEid) continue;
      dial.giveUp();
      this.#beside.delete(key);
    }
  }

  #dialBeside(peerEid: string, endpoint: Endpoint, candidate: Candidate | undefined): void {
    const key = keyOf(endpoint);
    if (this.#stopped || this.#beside.has(key)) return;
    const giveUp = this.#options.transport.dial(endpoint, BESIDE_DIAL_MS, {
      opened: (connection) => {
        this.#beside.delete(key);
        this.#options.opened(connection, candidate);
      },
      failed: () => this.#beside.delete(key),
    });
    this.#beside.set(key, { peerEid, giveUp });
  }

  sessionEnded(candidate: Candidate, end: SessionEnd): void {
    if (this.#stopped) return;
    if (end.reason === 'self') {
      // It stays busy: dialling our own address again would only repeat the finding.
      candidate.isSelf = true;
      this.#options.log.info('that address is this node itself; it is not dialled any more', { ...candidate.endpoint });
      return;
    }
    if (end.choked && !SAYS_NOTHING_OF_THE_OFFER.has(end.reason)) this.#suspectOffer(candidate, end.detail);
    this.#retry(candidate, end.lasted || end.reason === 'replaced');
  }

  stop(): void {
    this.#stopped = true;
    this.#candidates.stop();
    for (const giveUp of this.#underWay) giveUp();
    for (const { giveUp } of this.#beside.values()) giveUp();
    this.#beside.clear();
    this.#underWay.clear();
  }

  #dial(candidate: Candidate): void {
    const { transport, dialTimeoutMs, log, isNeighbour, opened } = this.#options;
    // Somebody whom we already talk to. `peerGone` will dial all addresses of the peer again.
    if (candidate.peerEid !== undefined && isNeighbour(candidate.peerEid)) return;
    const waitMs = this.#waitForAnother(candidate);
    if (waitMs > 0) {
      this.#candidates.dialIn(candidate, waitMs);
      return;
    }
    candidate.busy = true;
    candidate.isSelf = false;
    const giveUp = transport.dial(candidate.endpoint, dialTimeoutMs, {
      opened: (connection) => {
        this.#underWay.delete(giveUp);
        opened(connection, candidate);
      },
      failed: (error) => {
        this.#underWay.delete(giveUp);
        log.debug('dial failed', { ...candidate.endpoint, error: printable(error.message, 200) });
        this.#retry(candidate, false);
      },
    });
    this.#underWay.add(giveUp);
  }

  /** @returns how long to wait because another address, as it seems of the same peer, is being dialled or has a session. */
  #waitForAnother(candidate: Candidate): number {
    const { isNeighbour, timers } = this.#options;
    const { peerEid, label } = candidate;
    let waitMs = 0;
    for (const other of this.#candidates.values()) {
      if (other === candidate) continue;
      if (other.busy && peerEid !== undefined && other.peerEid === peerEid) return COURTESY_MS;
      // Who is known to be there needs no guess.
      if (peerEid !== undefined || label === undefined || other.label !== label) continue;
      if (other.peerEid !== undefined && isNeighbour(other.peerEid)) {
        if (candidate.putOff?.label !== label) candidate.putOff = { label, until: timers.now() + SAME_LABEL_MS };
        return Math.max(0, candidate.putOff.until - timers.now());
      }
      if (other.busy) waitMs = COURTESY_MS;
    }
    return waitMs;
  }

  #retry(candidate: Candidate, succeeded: boolean): void {
    if (!this.#candidates.retry(candidate, succeeded)) this.#options.gaveUp(candidate.endpoint.host);
  }

  /** The peer went away on our SESS_INIT. Some know no extension items at all: the next dial goes without ours. */
  #suspectOffer(candidate: Candidate, detail: string): void {
    const now = this.#options.timers.now();
    if (now < candidate.plainUntil) {
      // It was not the offer, then.
      candidate.plainUntil = Number.NEGATIVE_INFINITY;
    } else if (!candidate.provenGossip) {
      candidate.plainUntil = now + PLAIN_MS;
      candidate.failures = 0;
      this.#options.log.debug('dialling without the gossip offer', {
        ...candidate.endpoint,
        detail: printable(detail),
      });
    }
  }
}
