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
import { type Candidate, Candidates } from './candidates.js';

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
  opened(connection: Connection, candidate: Candidate): void;
  /** That peer was found and did not answer. */
  gaveUp(peerEid: string): void;
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

/** The node with the higher id lets the other one dial first: saves most double sessions. */
const COURTESY_MS = 1_000;
/** How long a peer that choked on our gossip offer is dialled without it. */
const PLAIN_MS = 600_000;
/** Ends that a peer without any fault comes to: it was slow, or we wanted it so. */
const SAYS_NOTHING_OF_THE_OFFER: ReadonlySet<DownReason> = new Set([
  'contact-timeout',
  'replaced',
  'terminated',
  'idle',
]);

  'identity-failure',
export class Dialler {
  readonly #options: DiallerOptions;
  readonly #candidates: Candidates;
  readonly #underWay = new Set<() => void>();
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
    if (candidate === undefined || candidate.busy) return;
    // A claim must not talk us out of dialling what a person configured.
    if (peer.nodeEid !== undefined && !candidate.isStatic) candidate.peerEid = peer.nodeEid;
    candidate.failures = 0;
    const isTheirTurn = canBeDialled && peer.nodeEid !== undefined && peer.nodeEid < nodeEid;
    this.#candidates.dialIn(candidate, isTheirTurn ? COURTESY_MS : 0);
  }

  redialNow(): void {
    for (const candidate of this.#candidates.values()) {
      if (candidate.busy) continue;
      candidate.failures = 0;
      this.#candidates.dialIn(candidate, 0);
    }
  }

  /** The session with that peer is gone: all its addresses are worth a dial again. */
  peerGone(peerEid: string): void {
    for (const candidate of this.#candidates.values()) {
      if (candidate.peerEid === peerEid && !candidate.busy) this.#retry(candidate, true);
    }
  }

  sessionEnded(candidate: Candidate, end: SessionEnd): void {
    if (this.#stopped) return;
    if (end.reason === 'self') {
      // It stays busy for ever: dialling our own address again would only repeat the finding.
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
    this.#underWay.clear();
  }

  #dial(candidate: Candidate): void {
    const { transport, dialTimeoutMs, log, isNeighbour, opened } = this.#options;
    // Somebody whom we already talk to. `peerGone` will dial all addresses of the peer again.
    if (candidate.peerEid !== undefined && isNeighbour(candidate.peerEid)) return;
    if (this.#isDialling(candidate.peerEid)) {
      this.#candidates.dialIn(candidate, COURTESY_MS);
      return;
    }
    candidate.busy = true;
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

  /** True when another address of that peer is being dialled: one is enough. */
  #isDialling(peerEid: string | undefined): boolean {
    if (peerEid === undefined) return false;
    for (const candidate of this.#candidates.values()) {
      if (candidate.busy && candidate.peerEid === peerEid) return true;
    }
    return false;
  }

  #retry(candidate: Candidate, succeeded: boolean): void {
    const goesOn = this.#candidates.retry(candidate, succeeded);
    if (!goesOn && candidate.peerEid !== undefined) this.#options.gaveUp(candidate.peerEid);
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
