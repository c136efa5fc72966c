/** A contact: two laptops in reach of each other for a while, with a latency and a bandwidth. */
import type { LinkId } from '../src/gossip/index.js';
import type { Answer, SimNode } from './sim-node.js';
import type { VirtualTime } from './virtual-time.js';

export interface ContactOptions {
  /** @default 5 ms */
  readonly latencyMs?: number;
  /** Each way. @default 1 MB/s */
  readonly bytesPerSecond?: number;
  /** Changes the bundles on their way: a liar, or a bad cable. */
  readonly corrupt?: (bytes: Uint8Array) => Uint8Array;
}

/** One end; `link` is its node's name for the contact once it is up. */
export interface Endpoint {
  readonly node: SimNode;
  link: LinkId;
  /** When the last byte that it has sent will have left. */
  busyUntil: number;
}

export class Contact {
  readonly #time: VirtualTime;
  readonly #ends: readonly [Endpoint, Endpoint];
  readonly #latencyMs: number;
  readonly #bytesPerMs: number;
  readonly #corrupt: (bytes: Uint8Array) => Uint8Array;
  #up = true;
  /** Bytes that have crossed, both ways. */
  bytes = 0;

  constructor(time: VirtualTime, a: SimNode, b: SimNode, options: ContactOptions) {
    this.#time = time;
    this.#latencyMs = options.latencyMs ?? 5;
    this.#bytesPerMs = (options.bytesPerSecond ?? 1_000_000) / 1000;
    this.#corrupt = options.corrupt ?? ((bytes) => bytes);
    this.#ends = [
      { node: a, link: 0, busyUntil: 0 },
      { node: b, link: 0, busyUntil: 0 },
    ];
  }

  async start(): Promise<void> {
    // Both ends know their link before either speaks over it.
    for (const end of this.#ends) await end.node.linkUp(this, end);
  }

  async cut(): Promise<void> {
    if (!this.#up) return;
    this.#up = false;
    for (const end of this.#ends) await end.node.linkDown(end.link);
  }

  other(end: Endpoint): Endpoint {
    return end === this.#ends[0] ? this.#ends[1] : this.#ends[0];
  }

  sendFrame(from: Endpoint, bytes: Uint8Array): void {
    const to = this.other(from);
    this.#cross(from, bytes.length, () => to.node.feed({ type: 'frame', link: to.link, bytes }));
  }

  /** `answer` is called with the receiver's, unless the contact ends before it has come back. */
  sendBundle(from: Endpoint, bytes: Uint8Array, answer: (outcome: Answer) => Promise<void>): void {
    const to = this.other(from);
    this.#cross(from, bytes.length, (tookMs) =>
      to.node.receiveBundle(to.link, this.#corrupt(bytes), tookMs, (outcome) => {
        this.#time.after(this.#latencyMs, () => (this.#up ? answer(outcome) : undefined));
      }),
    );
  }

  /**
   * Bytes leave one after the other; what has not wholly arrived when the contact ends is lost. `arrive` is told for how
   * long the receiver has seen them come in.
   */
  #cross(from: Endpoint, sizeBytes: number, arrive: (tookMs: number) => Promise<void>): void {
    const start = Math.max(this.#time.now, from.busyUntil);
    from.busyUntil = start + sizeBytes / this.#bytesPerMs;
    this.#time.after(from.busyUntil - this.#time.now + this.#latencyMs, () => {
      if (!this.#up) return;
      this.bytes += sizeBytes;
      return arrive(sizeBytes / this.#bytesPerMs);
    });
  }
}
