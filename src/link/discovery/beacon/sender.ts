/**
 * When to send a beacon. The pace follows the number of nodes that are heard (as RTCP's does, RFC 3550 §6.2), so that a network
 * carries about one beacon a second however many are on it; who is alone calls ever more rarely.
 *
 * One side that hears the other is enough, since it dials: nobody answers a beacon.
 */
import type { Random } from '../../../base/index.js';
import type { Timers } from '../../timers.js';
import type { Turn } from '../airtime.js';

const FIRST_MS = { from: 50, to: 500 };
/** On a network that we just came to, the first beacons follow each other quickly: they may get lost, or meet a radio that sleeps. */
const BURST_PAUSES_MS = [1_000, 2_000, 4_000] as const;
/** With so many others there, somebody has heard the first one. */
const BURST_ALONE_BELOW = 8;
const PAUSE_MS = 10_000;
const PAUSE_PER_NEIGHBOUR_MS = 1_000;
/** When nobody is heard. Somebody may walk into range of the radio without any sign of the system. */
const ALONE_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 60_000;
/** Who was not heard for so long is gone; twice the longest pause. */
const FORGET_MS = 120_000;
export const MAX_HEARD = 256;

export interface BeaconSenderOptions {
  readonly timers: Timers;
  readonly random: Random;
  readonly turn: Turn;
  send(): void;
}

export class BeaconSender {
  readonly #options: BeaconSenderOptions;
  /** When each label was heard last. */
  readonly #heard = new Map<string, number>();
  #sent = 0;
  #alonePauseMs = PAUSE_MS;
  #cancel: (() => void) | undefined;

  constructor(options: BeaconSenderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#sent = 0;
    this.#alonePauseMs = PAUSE_MS;
    this.#sendIn(FIRST_MS.from + this.#options.random.unit() * (FIRST_MS.to - FIRST_MS.from));
  }

  heard(label: string): void {
    if (this.#heard.size >= MAX_HEARD && !this.#heard.has(label)) return;
    this.#heard.set(label, this.#options.timers.now());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sendIn(delayMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.timers.after(delayMs, () => {
      const putOffMs = this.#options.turn.putOffMs();
      if (putOffMs === 0) {
        this.#options.send();
        this.#sent++;
      }
      this.#sendIn(putOffMs === 0 ? this.#pauseMs() : putOffMs);
    });
  }

  #pauseMs(): number {
    const { random } = this.#options;
    const others = this.#others();
    const burst = others < BURST_ALONE_BELOW ? BURST_PAUSES_MS[this.#sent - 1] : undefined;
    return (burst ?? this.#steadyPauseMs(others)) * (0.75 + random.unit() / 2);
  }

  #steadyPauseMs(others: number): number {
    if (others > 0) {
      this.#alonePauseMs = PAUSE_MS;
      return Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, others * PAUSE_PER_NEIGHBOUR_MS));
    }
    const pauseMs = this.#alonePauseMs;
    this.#alonePauseMs = Math.min(ALONE_PAUSE_MS, pauseMs * 1.5);
    return pauseMs;
  }

  #others(): number {
    const before = this.#options.timers.now() - FORGET_MS;
    for (const [label, at] of this.#heard) if (at < before) this.#heard.delete(label);
    return this.#heard.size;
  }
}
