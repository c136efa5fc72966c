/** A contact between two parties of a swarm, and what can be wrong with it. */

import type { Calendar } from '../../sim/world/calendar.js';
import type { BundleKey } from '../../src/bundle/index.js';
import type { Refusal } from '../../src/engine/index.js';
import type { LinkId } from '../../src/gossip/index.js';

export type Answer = 'acked' | Refusal;

/** What crosses: `key` is known of what an honest laptop sent, compact or whole. */
export interface Parcel {
  readonly bytes: Uint8Array;
  readonly key?: BundleKey;
}

export interface Party {
  readonly gossips: boolean;
  /** @returns its name for the link; nothing is said over it before {@link begin}. */
  connect(wire: Wire, end: 0 | 1): LinkId;
  begin(link: LinkId): void;
  linkDown(link: LinkId): void;
  onFrame(link: LinkId, bytes: Uint8Array): void;
  onBundle(link: LinkId, parcel: Parcel, tookMs: number, answer: (answer: Answer) => void): void;
  onCut(link: LinkId, start: Uint8Array, tookMs: number): void;
}

export interface WireFaults {
  readonly latencyMs: number;
  readonly bytesPerMs: number;
  readonly spoilBundle?: (bytes: Uint8Array) => Uint8Array;
  readonly spoilFrame?: (bytes: Uint8Array) => Uint8Array;
  /** Whether this transfer comes twice. */
  readonly repeats?: () => boolean;
}

interface InFlight {
  readonly to: 0 | 1;
  readonly bytes: Uint8Array;
  readonly startMs: number;
  readonly lastsMs: number;
}

export class Wire {
  readonly parties: readonly [Party, Party];
  readonly #calendar: Calendar;
  readonly #faults: WireFaults;
  readonly #links: readonly [LinkId, LinkId];
  readonly #busyUntil: [number, number] = [0, 0];
  readonly #inFlight = new Set<InFlight>();
  #up = true;

  constructor(calendar: Calendar, a: Party, b: Party, faults: WireFaults) {
    this.#calendar = calendar;
    this.parties = [a, b];
    this.#faults = faults;
    this.#links = [a.connect(this, 0), b.connect(this, 1)];
    a.begin(this.#links[0]);
    b.begin(this.#links[1]);
  }

  cut(): void {
    if (!this.#up) return;
    this.#up = false;
    for (const { to, bytes, startMs, lastsMs } of this.#inFlight) {
      const tookMs = this.#calendar.nowMs - startMs;
      const arrived = Math.floor(bytes.length * Math.min(1, Math.max(0, tookMs / lastsMs)));
      if (arrived > 0) this.parties[to].onCut(this.#links[to], bytes.subarray(0, arrived), tookMs);
    }
    this.#inFlight.clear();
    for (const end of [0, 1] as const) this.parties[end].linkDown(this.#links[end]);
  }

  sendFrame(from: 0 | 1, bytes: Uint8Array): void {
    const to = other(from);
    const ready = this.#faults.spoilFrame?.(bytes) ?? bytes;
    this.#cross(from, ready, () => this.parties[to].onFrame(this.#links[to], ready));
  }

  /** @param answer is called with the first answer, unless the contact ends before it is back. */
  sendBundle(from: 0 | 1, { bytes, key }: Parcel, answer: (answer: Answer) => void): void {
    const to = other(from);
    const ready = this.#faults.spoilBundle?.(bytes) ?? bytes;
    const parcel = { bytes: ready, ...(key === undefined || ready !== bytes ? {} : { key }) };
    let isAnswered = false;
    const once = (outcome: Answer): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#calendar.after(this.#faults.latencyMs, () => (this.#up ? answer(outcome) : undefined));
    };
    for (let times = this.#faults.repeats?.() === true ? 2 : 1; times > 0; times--) {
      this.#cross(from, ready, (tookMs) => this.parties[to].onBundle(this.#links[to], parcel, tookMs, once));
    }
  }

  #cross(from: 0 | 1, bytes: Uint8Array, arrive: (tookMs: number) => void): void {
    const startMs = Math.max(this.#calendar.nowMs, this.#busyUntil[from]);
    const lastsMs = bytes.length / this.#faults.bytesPerMs;
    this.#busyUntil[from] = startMs + lastsMs;
    const flight: InFlight = { to: other(from), bytes, startMs, lastsMs };
    this.#inFlight.add(flight);
    this.#calendar.at(startMs + lastsMs + this.#faults.latencyMs, () => {
      if (this.#inFlight.delete(flight)) arrive(lastsMs);
    });
  }
}

function other(end: 0 | 1): 0 | 1 {
  return end === 0 ? 1 : 0;
}
