/** A line on stderr that says how far a run has got and how long it will take; only where a person looks. */
import type { CliIo } from './io.js';
import { duration } from './table.js';

const REDRAW_MS = 200;
const BAR_CELLS = 24;

export class SimProgress {
  readonly #io: CliIo;
  readonly #name: string | undefined;
  readonly #startedAt = performance.now();
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** @param name of what runs; undefined to say nothing. */
  constructor(io: CliIo, name: string | undefined) {
    this.#io = io;
    this.#name = io.screen === undefined ? undefined : name;
  }

  /** @param share how much is done, from 0 to 1. */
  show(share: number): void {
    const now = performance.now();
    if (this.#name === undefined || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const filled = Math.round(share * BAR_CELLS);
    const leftMs = share > 0 ? ((now - this.#startedAt) / share) * (1 - share) : 0;
    const left = share > 0.01 ? `about ${duration(leftMs)} left` : '';
    const bar = '#'.repeat(filled).padEnd(BAR_CELLS, '.');
    this.#io.err(`\r\x1b[K${this.#name} ${bar} ${Math.floor(100 * share)} % ${left}`);
  }

  end(): void {
    if (this.#drawnAt > 0) this.#io.err('\r\x1b[K');
  }
}
