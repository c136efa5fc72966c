/**
 * Who comes when in an update of all hosts.
 *
 * The ONE shuffles one persistent list at every update with a generator seeded by the second, so shuffles pile up,
 * and all updates of a second permute the list the same way. Here the permutation is drawn once a second, and a host's
 * place is followed through it only when someone asks: an update in which nobody has anything to do costs a counter.
 */
import { JavaRandom } from '../java/random.js';

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
  readonly #random = new JavaRandom(0);
  #seed = Number.NaN;
  /** How often the present permutation has been applied. */
  #times = 0;
  /** Where a host at place i goes. */
  #moves: Int32Array;
  #square: Int32Array;
  #scratch: Int32Array;
  /** The hosts' places before the present permutation was first applied. */
  #settled: Int32Array;
  /** A host's place after `#followed` applications. */
  readonly #place: Int32Array;
  readonly #followed: Int32Array;

  constructor(hosts: number) {
    this.#moves = new Int32Array(hosts);
    this.#square = new Int32Array(hosts);
    this.#scratch = new Int32Array(hosts);
    this.#settled = Int32Array.from({ length: hosts }, (_, address) => address);
    this.#place = this.#settled.slice();
    this.#followed = new Int32Array(hosts);
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
    let place = this.#place[address] as number;
    const followed = this.#followed[address] as number;
    if (followed === this.#times) return place;
    for (let i = followed; i < this.#times; i++) place = this.#moves[place] as number;
    this.#place[address] = place;
    this.#followed[address] = this.#times;
    return place;
  }

  /** Shuffles 0, 1, 2, …: the number that ends at place i was at the place of its value. */
  #draw(seed: number): void {
    const list = this.#scratch;
    for (let i = 0; i < list.length; i++) list[i] = i;
    this.#random.setSeed(seed);
    for (let size = list.length; size > 1; size--) {
      const other = this.#random.nextInt(size);
      const last = list[size - 1] as number;
      list[size - 1] = list[other] as number;
      list[other] = last;
    }
    for (let i = 0; i < list.length; i++) this.#moves[list[i] as number] = i;
  }

  /** Applies the present permutation as often as it was due, by squaring it. */
  #settle(): void {
    let power = this.#moves;
    for (let times = this.#times; times > 0; times >>>= 1) {
      if ((times & 1) === 1) compose(this.#settled, power, this.#settled);
      if (times === 1) break;
      const squared = power === this.#square ? this.#scratch : this.#square;
      compose(power, power, squared);
      power = squared;
    }
    this.#place.set(this.#settled);
    this.#followed.fill(0);
    this.#times = 0;
  }
}

function compose(first: Int32Array, second: Int32Array, into: Int32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = second[first[i] as number] as number;
}
