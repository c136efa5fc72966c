/** The addresses that we dial: when to dial each, and what was learned about it. No I/O; timers come in. */
import type { Random } from '../../base/index.js';
import type { Timers } from '../timers.js';
import type { Endpoint } from '../types.js';
import { type Backoff, backoffMs } from './backoff.js';

export interface Candidate {
  readonly endpoint: Endpoint;
  /** Configured addresses are dialled for ever; found ones until they stay silent too often. */
  readonly isStatic: boolean;
  /** Who answered there last, or who is announced there. */
  peerEid: string | undefined;
  /** Dials in a row that brought no lasting session. */
  failures: number;
  /** True from the start of a dial until its session is gone. */
  busy: boolean;
  /** The peer has spoken gossip here: a failure is no reason to doubt that. */
  provenGossip: boolean;
  /** Until then (on the timers' clock) we do not offer gossip: the peer seems to choke on the offer. */
  plainUntil: number;
  cancelWait: (() => void) | undefined;
}

/** Found addresses are given up after this many failures, until they are announced again. */
const MAX_FOUND_FAILURES = 6;
/** A flood of announcements must not become a flood of dials. */
export const MAX_FOUND = 64;

export class Candidates {
  readonly #all = new Map<string, Candidate>();
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #backoff: Backoff;
  readonly #dial: (candidate: Candidate) => void;

  constructor(timers: Timers, random: Random, backoff: Backoff, dial: (candidate: Candidate) => void) {
    this.#timers = timers;
    this.#random = random;
    this.#backoff = backoff;
    this.#dial = dial;
  }

  values(): Iterable<Candidate> {
    return this.#all.values();
  }

  /** @returns the candidate, known or new; undefined when there are too many found ones. */
  add(endpoint: Endpoint, isStatic: boolean): Candidate | undefined {
    const key = `${endpoint.host.toLowerCase()} ${endpoint.port}`;
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    if (!isStatic && !this.#makeRoom()) return undefined;
    const candidate: Candidate = {
      endpoint,
      isStatic,
      peerEid: undefined,
      failures: 0,
      busy: false,
      provenGossip: false,
      plainUntil: Number.NEGATIVE_INFINITY,
      cancelWait: undefined,
    };
    this.#all.set(key, candidate);
    return candidate;
  }

  dialIn(candidate: Candidate, delayMs: number): void {
    candidate.cancelWait?.();
    candidate.cancelWait = this.#timers.after(delayMs, () => {
      candidate.cancelWait = undefined;
      if (!candidate.busy) this.#dial(candidate);
    });
  }

  /**
   * The dial or its session came to an end: waits and dials again.
   *
   * @returns false when the address is given up until it is announced anew
   */
  retry(candidate: Candidate, succeeded: boolean): boolean {
    candidate.busy = false;
    candidate.failures = succeeded ? 0 : candidate.failures + 1;
    if (!candidate.isStatic && candidate.failures > MAX_FOUND_FAILURES) return false;
    this.dialIn(candidate, backoffMs(this.#backoff, Math.max(0, candidate.failures - 1), this.#random));
    return true;
  }

  stop(): void {
    for (const candidate of this.#all.values()) candidate.cancelWait?.();
    this.#all.clear();
  }

  #makeRoom(): boolean {
    let found = 0;
    for (const candidate of this.#all.values()) if (!candidate.isStatic) found++;
    if (found < MAX_FOUND) return true;
    for (const [key, candidate] of this.#all) {
      if (candidate.isStatic || candidate.busy || candidate.cancelWait !== undefined) continue;
      this.#all.delete(key);
      return true;
    }
    return false;
  }
}
