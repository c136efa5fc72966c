/**
 * Listen before talk, so that a room of laptops that wake together does not fill its radio with announcements: who hears that
 * much is being said already waits a moment, at random, and looks again. Whoever keeps shouting can't silence anybody for long.
 */
import type { Random } from '../../base/index.js';
import type { Timers } from '../timers.js';

/** Packets of others within a second that are enough. */
const BUSY_PER_SECOND = 8;
const PUT_OFF_MS = { from: 300, to: 1_300 };
/** Each time in a row is so much longer: what waits spreads out. */
const GROWTH = 1.3;
/** What was put off this often in a row, 20 s or so, goes out. */
const MAX_PUT_OFF = 8;

/** One thing that wants to be said now and then. */
export interface Turn {
  /** @returns 0 when it may be said now; otherwise after how long to ask again. */
  putOffMs(): number;
}

export class Airtime {
  readonly #timers: Timers;
  readonly #random: Random;
  /** When the last packets were heard; never longer than what counts as busy. */
  readonly #heardAt: number[] = [];

  constructor(timers: Timers, random: Random) {
    this.#timers = timers;
    this.#random = random;
  }

  /** A packet of somebody else. */
  heard(): void {
    this.#heardAt.push(this.#timers.now());
    if (this.#heardAt.length > BUSY_PER_SECOND) this.#heardAt.shift();
  }

  turn(): Turn {
    let inARow = 0;
    return {
      putOffMs: () => {
        if (!this.#isBusy() || inARow >= MAX_PUT_OFF) {
          inARow = 0;
          return 0;
        }
        const waitMs = PUT_OFF_MS.from + this.#random.unit() * (PUT_OFF_MS.to - PUT_OFF_MS.from);
        return waitMs * GROWTH ** inARow++;
      },
    };
  }

  #isBusy(): boolean {
    const oldest = this.#heardAt[0];
    return this.#heardAt.length >= BUSY_PER_SECOND && oldest !== undefined && this.#timers.now() - oldest < 1_000;
  }
}
