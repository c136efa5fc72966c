/** `MessageStatsReport`: the totals of a run (rule 28). */
import type { Host } from '../world/host.js';
import type { Copy } from '../world/message.js';
import { middle, Report } from './report.js';

export class MessageStatsReport extends Report {
  readonly #createdAt = new Map<string, number>();
  readonly #latencies: number[] = [];
  readonly #hops: number[] = [];
  readonly #bufferTimes: number[] = [];
  readonly #roundTrips: number[] = [];
  #created = 0;
  #started = 0;
  #relayed = 0;
  #aborted = 0;
  #dropped = 0;
  #removed = 0;
  #delivered = 0;
  #responsesAskedFor = 0;
  #responses = 0;

  created({ message }: Copy): void {
    if (this.isWarmup) {
      this.ignore(message);
      return;
    }
    this.#createdAt.set(message.id, this.world.now);
    this.#created += 1;
    if (message.responseBytes > 0) this.#responsesAskedFor += 1;
  }

  transferStarted({ message }: Copy): void {
    if (!this.isIgnored(message)) this.#started += 1;
  }

  aborted({ message }: Copy): void {
    if (!this.isIgnored(message)) this.#aborted += 1;
  }

  deleted(copy: Copy, _host: Host, dropped: boolean): void {
    if (this.isIgnored(copy.message)) return;
    if (dropped) this.#dropped += 1;
    else this.#removed += 1;
    this.#bufferTimes.push(this.world.now - copy.receivedAt);
  }

  transferred(copy: Copy, _from: Host, _to: Host, first: boolean): void {
    const { message } = copy;
    if (this.isIgnored(message)) return;
    this.#relayed += 1;
    if (!first) return;
    this.#delivered += 1;
    this.#latencies.push(this.world.now - (this.#createdAt.get(message.id) ?? message.createdAt));
    this.#hops.push(copy.path.hops);
    if (message.request === undefined) return;
    this.#responses += 1;
    this.#roundTrips.push(this.world.now - message.request.createdAt);
  }

  override finish(): void {
    const share = (part: number, whole: number) => this.format(whole > 0 ? part / whole : 0);
    const overhead = this.#delivered > 0 ? (this.#relayed - this.#delivered) / this.#delivered : Number.NaN;
    this.write(`Message stats for scenario ${this.scenario}`);
    this.write(`sim_time: ${this.format(this.world.now)}`);
    this.write(`created: ${this.#created}`);
    this.write(`started: ${this.#started}`);
    this.write(`relayed: ${this.#relayed}`);
    this.write(`aborted: ${this.#aborted}`);
    this.write(`dropped: ${this.#dropped}`);
    this.write(`removed: ${this.#removed}`);
    this.write(`delivered: ${this.#delivered}`);
    this.write(`delivery_prob: ${share(this.#delivered, this.#created)}`);
    this.write(`response_prob: ${share(this.#responses, this.#responsesAskedFor)}`);
    this.write(`overhead_ratio: ${this.format(overhead)}`);
    this.write(`latency_avg: ${this.mean(this.#latencies)}`);
    this.write(`latency_med: ${this.median(this.#latencies)}`);
    this.write(`hopcount_avg: ${this.mean(this.#hops)}`);
    this.write(`hopcount_med: ${middle(this.#hops) ?? 0}`);
    this.write(`buffertime_avg: ${this.mean(this.#bufferTimes)}`);
    this.write(`buffertime_med: ${this.median(this.#bufferTimes)}`);
    this.write(`rtt_avg: ${this.mean(this.#roundTrips)}`);
    this.write(`rtt_med: ${this.median(this.#roundTrips)}`);
  }
}
