/** `MessageDelayReport` and `MessageDeliveryReport`: how delays are spread, and how deliveries add up over time. */
import type { Host } from '../world/host.js';
import type { Copy } from '../world/message.js';
import { Report, type ReportContext } from './report.js';

export class MessageDelayReport extends Report {
  readonly #delays: number[] = [];
  #created = 0;

  constructor(context: ReportContext) {
    super(context);
    this.write('# messageDelay  cumulativeProbability');
  }

  created({ message }: Copy): void {
    if (this.isWarmup) this.ignore(message);
    else this.#created += 1;
  }

  transferred({ message }: Copy, _from: Host, _to: Host, first: boolean): void {
    if (first && !this.isIgnored(message)) this.#delays.push(this.world.now - message.createdAt);
  }

  override finish(): void {
    if (this.#delays.length === 0) {
      this.write('# no messages delivered in sim time ');
      return;
    }
    let share = 0;
    for (const delay of Float64Array.from(this.#delays).sort()) {
      share += 1 / this.#created;
      this.write(`${this.format(delay)} ${this.format(share)}`);
    }
  }
}

export class MessageDeliveryReport extends Report {
  #created = 0;
  #delivered = 0;

  constructor(context: ReportContext) {
    super(context);
    this.write('# time  created  delivered  delivered/created');
  }

  created({ message }: Copy): void {
    if (this.isWarmup) {
      this.ignore(message);
      return;
    }
    this.#created += 1;
    this.#line();
  }

  transferred({ message }: Copy, _from: Host, _to: Host, first: boolean): void {
    if (!first || this.isIgnored(message)) return;
    this.#delivered += 1;
    this.#line();
  }

  #line(): void {
    const share = this.format(this.#delivered / this.#created);
    this.write(`${this.format(this.world.now)} ${this.#created} ${this.#delivered} ${share}`);
  }
}
