/** Whose check for expired messages is due next. Checks follow each other by a fixed time, so a queue is in order. */
import type { Host } from './host.js';

/** Seconds between two checks of a host (rule 14). */
export const EXPIRY_CHECK_S = 60;

/** Rounding of the clock's sums: calls may come an update early, never late. */
export const EARLY_S = 1e-6;

export class ExpiryChecks {
  #hosts: Host[] = [];
  #times: number[] = [];
  #at = 0;

  /** @param checkedAt not before those of earlier calls */
  add(checkedAt: number, host: Host): void {
    this.#hosts.push(host);
    this.#times.push(checkedAt + EXPIRY_CHECK_S - EARLY_S);
  }

  /** @returns the next host that is due, which is removed */
  takeDue(now: number): Host | undefined {
    const time = this.#times[this.#at];
    if (time === undefined || time > now) return undefined;
    const host = this.#hosts[this.#at];
    this.#at += 1;
    // What lies behind is cleared away once it is most of the queue.
    if (this.#at * 2 > this.#times.length + 1024) {
      this.#hosts = this.#hosts.slice(this.#at);
      this.#times = this.#times.slice(this.#at);
      this.#at = 0;
    }
    return host;
  }
}
