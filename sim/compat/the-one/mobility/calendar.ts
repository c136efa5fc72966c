/** Things due in rounds to come: a list for every round, so that to add one costs the same however many there are. */
import type { NumberList } from './number-list.js';

export class Calendar {
  readonly #first: Int32Array;
  #next: Int32Array;
  #payloads: Float64Array;
  #used = 0;
  /** Entries that were taken out, for use again. */
  #free = -1;

  /** @param rounds what is due later than that is forgotten at once */
  constructor(rounds: number) {
    this.#first = new Int32Array(rounds + 1).fill(-1);
    this.#next = new Int32Array(1024);
    this.#payloads = new Float64Array(1024);
  }

  get rounds(): number {
    return this.#first.length - 1;
  }

  /** @param payload a whole number */
  add(round: number, payload: number): void {
    if (round >= this.#first.length) return;
    let entry = this.#free;
    if (entry >= 0) this.#free = this.#next[entry] as number;
    else entry = this.#allot();
    this.#payloads[entry] = payload;
    this.#next[entry] = this.#first[round] as number;
    this.#first[round] = entry;
  }

  #allot(): number {
    if (this.#used === this.#next.length) {
      const next = new Int32Array(this.#used * 2);
      next.set(this.#next);
      this.#next = next;
      const payloads = new Float64Array(this.#used * 2);
      payloads.set(this.#payloads);
      this.#payloads = payloads;
    }
    return this.#used++;
  }

  isEmpty(round: number): boolean {
    return (this.#first[round] as number) < 0;
  }

  /** Moves the round's payloads to the end of the list, in no particular order. */
  take(round: number, into: NumberList): void {
    let entry = this.#first[round] as number;
    this.#first[round] = -1;
    while (entry >= 0) {
      into.push(this.#payloads[entry] as number);
      const next = this.#next[entry] as number;
      this.#next[entry] = this.#free;
      this.#free = entry;
      entry = next;
    }
  }
}
