/** The entries in the order in which they came, so that "what is new since number s" costs what is new. */
import { invariant } from '../base/index.js';
import type { LedgerEntry } from './types.js';

/** A list shorter than this is never compacted. */
const COMPACT_FLOOR = 64;

export class ArrivalOrder {
  /** Ascending by number; dropped entries stay in place until they are the majority. */
  #entries: LedgerEntry[];
  #live: number;
  readonly #isLive: (entry: LedgerEntry) => boolean;

  constructor(entries: readonly LedgerEntry[], isLive: (entry: LedgerEntry) => boolean) {
    this.#entries = [...entries].sort((a, b) => a.seq - b.seq);
    this.#live = entries.length;
    this.#isLive = isLive;
  }

  /** Usually an append; a number taken earlier but decided later goes to its place. */
  add(entry: LedgerEntry): void {
    const at = this.#firstAfter(entry.seq);
    const before = this.#entries[at - 1];
    this.#live++;
    if (before?.seq === entry.seq) {
      invariant(before === entry || !this.#isLive(before), `arrival number ${entry.seq} was given twice`);
      this.#entries[at - 1] = entry;
    } else if (at === this.#entries.length) {
      this.#entries.push(entry);
    } else {
      this.#entries.splice(at, 0, entry);
    }
  }

  /** Says that one entry has just been dropped. */
  forget(): void {
    this.#live--;
    if (this.#entries.length > COMPACT_FLOOR && this.#live * 2 < this.#entries.length) {
      this.#entries = this.#entries.filter(this.#isLive);
    }
  }

  /** The live entries numbered above `seq`, ascending. */
  since(seq: number): readonly LedgerEntry[] {
    return this.#entries.slice(this.#firstAfter(seq)).filter(this.#isLive);
  }

  #firstAfter(seq: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
