/**
 * What one neighbour is to be sent, most important first, with a bounded number on the way at once. The bound keeps
 * what arrives late but matters more (a receipt) from waiting behind a megabyte that was queued before it.
 */
import type { BundleKey } from '../bundle/index.js';
import type { LedgerEntry } from '../store/index.js';
import { type SendingOrder, sendingOrder } from './strategy.js';

const MAX_IN_FLIGHT = 64;
const MAX_IN_FLIGHT_BYTES = 512 * 1024;

export class SendQueue {
  readonly #order: SendingOrder;
  /** Worst last-to-first: the next to send is at the end. */
  #waiting: LedgerEntry[] = [];
  #sorted = true;
  #waitingBytes = 0;
  readonly #inFlight = new Map<BundleKey, LedgerEntry>();
  #inFlightBytes = 0;

  constructor(order: SendingOrder = sendingOrder) {
    this.#order = order;
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#inFlight.size === 0;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** What waits to go out next. */
  get next(): LedgerEntry | undefined {
    this.#sort();
    return this.#waiting.at(-1);
  }

  add(entry: LedgerEntry): void {
    this.#waiting.push(entry);
    this.#waitingBytes += entry.sizeBytes;
    this.#sorted = false;
  }

  /**
   * @param holds leaves out what was dropped in the meantime.
   * @param mayStart asked of the most important one that waits; when it must not start, nothing does.
   * @returns the bundles that may start now, in order.
   */
  start(
    holds: (key: BundleKey) => boolean,
    mayStart: (entry: LedgerEntry) => boolean = () => true,
  ): readonly LedgerEntry[] {
    const started: LedgerEntry[] = [];
    if (!this.hasRoom) return started;
    this.#sort();
    while (this.#waiting.length > 0 && this.hasRoom) {
      const entry = this.#waiting.at(-1);
      if (entry === undefined || !mayStart(entry)) break;
      this.#waiting.pop();
      this.#waitingBytes -= entry.sizeBytes;
      if (!holds(entry.key) || this.#inFlight.has(entry.key)) continue;
      this.#inFlight.set(entry.key, entry);
      this.#inFlightBytes += entry.sizeBytes;
      started.push(entry);
    }
    return started;
  }

  /** Takes out what the neighbour has no room for: of this source, and no more important than what it refused. */
  giveUp({ source, class: refused }: LedgerEntry): void {
    this.#waiting = this.#waiting.filter((entry) => entry.source !== source || entry.class < refused);
    this.#waitingBytes = this.#waiting.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#waiting.sort((a, b) => this.#order(b, a));
    this.#sorted = true;
  }

  /** Whether something more may be on the way. */
  get hasRoom(): boolean {
    return this.#inFlight.size < MAX_IN_FLIGHT && this.#inFlightBytes < MAX_IN_FLIGHT_BYTES;
  }

  /** The transfer ended, one way or another. @returns its entry, or undefined when it was not on the way. */
  finish(key: BundleKey): LedgerEntry | undefined {
    const entry = this.#inFlight.get(key);
    if (entry === undefined) return undefined;
    this.#inFlight.delete(key);
    this.#inFlightBytes -= entry.sizeBytes;
    return entry;
  }
}
