/**
 * A link over a radio while two laptops are in reach: one transmission at a time each way, or, on a shared channel, one
 * at a time among all who hear each other.
 */
import type { Random } from '../../src/base/index.js';
import type { RadioModel } from '../radio/types.js';
import type { Calendar } from './calendar.js';

/** What goes over a link. */
export interface Transmission {
  readonly isControl: boolean;
  /**
   * Called when its turn has come: a bundle is made ready only then, so that it says its true age.
   *
   * @returns its bytes on the wire, or undefined when there is nothing to send any more.
   */
  readonly begin: () => number | undefined;
  /** It has arrived, `tookMs` after its first byte left. */
  readonly arrive: (tookMs: number) => void;
}

/** The channel of one radio: until when each node hears somebody send. */
export class Channel {
  readonly #busyUntil: Float64Array;
  readonly #hearers: readonly ReadonlySet<number>[];

  /** @param hearers by node, who is in reach of it now. */
  constructor(hearers: readonly ReadonlySet<number>[]) {
    this.#busyUntil = new Float64Array(hearers.length);
    this.#hearers = hearers;
  }

  /** Takes the channel around both ends for so long. @returns when it is theirs. */
  reserve(from: number, to: number, nowMs: number, lastsMs: number): number {
    const startMs = Math.max(nowMs, this.#busyUntil[from] ?? 0, this.#busyUntil[to] ?? 0);
    const endMs = startMs + lastsMs;
    for (const end of [from, to]) {
      this.#busyUntil[end] = endMs;
      for (const hearer of this.#hearers[end] ?? []) {
        this.#busyUntil[hearer] = Math.max(this.#busyUntil[hearer] ?? 0, endMs);
      }
    }
    return startMs;
  }
}

/** What the link tells of what it does; times are airtime. */
export interface LinkMeter {
  onAir(from: number, to: number, lastsMs: number): void;
}

export interface LinkSetting {
  readonly calendar: Calendar;
  readonly radio: RadioModel;
  /** Undefined when links do not share their airtime. */
  readonly channel: Channel | undefined;
  readonly random: Random;
  readonly meter: LinkMeter;
  /** Whether control traffic takes airtime. */
  readonly controlCounts: boolean;
}

/** One direction of a link. */
export class LinkDirection {
  readonly #setting: LinkSetting;
  readonly #from: number;
  readonly #to: number;
  #queue: Transmission[] = [];
  #busy = false;
  /** Whether a bundle is on the air. */
  #carries = false;
  #up = true;

  constructor(setting: LinkSetting, from: number, to: number) {
    this.#setting = setting;
    this.#from = from;
    this.#to = to;
  }

  send(transmission: Transmission): void {
    this.#queue.push(transmission);
    this.#pump();
  }

  /** Ahead of all that waits: an acknowledgement. */
  sendFirst(transmission: Transmission): void {
    this.#queue.unshift(transmission);
    this.#pump();
  }

  /** Nothing arrives any more. @returns how many bundles were on the air. */
  cut(): number {
    this.#up = false;
    this.#queue = [];
    return this.#carries ? 1 : 0;
  }

  #pump(): void {
    while (this.#up && !this.#busy) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      const sizeBytes = next.begin();
      if (sizeBytes !== undefined) this.#transmit(next, sizeBytes);
    }
  }

  #transmit({ isControl, arrive }: Transmission, sizeBytes: number): void {
    const { calendar, radio, channel, controlCounts, meter } = this.#setting;
    const isFree = isControl && !controlCounts;
    const lastsMs = isFree ? 0 : (sizeBytes / radio.bytesPerSecond) * 1000 * this.#tries();
    const startMs = channel?.reserve(this.#from, this.#to, calendar.nowMs, lastsMs) ?? calendar.nowMs;
    meter.onAir(this.#from, this.#to, lastsMs);
    this.#busy = true;
    this.#carries = !isControl;
    calendar.at(startMs + lastsMs, () => {
      this.#busy = false;
      if (!this.#up) return;
      this.#carries = false;
      if (radio.latencyMs > 0) {
        calendar.after(radio.latencyMs, () => {
          if (this.#up) arrive(lastsMs + radio.latencyMs);
        });
      } else arrive(lastsMs);
      this.#pump();
    });
  }

  /** How often it is sent until it gets through. */
  #tries(): number {
    const { loss } = this.#setting.radio;
    if (loss <= 0) return 1;
    return 1 + Math.floor(Math.log(1 - this.#setting.random.unit()) / Math.log(loss));
  }
}
