/** A calendar of things to happen in virtual time. Ties keep the order in which they were scheduled. */
import type { SteadyMs } from '../src/base/index.js';

interface Appointment {
  readonly at: SteadyMs;
  readonly order: number;
  readonly happen: () => void | Promise<void>;
}

export class VirtualTime {
  #now: SteadyMs;
  #order = 0;
  readonly #heap: Appointment[] = [];

  constructor(start: SteadyMs) {
    this.#now = start;
  }

  get now(): SteadyMs {
    return this.#now;
  }

  /** A time that has passed already means now. */
  at(time: SteadyMs, happen: () => void | Promise<void>): void {
    const appointment = { at: Math.max(time, this.#now) as SteadyMs, order: this.#order++, happen };
    this.#heap.push(appointment);
    this.#siftUp(this.#heap.length - 1);
  }

  after(ms: number, happen: () => void | Promise<void>): void {
    this.at((this.#now + ms) as SteadyMs, happen);
  }

  /** Lets everything up to and at `until` happen, one thing after the other; the clock then stands at `until`. */
  async runUntil(until: SteadyMs): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.at;
      await next.happen();
    }
    this.#now = until;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown(0);
  }

  #siftUp(start: number): void {
    let child = start;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfBefore(child, parent)) return;
      child = parent;
    }
  }

  #siftDown(start: number): void {
    let parent = start;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let first = parent;
      if (this.#before(left, first)) first = left;
      if (this.#before(right, first)) first = right;
      if (first === parent) return;
      this.#swapIfBefore(first, parent);
      parent = first;
    }
  }

  #before(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  #swapIfBefore(child: number, parent: number): boolean {
    if (!this.#before(child, parent)) return false;
    const a = this.#heap[child];
    const b = this.#heap[parent];
    if (a === undefined || b === undefined) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }
}
