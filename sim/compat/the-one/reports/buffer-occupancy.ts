/** `BufferOccupancyReport`: every so often, how full the buffers are: time, mean in percent, variance. */
import { doubleText } from '../java/format.js';
import { Report, type ReportContext } from './report.js';

const DEFAULT_INTERVAL_S = 5;
const FULL = 100;

export class BufferOccupancyReport extends Report {
  readonly #intervalS: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(context: ReportContext) {
    super(context);
    this.#intervalS = context.settings.number('occupancyInterval', DEFAULT_INTERVAL_S);
  }

  roundEnded(now: number): void {
    if (this.isWarmup || now - this.#last < this.#intervalS) return;
    this.#last = now - (now % this.#intervalS);
    let sum = 0;
    let squares = 0;
    const { hosts } = this.world;
    for (const { buffer } of hosts) {
      // An endless buffer is never full at all; one with a message too many counts as full.
      const share = Math.min((buffer.usedBytes * FULL) / buffer.capacityBytes, FULL);
      sum += share;
      squares += share * share;
    }
    const mean = sum / hosts.length;
    this.write(`${doubleText(now)} ${this.format(mean)} ${this.format(squares / hosts.length - mean * mean)}`);
  }
}
