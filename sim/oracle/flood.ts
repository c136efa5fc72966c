/**
 * The ideal: when each message would arrive if every contact passed everything on at once, on links without limits.
 *
 * This is the earliest arrival over the temporal graph of contacts (Jain, Fall and Patra, *Routing in a delay tolerant
 * network*, SIGCOMM 2004, the oracle that knows all contacts). No strategy on any link can do better. Messages are carried as
 * bits, 32 to a word, so one pass over the contacts serves a thousand of them.
 */
import type { ContactEvent, ContactSource } from '../radio/types.js';

/** Times are ms since the start; `from` and `to` are node indices. */
export interface OracleMessage {
  readonly from: number;
  readonly to: number;
  readonly createdAtMs: number;
  /** Arrivals later than this do not count. */
  readonly expiresAtMs: number;
}

/** How many messages one pass carries: 4 bytes for each node and 32 messages. */
const BATCH = 1024;
const WORD = 32;

/** @returns per message when it can arrive at the earliest, `Infinity` when it cannot before it expires. */
export function earliestArrivals(contacts: ContactSource, messages: readonly OracleMessage[]): Float64Array {
  const arrivals = new Float64Array(messages.length).fill(Number.POSITIVE_INFINITY);
  const order = messages.map((_, index) => index).sort((a, b) => createdAt(messages, a) - createdAt(messages, b));
  for (let at = 0; at < order.length; at += BATCH) {
    new Flood(contacts, messages, order.slice(at, at + BATCH), arrivals).run();
  }
  return arrivals;
}

function createdAt(messages: readonly OracleMessage[], index: number): number {
  return messages[index]?.createdAtMs ?? 0;
}

class Flood {
  readonly #contacts: ContactSource;
  readonly #messages: readonly OracleMessage[];
  /** Of this batch, by their time of creation. */
  readonly #order: readonly number[];
  readonly #arrivals: Float64Array;
  readonly #words: number;
  /** Which messages a node has, `#words` words each. */
  readonly #held: Int32Array;
  /** Which messages of the batch are for a node, as slots. */
  readonly #slotsFor = new Map<number, number[]>();
  /** Neighbours now, one for each radio that joins the two. */
  readonly #neighbours: number[][];
  #created = 0;
  #underway: number;

  constructor(
    contacts: ContactSource,
    messages: readonly OracleMessage[],
    order: readonly number[],
    arrivals: Float64Array,
  ) {
    this.#contacts = contacts;
    this.#messages = messages;
    this.#order = order;
    this.#arrivals = arrivals;
    this.#words = Math.ceil(order.length / WORD);
    this.#held = new Int32Array(contacts.nodes * this.#words);
    this.#neighbours = Array.from({ length: contacts.nodes }, () => []);
    this.#underway = order.length;
    for (const [slot, index] of order.entries()) {
      const to = messages[index]?.to ?? 0;
      const slots = this.#slotsFor.get(to);
      if (slots === undefined) this.#slotsFor.set(to, [slot]);
      else slots.push(slot);
    }
  }

  run(): void {
    for (const event of this.#contacts.events()) {
      // A contact is there from its beginning on, and no longer in the moment in which it ends.
      this.#create((createdAtMs) => (event.up ? createdAtMs <= event.atMs : createdAtMs < event.atMs));
      if (this.#underway === 0) return;
      this.#join(event);
    }
    this.#create(() => true);
  }

  #join({ a, b, up, atMs }: ContactEvent): void {
    const ofA = this.#neighbours[a] ?? [];
    const ofB = this.#neighbours[b] ?? [];
    if (!up) {
      ofA.splice(ofA.indexOf(b), 1);
      ofB.splice(ofB.indexOf(a), 1);
      return;
    }
    ofA.push(b);
    ofB.push(a);
    this.#spread([a, b], atMs);
  }

  #create(isDue: (createdAtMs: number) => boolean): void {
    for (; this.#created < this.#order.length; this.#created++) {
      const message = this.#messages[this.#order[this.#created] ?? -1];
      if (message === undefined || !isDue(message.createdAtMs)) return;
      const slot = this.#created;
      const word = message.from * this.#words + (slot >> 5);
      this.#held[word] = (this.#held[word] ?? 0) | (1 << (slot & 31));
      if (message.from === message.to) this.#arrive(slot, message.createdAtMs);
      this.#spread([message.from], message.createdAtMs);
    }
  }

  /** Whatever these nodes have goes to all whom they reach now. */
  #spread(from: number[], atMs: number): void {
    for (let giver = from.pop(); giver !== undefined; giver = from.pop()) {
      for (const taker of this.#neighbours[giver] ?? []) if (this.#give(giver, taker, atMs)) from.push(taker);
    }
  }

  #give(giver: number, taker: number, atMs: number): boolean {
    let news = false;
    for (let word = 0; word < this.#words; word++) {
      const has = this.#held[giver * this.#words + word] ?? 0;
      const at = taker * this.#words + word;
      const had = this.#held[at] ?? 0;
      if ((has & ~had) === 0) continue;
      this.#held[at] = had | has;
      news = true;
    }
    if (news) this.#checkArrivals(taker, atMs);
    return news;
  }

  #checkArrivals(node: number, atMs: number): void {
    const slots = this.#slotsFor.get(node);
    if (slots === undefined) return;
    for (const slot of slots) {
      const word = this.#held[node * this.#words + (slot >> 5)] ?? 0;
      if ((word & (1 << (slot & 31))) !== 0) this.#arrive(slot, atMs);
    }
  }

  #arrive(slot: number, atMs: number): void {
    const index = this.#order[slot] ?? -1;
    if (this.#arrivals[index] !== Number.POSITIVE_INFINITY) return;
    const message = this.#messages[index];
    if (message === undefined || atMs > message.expiresAtMs) return;
    this.#arrivals[index] = atMs;
    this.#underway -= 1;
  }
}
