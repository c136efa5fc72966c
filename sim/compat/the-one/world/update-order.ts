/**
 * Who comes when in an update of all hosts.
 *
 * The ONE shuffles one persistent list at every update with a generator seeded by the second, so shuffles pile up,
 * and all updates of a second permute the list the same way. Here the permutation is drawn once a second, and a host's
 * place is followed through it only when someone asks: an update in which nobody has anything to do costs a counter.
 */
import { ShuffleTable } from '../java/random.js';

/** Where every host is, and how to bring it forward. */
export interface UpdateOrder {
  /** Another update of all hosts begins. */
  next(now: number): void;
  /** The host's place in the present update; smaller comes first. */
  placeOf(address: number): number;
}

/** Hosts are updated by address. */
export class AddressOrder implements UpdateOrder {
  next(): void {}

  placeOf(address: number): number {
    return address;
  }
}

export class ShuffledOrder implements UpdateOrder {
  readonly #table: ShuffleTable;
  #seed = -1;
  /** How often the present permutation has been applied. */
  #times = 0;
  /** Where a host at place i goes. */
  readonly #moves: Int32Array;
  readonly #square: Int32Array;
  readonly #scratch: Int32Array;
  /** The hosts' places before the present permutation was first applied. */
  readonly #settled: Int32Array;
  /** A host's place after `#followed` updates in all, where that is within the present second. */
  readonly #place: Int32Array;
  readonly #followed: Float64Array;
  /** All updates before the present second's. */
  #updatesBefore = 0;

  constructor(hosts: number) {
    this.#table = new ShuffleTable(hosts);
    this.#moves = new Int32Array(hosts);
    this.#square = new Int32Array(hosts);
    this.#scratch = new Int32Array(hosts);
    this.#settled = Int32Array.from({ length: hosts }, (_, address) => address);
    this.#place = new Int32Array(hosts);
    this.#followed = new Float64Array(hosts);
  }

  next(now: number): void {
    const seed = Math.floor(now + 0.5);
    if (seed !== this.#seed) {
      this.#settle();
      this.#seed = seed;
      this.#draw(seed);
    }
    this.#times += 1;
  }

  placeOf(address: number): number {
    const times = this.#times;
    let done = (this.#followed[address] as number) - this.#updatesBefore;
    if (done === times) return this.#place[address] as number;
    const known = done > 0;
    if (!known) done = 0;
    let place = (known ? this.#place[address] : this.#settled[address]) as number;
    for (; done < times; done++) place = this.#moves[place] as number;
    this.#place[address] = place;
    this.#followed[address] = this.#updatesBefore + times;
    return place;
  }

  /** Shuffles 0, 1, 2, …: the number that ends at place i was at the place of its value. */
  #draw(seed: number): void {
    const list = this.#scratch;
    const moves = this.#moves;
    this.#table.draw(list, seed);
    for (let i = 0; i < list.length; i++) moves[list[i] as number] = i;
  }

  /** Applies the present permutation as often as it was due, by squaring it. */
  #settle(): void {
    let power = this.#moves;
    for (let times = this.#times; times > 0; times = Math.floor(times / 2)) {
      if (times % 2 === 1) compose(this.#settled, power, this.#settled);
      if (times === 1) break;
      const squared = power === this.#square ? this.#scratch : this.#square;
      compose(power, power, squared);
      power = squared;
    }
    this.#updatesBefore += this.#times;
    this.#times = 0;
  }
}

function compose(first: Int32Array, second: Int32Array, into: Int32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = second[first[i] as number] as number;
}
