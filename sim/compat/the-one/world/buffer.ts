/**
 * What a host holds, in the order in which a Java `HashMap` keyed by message id would list it.
 *
 * That order decides which message goes first, so it is part of the results: 16 buckets, doubled above a load of 0.75
 * and never halved; a message's bucket is the low bits of its spread hash; within a bucket the order of insertion.
 */
import { IdSet } from './id-set.js';
import type { Copy, Message } from './message.js';
import { surelyAliveUntil } from './message.js';

const FIRST_BUCKETS = 16;
const LOAD = 0.75;

export class MessageBuffer {
  readonly capacityBytes: number;
  /** In map order. Not to be changed from outside, nor kept over a change. */
  readonly inMapOrder: Copy[] = [];
  /** By the time of receipt, in map order where that is the same. Likewise. */
  readonly inQueueOrder: Copy[] = [];
  readonly #held = new IdSet();
  #buckets = FIRST_BUCKETS;
  #insertions = 0;
  #usedBytes = 0;
  #surelyAliveUntil = Number.POSITIVE_INFINITY;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  get size(): number {
    return this.inMapOrder.length;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Negative after a message was created that had no room. */
  get freeBytes(): number {
    return this.capacityBytes - this.#usedBytes;
  }

  /** No message here can expire before this time. */
  get surelyAliveUntil(): number {
    return this.#surelyAliveUntil;
  }

  has(message: Message): boolean {
    return this.#held.has(message.key);
  }

  get(message: Message): Copy | undefined {
    if (!this.#held.has(message.key)) return undefined;
    return this.inMapOrder.find((copy) => copy.message.key === message.key);
  }

  withId(id: string): Copy | undefined {
    return this.inMapOrder.find((copy) => copy.message.id === id);
  }

  /** A copy with the same id takes the old one's place. */
  put(copy: Copy): void {
    const old = this.get(copy.message);
    this.#surelyAliveUntil = Math.min(this.#surelyAliveUntil, surelyAliveUntil(copy.message));
    this.#usedBytes += copy.message.sizeBytes;
    if (old !== undefined) {
      this.#usedBytes -= old.message.sizeBytes;
      copy.bucket = old.bucket;
      copy.order = old.order;
      this.inMapOrder[this.inMapOrder.indexOf(old)] = copy;
      this.inQueueOrder.splice(this.inQueueOrder.indexOf(old), 1);
    } else {
      this.#held.add(copy.message.key);
      copy.bucket = copy.message.hash & (this.#buckets - 1);
      copy.order = this.#insertions++;
      insertSorted(this.inMapOrder, copy, byMap);
      if (this.inMapOrder.length > this.#buckets * LOAD) this.#grow();
    }
    insertSorted(this.inQueueOrder, copy, byQueue);
  }

  remove(copy: Copy): void {
    this.#held.delete(copy.message.key);
    this.#usedBytes -= copy.message.sizeBytes;
    this.inMapOrder.splice(this.inMapOrder.indexOf(copy), 1);
    this.inQueueOrder.splice(this.inQueueOrder.indexOf(copy), 1);
  }

  /** To be called after expired messages were removed. */
  refreshExpiry(): void {
    this.#surelyAliveUntil = Number.POSITIVE_INFINITY;
    for (const { message } of this.inMapOrder) {
      this.#surelyAliveUntil = Math.min(this.#surelyAliveUntil, surelyAliveUntil(message));
    }
  }

  #grow(): void {
    this.#buckets *= 2;
    for (const copy of this.inMapOrder) copy.bucket = copy.message.hash & (this.#buckets - 1);
    this.inMapOrder.sort(byMap);
    this.inQueueOrder.sort(byQueue);
  }
}

/** Looks from the end: what arrives last is usually also the last in queue order. */
function insertSorted(list: Copy[], copy: Copy, compare: (a: Copy, b: Copy) => number): void {
  let at = list.length;
  list.push(copy);
  while (at > 0) {
    const before = list[at - 1] as Copy;
    if (compare(before, copy) <= 0) break;
    list[at] = before;
    at -= 1;
  }
  list[at] = copy;
}

function byMap(a: Copy, b: Copy): number {
  return a.bucket - b.bucket || a.order - b.order;
}

function byQueue(a: Copy, b: Copy): number {
  return a.receivedAt - b.receivedAt || byMap(a, b);
}
