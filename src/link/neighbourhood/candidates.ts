/** The addresses that we dial: when to dial each, and what was learned about it. No I/O; timers come in. */
import type { Random } from '../../base/index.js';
import type { Timers } from '../timers.js';
import type { Endpoint } from '../types.js';
import { type Backoff, backoffMs } from './backoff.js';

export interface Candidate {
  readonly endpoint: Endpoint;
  /** Configured addresses are dialled for ever; found ones until they stay silent too often. */
  readonly isStatic: boolean;
  /** Who answered there last, or who is expected there from an earlier meeting. */
  peerEid: string | undefined;
  /** What the node there is called in its announcement: its other addresses are called so too. */
  label: string | undefined;
  /** Until when (on the timers' clock) it waits because of another address under that label. */
  putOff: { readonly label: string; readonly until: number } | undefined;
  /** Dials in a row that brought no lasting session. */
  failures: number;
  /** True from the start of a dial until its session is gone. */
  busy: boolean;
  /** A session there led to this very node. */
  isSelf: boolean;
  /** The peer has spoken gossip here: a failure is no reason to doubt that. */
  provenGossip: boolean;
  /** Until then (on the timers' clock) we do not offer gossip: the peer seems to choke on the offer. */
  plainUntil: number;
  cancelWait: (() => void) | undefined;
  /** When it was given up last (on the timers' clock). */
  gaveUpAt: number;
}

/** Found addresses are given up after this many failures, until they are announced again. */
const MAX_FOUND_FAILURES = 6;
/** Announcements of an address that was just given up are not acted on for so long: they may be forged, to make us knock. */
const REST_MS = 10_000;
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
    const key = keyOf(endpoint);
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    if (!isStatic && !this.#makeRoom()) return undefined;
    const candidate: Candidate = {
      endpoint,
      isStatic,
      peerEid: undefined,
      label: undefined,
      putOff: undefined,
      failures: 0,
      busy: false,
      isSelf: false,
      provenGossip: false,
      plainUntil: Number.NEGATIVE_INFINITY,
      cancelWait: undefined,
      gaveUpAt: Number.NEGATIVE_INFINITY,
    };
    this.#all.set(key, candidate);
    return candidate;
  }

  /** @returns the candidate with that address, if there is one. */
  at(endpoint: Endpoint): Candidate | undefined {
    return this.#all.get(keyOf(endpoint));
  }

  /** Whether an announcement may start dials now: not while one waits for its turn after a failure, or right after a rest. */
  isDue(candidate: Candidate): boolean {
    if (candidate.busy) return false;
    if (candidate.cancelWait !== undefined) return candidate.failures === 0;
    return this.#timers.now() >= candidate.gaveUpAt + REST_MS;
  }

  /** @param tries how many failures in a row until it is given up. */
  begin(candidate: Candidate, delayMs: number, tries: 'one' | 'many'): void {
    candidate.failures = tries === 'one' ? MAX_FOUND_FAILURES : 0;
    this.dialIn(candidate, delayMs);
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
    if (!candidate.isStatic && candidate.failures > MAX_FOUND_FAILURES) {
      candidate.gaveUpAt = this.#timers.now();
      return false;
    }
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

export function keyOf({ host, port }: Endpoint): string {
  return `${host.toLowerCase()} ${port}`;
}
