/** How often a node meets each other node: counts over an observed time, from which rates follow. */
import { DAY_MS, type SteadyMs } from '../../base/index.js';
import type { CborValue } from '../../cbor/index.js';
import { BoundedMap } from '../bounded-map.js';
import { decodeName, encodeName, isTellable, nameBytes } from './names.js';
import { countOf, listOf } from './share.js';

const MAX_NODES = 512;
/** A link that comes back so soon is the same meeting. */
const SAME_MEETING_MS = 60_000;
const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

/** What one node has seen of others, as it tells it. */
export interface Meetings {
  readonly observedMs: number;
  readonly total: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** The mean rate, per ms, at which the node meets any one of the others; a day without meetings is taken for granted. */
export function meanRate({ observedMs, total }: Meetings, population: number): number {
  return (total + 1) / (Math.max(1, population - 1) * (observedMs + DAY_MS));
}

/**
 * The rate at which it meets this one: its count, shrunk towards the mean by the weight of one meeting, so that a pair
 * that has never met is not taken for one that never will.
 */
export function rateOf(meetings: Meetings, node: string, population: number): number {
  return ((meetings.counts.get(node) ?? 0) + 1) / (meetings.observedMs + 1 / meanRate(meetings, population));
}

export class MeetingLog {
  readonly #counts = new BoundedMap<string, { readonly count: number; readonly lastAt: number }>(MAX_NODES);
  #since: SteadyMs | undefined;
  #total = 0;

  onMeet(node: string, now: SteadyMs): void {
    this.#since ??= now;
    const { count, lastAt } = this.#counts.get(node) ?? { count: 0, lastAt: Number.NEGATIVE_INFINITY };
    const isNew = now - lastAt >= SAME_MEETING_MS;
    this.#counts.set(node, { count: isNew ? count + 1 : count, lastAt: now });
    if (isNew) this.#total += 1;
  }

  onPart(node: string, now: SteadyMs): void {
    const known = this.#counts.get(node);
    if (known !== undefined) this.#counts.set(node, { ...known, lastAt: now });
  }

  meetings(now: SteadyMs): Meetings {
    return {
      observedMs: this.#since === undefined ? 0 : Math.max(0, now - this.#since),
      total: this.#total,
      counts: new Map([...this.#counts.entries()].map(([node, { count }]) => [node, count])),
    };
  }

  save(): CborValue {
    const rows = [...this.#counts.entries()].flatMap(([node, { count, lastAt }]) =>
      isTellable(node) ? [[encodeName(node), count, Math.max(0, Math.round(lastAt))]] : [],
    );
    return [Math.round(this.#since ?? 0), this.#total, rows];
  }

  restore(saved: CborValue | undefined): void {
    const [since, total, rows] = listOf(saved, 3);
    this.#since = countOf(since, MAX_NUMBER) as SteadyMs;
    this.#total = countOf(total, MAX_NUMBER);
    for (const row of listOf(rows, MAX_NODES)) {
      const [name, count, lastAt] = listOf(row, 3);
      this.#counts.set(decodeName(name), { count: countOf(count, MAX_NUMBER), lastAt: countOf(lastAt, MAX_NUMBER) });
    }
  }
}

/** [observed ms, total, [[node, count], …]], the most met first. */
export function encodeMeetings({ observedMs, total, counts }: Meetings, maxBytes: number): CborValue {
  const rows: CborValue[] = [];
  let bytes = 0;
  for (const [node, count] of [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))) {
    bytes += nameBytes(node) + 6;
    if (bytes > maxBytes) break;
    if (isTellable(node)) rows.push([encodeName(node), count]);
  }
  return [Math.round(observedMs), total, rows];
}

/** @throws DecodeError `ERR_SUMMARY` */
export function decodeMeetings(value: CborValue | undefined): Meetings {
  const [observedMs, total, rows] = listOf(value, 3);
  const counts = new Map<string, number>();
  for (const row of listOf(rows, MAX_NODES)) {
    const [name, count] = listOf(row, 2);
    counts.set(decodeName(name), countOf(count, MAX_NUMBER));
  }
  return { observedMs: countOf(observedMs, MAX_NUMBER), total: countOf(total, MAX_NUMBER), counts };
}
