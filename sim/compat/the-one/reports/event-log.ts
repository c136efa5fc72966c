/** `EventLogReport`: a line for all that happens to links and messages, with the time unrounded. */
import { doubleText } from '../java/format.js';
import type { Host } from '../world/host.js';
import type { Copy } from '../world/message.js';
import { Report } from './report.js';

export class EventLogReport extends Report {
  #now = Number.NaN;
  #stamp = '';

  created(copy: Copy): void {
    this.#log(`C ${copy.message.from.name} ${copy.message.id}`);
  }

  transferStarted(copy: Copy, from: Host, to: Host): void {
    this.#log(`S ${from.name} ${to.name} ${copy.message.id}`);
  }

  transferred(copy: Copy, from: Host, to: Host, first: boolean): void {
    const kind = first ? 'D' : to === copy.message.to ? 'A' : 'R';
    this.#log(`DE ${from.name} ${to.name} ${copy.message.id} ${kind}`);
  }

  aborted(copy: Copy, from: Host, to: Host): void {
    this.#log(`A ${from.name} ${to.name} ${copy.message.id}`);
  }

  deleted(copy: Copy, host: Host, dropped: boolean): void {
    this.#log(`${dropped ? 'DR' : 'R'} ${host.name} ${copy.message.id}`);
  }

  linkUp(initiator: Host, peer: Host): void {
    this.#log(`CONN ${initiator.name} ${peer.name} up`);
  }

  linkDown(detector: Host, peer: Host): void {
    this.#log(`CONN ${detector.name} ${peer.name} down`);
  }

  #log(what: string): void {
    if (this.isWarmup) return;
    const { now } = this.world;
    if (now !== this.#now) {
      this.#now = now;
      this.#stamp = doubleText(now);
    }
    this.write(`${this.#stamp} ${what}`);
  }
}
