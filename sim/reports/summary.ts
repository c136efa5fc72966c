/** A run in a few figures. Delays are ms; shares and ratios are plain numbers. */
import type { MessageResult, RunResult } from './types.js';

export interface Spread {
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

export interface Summary {
  readonly created: number;
  readonly delivered: number;
  /** Of all that were written. */
  readonly deliveryRatio: number;
  /** How many could have arrived at all, by contacts alone. */
  readonly reachable: number;
  /** Delivered, of those that could have been. */
  readonly shareOfOracle: number;
  /** Whose author knows by the end. */
  readonly acknowledged: number;
  readonly delay: Spread;
  /** The oracle's delay over ours, on average over what was delivered: 1 is as fast as contacts allow. */
  readonly speedOfOracle: number;
  readonly hops: Spread;
  /** Transfers of messages beyond the one that delivered, for each delivered: (relayed − delivered) / delivered. */
  readonly overheadRatio: number;
}

export function summarise({ messages }: RunResult): Summary {
  const delivered = messages.filter(isDelivered);
  const reachable = messages.filter(({ oracle }) => oracle.earliestAtMs !== undefined);
  const relayed = messages.reduce((sum, { copies }) => sum + copies, 0);
  return {
    created: messages.length,
    delivered: delivered.length,
    deliveryRatio: share(delivered.length, messages.length),
    reachable: reachable.length,
    shareOfOracle: share(delivered.length, reachable.length),
    acknowledged: messages.filter(({ receiptAtMs }) => receiptAtMs !== undefined).length,
    delay: spread(delivered.map(({ deliveredAtMs, createdAtMs }) => deliveredAtMs - createdAtMs)),
    speedOfOracle: mean(delivered.map(speed)),
    hops: spread(delivered.map(({ hops = 0 }) => hops)),
    overheadRatio: delivered.length === 0 ? 0 : (relayed - delivered.length) / delivered.length,
  };
}

type Delivered = MessageResult & { readonly deliveredAtMs: number };

function isDelivered(message: MessageResult): message is Delivered {
  return message.deliveredAtMs !== undefined;
}

function speed({ deliveredAtMs, createdAtMs, oracle }: Delivered): number {
  const taken = deliveredAtMs - createdAtMs;
  const best = (oracle.earliestAtMs ?? deliveredAtMs) - createdAtMs;
  return taken <= 0 ? 1 : best / taken;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    mean: mean(sorted),
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max: sorted.at(-1) ?? 0,
  };
}

/** The value that this share of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
