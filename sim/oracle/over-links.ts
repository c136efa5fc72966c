/**
 * When each message would arrive if it had every link for itself: earliest arrival with each link's own time, by
 * Dijkstra's algorithm over contacts (the earliest-arrival oracle with contact capacities, one message at a time).
 *
 * A transfer must fit into what is left of its contact. Meant for bundles that travel in one piece (up to 16 KiB).
 */
import type { ContactSource, RadioModel } from '../radio/types.js';
import type { OracleMessage } from './flood.js';

export interface SizedMessage extends OracleMessage {
  /** Of the bundle on the wire. */
  readonly sizeBytes: number;
}

interface Reach {
  readonly other: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly radio: number;
}

/** All contacts of a simulation by node, in order of their end; built once, asked for every message. */
export class LinkOracle {
  readonly #radios: readonly Pick<RadioModel, 'bytesPerSecond' | 'latencyMs' | 'setupMs'>[];
  readonly #reaches: Reach[][];

  constructor(
    contacts: ContactSource,
    radios: readonly Pick<RadioModel, 'bytesPerSecond' | 'latencyMs' | 'setupMs'>[],
  ) {
    this.#radios = radios;
    this.#reaches = Array.from({ length: contacts.nodes }, () => []);
    const open = new Map<string, number>();
    for (const { atMs, a, b, up, radio } of contacts.events()) {
      const link = `${a} ${b} ${radio}`;
      if (up) {
        open.set(link, atMs);
        continue;
      }
      const fromMs = open.get(link) ?? 0;
      open.delete(link);
      // Events come by time, so each node's list is in order of the contacts' ends.
      this.#reaches[a]?.push({ other: b, fromMs, toMs: atMs, radio });
      this.#reaches[b]?.push({ other: a, fromMs, toMs: atMs, radio });
    }
  }

  /** @returns when it can arrive at the earliest, `Infinity` when it cannot before it expires. */
  earliestArrival(message: SizedMessage): number {
    const best = new Map<number, number>([[message.from, message.createdAtMs]]);
    const queue = new ArrivalQueue();
    queue.push(message.from, message.createdAtMs);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { node, atMs } = next;
      if (atMs > message.expiresAtMs) break;
      if (node === message.to) return atMs;
      if (atMs > (best.get(node) ?? Number.POSITIVE_INFINITY)) continue;
      this.#relax(node, atMs, message.sizeBytes, best, queue);
    }
    return Number.POSITIVE_INFINITY;
  }

  #relax(node: number, atMs: number, sizeBytes: number, best: Map<number, number>, queue: ArrivalQueue): void {
    const reaches = this.#reaches[node] ?? [];
    for (let index = firstEndingAfter(reaches, atMs); index < reaches.length; index++) {
      const reach = reaches[index];
      if (reach === undefined) break;
      const arrival = this.#crossing(reach, atMs, sizeBytes);
      if (arrival === undefined || arrival >= (best.get(reach.other) ?? Number.POSITIVE_INFINITY)) continue;
      best.set(reach.other, arrival);
      queue.push(reach.other, arrival);
    }
  }

  #crossing({ fromMs, toMs, radio }: Reach, atMs: number, sizeBytes: number): number | undefined {
    const model = this.#radios[radio];
    if (model === undefined) return undefined;
    const start = Math.max(atMs, fromMs + model.setupMs);
    const arrival = start + (sizeBytes / model.bytesPerSecond) * 1000 + model.latencyMs;
    return arrival <= toMs ? arrival : undefined;
  }
}

function firstEndingAfter(reaches: readonly Reach[], atMs: number): number {
  let low = 0;
  let high = reaches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((reaches[middle]?.toMs ?? 0) > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A binary heap of arrivals, the earliest first. */
class ArrivalQueue {
  readonly #heap: { readonly node: number; readonly atMs: number }[] = [];

  push(node: number, atMs: number): void {
    const heap = this.#heap;
    const added = { node, atMs };
    let at = heap.length;
    heap.push(added);
    while (at > 0) {
      const parent = heap[(at - 1) >> 1];
      if (parent === undefined || parent.atMs <= atMs) break;
      heap[at] = parent;
      at = (at - 1) >> 1;
    }
    heap[at] = added;
  }

  pop(): { readonly node: number; readonly atMs: number } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if ((heap[child + 1]?.atMs ?? Number.POSITIVE_INFINITY) < (heap[child]?.atMs ?? Number.POSITIVE_INFINITY))
        child++;
      const next = heap[child];
      if (next === undefined || next.atMs >= last.atMs) break;
      heap[at] = next;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
