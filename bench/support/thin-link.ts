/** A link of one speed that dies after so many bytes, both ways together: what has arrived by then? */
import type { GossipOutput } from '../../src/gossip/index.js';
import type { LedgerEntry } from '../../src/store/index.js';
import type { Side } from './meeting.js';

const BYTES_PER_MS = 100;
const LATENCY_MS = 20;

interface Crossing {
  readonly atMs: number;
  readonly sizeBytes: number;
  arrive(): void;
}

export class ThinLink {
  readonly #ends: readonly [Side, Side];
  #leftBytes: number;
  #nowMs = 0;
  readonly #busyUntilMs = new Map<Side, number>();
  #crossings: Crossing[] = [];

  constructor(a: Side, b: Side, diesAfterBytes: number) {
    this.#ends = [a, b];
    this.#leftBytes = diesAfterBytes;
  }

  /** Brings the link up, and lets everything cross that crosses before it dies. */
  run(): void {
    const [a, b] = this.#ends;
    this.#heed(a, a.linkUp(b));
    this.#heed(b, b.linkUp(a));
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#leftBytes -= next.sizeBytes;
      if (this.#leftBytes < 0) return;
      this.#nowMs = next.atMs;
      next.arrive();
    }
  }

  #next(): Crossing | undefined {
    // What arrives first; of what arrives together, what left first.
    const first = this.#crossings.reduce<Crossing | undefined>(
      (best, crossing) => (best === undefined || crossing.atMs < best.atMs ? crossing : best),
      undefined,
    );
    this.#crossings = this.#crossings.filter((crossing) => crossing !== first);
    return first;
  }

  #heed(side: Side, outputs: readonly GossipOutput[]): void {
    const other = side === this.#ends[0] ? this.#ends[1] : this.#ends[0];
    for (const output of outputs) {
      if (output.type === 'frame') {
        this.#cross(side, output.bytes.length, () => this.#heed(other, other.hear(output.bytes)));
      } else if (output.type === 'send') {
        this.#cross(side, output.entry.sizeBytes, () => this.#arrived(side, other, output.entry));
      }
    }
  }

  #arrived(from: Side, to: Side, entry: LedgerEntry): void {
    this.#heed(to, to.receive(entry));
    this.#crossings.push({
      atMs: this.#nowMs + LATENCY_MS,
      sizeBytes: 0,
      arrive: () => this.#heed(from, from.acknowledged(entry)),
    });
  }

  /** One after the other, in the order of sending. */
  #cross(from: Side, sizeBytes: number, arrive: () => void): void {
    const leftAtMs = Math.max(this.#nowMs, this.#busyUntilMs.get(from) ?? 0) + sizeBytes / BYTES_PER_MS;
    this.#busyUntilMs.set(from, leftAtMs);
    this.#crossings.push({ atMs: leftAtMs + LATENCY_MS, sizeBytes, arrive });
  }
}
