/**
 * Finds what has run out without looking at what has not: a binary min-heap over times.
 *
 * Removal is lazy. An item that its owner no longer holds stays in the heap until it surfaces or until such items are
 * the majority; `isLive` tells the two apart.
 */
import type { SteadyMs } from '../base/index.js';

/** A heap smaller than this is never rebuilt: it costs nothing to carry. */
const REBUILD_FLOOR = 64;

export class ExpiryHeap<T> {
  #items: T[];
  #live: number;
  readonly #timeOf: (item: T) => SteadyMs;
  readonly #isLive: (item: T) => boolean;

  /** @param items what the heap starts with, all live; built in linear time. */
  constructor(items: readonly T[], timeOf: (item: T) => SteadyMs, isLive: (item: T) => boolean) {
    this.#timeOf = timeOf;
    this.#isLive = isLive;
    this.#items = [...items];
    this.#live = items.length;
    this.#heapify();
  }

  /** Adds an item that has just become live. */
  add(item: T): void {
    this.#live++;
    this.#items.push(item);
    this.#siftUp(this.#items.length - 1);
  }

  /** Says that one item has just stopped being live. */
  forget(): void {
    this.#live--;
    if (this.#items.length > REBUILD_FLOOR && this.#live * 2 < this.#items.length) {
      this.#items = [...new Set(this.#items.filter(this.#isLive))];
      this.#heapify();
    }
  }

  /** The earliest time of a live item. */
  next(): SteadyMs | undefined {
    for (;;) {
      const top = this.#items[0];
      if (top === undefined) return undefined;
      if (this.#isLive(top)) return this.#timeOf(top);
      this.#removeTop();
    }
  }

  /** Live items whose time is at or before `now`, in no particular order. Work follows the answer, not the heap. */
  due(now: SteadyMs, limit = Number.POSITIVE_INFINITY): Set<T> {
    const found = new Set<T>();
    const pending = [0];
    for (let index = pending.pop(); index !== undefined && found.size < limit; index = pending.pop()) {
      const item = this.#items[index];
      if (item === undefined || this.#timeOf(item) > now) continue;
      if (this.#isLive(item)) found.add(item);
      pending.push(2 * index + 1, 2 * index + 2);
    }
    return found;
  }

  #heapify(): void {
    for (let index = (this.#items.length >> 1) - 1; index >= 0; index--) this.#siftDown(index);
  }

  #removeTop(): void {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return;
    this.#items[0] = last;
    this.#siftDown(0);
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #isEarlier(a: number, b: number): boolean {
    const first = this.#items[a];
    const second = this.#items[b];
    return first !== undefined && second !== undefined && this.#timeOf(first) < this.#timeOf(second);
  }

  #swapIfEarlier(candidate: number, other: number): boolean {
    if (!this.#isEarlier(candidate, other)) return false;
    const held = this.#items[candidate] as T;
    this.#items[candidate] = this.#items[other] as T;
    this.#items[other] = held;
    return true;
  }
}
