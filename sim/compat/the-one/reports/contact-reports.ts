/** Reports on links alone: how long they last, how long until the next one, and the trace of all of them. */
import { doubleText, fixedText } from '../java/format.js';
import type { Host } from '../world/host.js';
import { Report, type ReportContext } from './report.js';

/** Unordered. */
function pairKey(a: Host, b: Host): number {
  const [low, high] = a.address < b.address ? [a.address, b.address] : [b.address, a.address];
  return high * 4_194_304 + low;
}

/** Counts times in bins of the granularity; a line for each bin up to the last one. */
abstract class TimesReport extends Report {
  readonly #since = new Map<number, number>();
  readonly #granularityS: number;
  readonly #bins: number[] = [];

  constructor(context: ReportContext) {
    super(context);
    this.#granularityS = context.settings.number('granularity', 1);
  }

  protected startOf(a: Host, b: Host): void {
    this.#since.set(pairKey(a, b), this.world.now);
  }

  protected endOf(a: Host, b: Host): void {
    const since = this.#since.get(pairKey(a, b));
    if (since === undefined) return;
    this.#since.delete(pairKey(a, b));
    const bin = Math.trunc((this.world.now - since) / this.#granularityS);
    while (this.#bins.length <= bin) this.#bins.push(0);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }

  override finish(): void {
    for (const [bin, count] of this.#bins.entries()) this.write(`${doubleText(bin * this.#granularityS)} ${count}`);
  }
}

/** `ContactTimesReport`: how many contacts lasted how long. */
export class ContactTimesReport extends TimesReport {
  linkUp(initiator: Host, peer: Host): void {
    if (!this.isWarmup) this.startOf(initiator, peer);
  }

  linkDown(detector: Host, peer: Host): void {
    this.endOf(detector, peer);
  }
}

/** `InterContactTimesReport`: how long it was from the end of a contact to the next one of the same two. */
export class InterContactTimesReport extends TimesReport {
  linkUp(initiator: Host, peer: Host): void {
    this.endOf(initiator, peer);
  }

  linkDown(detector: Host, peer: Host): void {
    if (!this.isWarmup) this.startOf(detector, peer);
  }
}

/** `ConnectivityONEReport`: the links as an event file that StandardEventsReader reads. */
export class ConnectivityONEReport extends Report {
  linkUp(initiator: Host, peer: Host): void {
    this.#line(initiator, peer, 'up');
  }

  linkDown(detector: Host, peer: Host): void {
    this.#line(detector, peer, 'down');
  }

  #line(a: Host, b: Host, state: string): void {
    if (this.isWarmup) return;
    const [low, high] = a.address < b.address ? [a, b] : [b, a];
    this.write(`${fixedText(this.world.now, 2)} CONN ${low.address} ${high.address} ${state}`);
  }
}
