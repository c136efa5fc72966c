/**
 * `java.util.Random`: the 48-bit linear congruential generator that its documentation specifies, bit for bit.
 *
 * The state is kept in two 24-bit halves, so that every product fits a double or wraps in `Math.imul`.
 */
import { textHash } from './text-hash.js';

const MULTIPLIER_HIGH = 0x5de;
const MULTIPLIER_LOW = 0xece66d;
const INCREMENT = 0xb;
const MASK_24 = 0xffffff;
const TWO_TO_24 = 0x1000000;
const TWO_TO_27 = 0x8000000;
const TWO_TO_MINUS_24 = 1 / TWO_TO_24;
const TWO_TO_MINUS_53 = 2 ** -53;

export class JavaRandom {
  #high = 0;
  #low = 0;

  /** @param seed a whole number, as Java's `long` would hold it. */
  constructor(seed: number) {
    this.setSeed(seed);
  }

  /** A generator seeded with a text's Java hash, as The ONE's event generators are with their prefix. */
  static ofText(text: string): JavaRandom {
    return new JavaRandom(textHash(text));
  }

  setSeed(seed: number): void {
    // Only the seed's low 48 bits count; floor division keeps two's complement for negative seeds.
    this.#low = (((seed % TWO_TO_24) + TWO_TO_24) % TWO_TO_24) ^ MULTIPLIER_LOW;
    const upper = Math.floor(seed / TWO_TO_24);
    this.#high = (((upper % TWO_TO_24) + TWO_TO_24) % TWO_TO_24) ^ MULTIPLIER_HIGH;
  }

  #advance(): void {
    const low = this.#low;
    const carry = ((low * MULTIPLIER_LOW + INCREMENT) * TWO_TO_MINUS_24) | 0;
    this.#high = (Math.imul(this.#high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH) + carry) & MASK_24;
    this.#low = (Math.imul(low, MULTIPLIER_LOW) + INCREMENT) & MASK_24;
  }

  /** A number from 0 to `bound` − 1; `bound` is from 1 to 2³¹ − 1. */
  nextInt(bound: number): number {
    if ((bound & (bound - 1)) === 0) {
      this.#advance();
      return this.#bits31() >>> Math.clz32(bound);
    }
    for (;;) {
      this.#advance();
      const bits = this.#bits31();
      const value = bits % bound;
      // What Java tests by overflow: the last, incomplete run of `bound` numbers below 2³¹ is drawn again.
      if (((bits - value + (bound - 1)) | 0) >= 0) return value;
    }
  }

  #bits31(): number {
    return ((this.#high << 7) | (this.#low >>> 17)) & 0x7fffffff;
  }

  /** A number in [0, 1) with 53 random bits. */
  nextDouble(): number {
    this.#advance();
    const upper = (this.#high << 2) | (this.#low >>> 22);
    this.#advance();
    const lower = (this.#high << 3) | (this.#low >>> 21);
    return (upper * TWO_TO_27 + lower) * TWO_TO_MINUS_53;
  }

  nextBoolean(): boolean {
    this.#advance();
    return this.#high >>> 23 !== 0;
  }

  #spare: number | undefined;

  /** The polar method, which makes two and keeps one. */
  nextGaussian(): number {
    if (this.#spare !== undefined) {
      const kept = this.#spare;
      this.#spare = undefined;
      return kept;
    }
    for (;;) {
      const first = 2 * this.nextDouble() - 1;
      const second = 2 * this.nextDouble() - 1;
      const square = first * first + second * second;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = second * scale;
      return first * scale;
    }
  }
}

/**
 * The permutations that `Collections.shuffle` makes of lists of one length: the same as {@link shuffle} on the numbers
 * from 0, but drawn by the million.
 */
export class ShuffleTable {
  /** 1/n: a multiplication and a correction are cheaper than a division with remainder. */
  readonly #reciprocals: Float64Array;

  constructor(length: number) {
    this.#reciprocals = Float64Array.from({ length: length + 1 }, (_, n) => 1 / n);
  }

  /** Fills the list with 0, 1, 2, … and shuffles it with a generator of that seed, a number below 2⁴⁸. */
  draw(list: Int32Array, seed: number): void {
    const reciprocals = this.#reciprocals;
    let low = (seed % TWO_TO_24) ^ MULTIPLIER_LOW;
    let high = Math.floor(seed / TWO_TO_24) ^ MULTIPLIER_HIGH;
    for (let i = 0; i < list.length; i++) list[i] = i;
    for (let size = list.length; size > 1; size--) {
      let value = 0;
      for (;;) {
        const carry = ((low * MULTIPLIER_LOW + INCREMENT) * TWO_TO_MINUS_24) | 0;
        high = (Math.imul(high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH) + carry) & MASK_24;
        low = (Math.imul(low, MULTIPLIER_LOW) + INCREMENT) & MASK_24;
        const bits = ((high << 7) | (low >>> 17)) & 0x7fffffff;
        if ((size & (size - 1)) === 0) {
          value = bits >>> Math.clz32(size);
          break;
        }
        value = bits - Math.imul((bits * (reciprocals[size] as number)) | 0, size);
        if (value < 0) value += size;
        else if (value >= size) value -= size;
        if (((bits - value + (size - 1)) | 0) >= 0) break;
      }
      const last = list[size - 1] as number;
      list[size - 1] = list[value] as number;
      list[value] = last;
    }
  }
}

/** `Collections.shuffle`: from the end down, each element swapped with one at or before it. */
export function shuffle<T>(list: T[], random: JavaRandom): void {
  for (let size = list.length; size > 1; size--) {
    const other = random.nextInt(size);
    const last = list[size - 1] as T;
    list[size - 1] = list[other] as T;
    list[other] = last;
  }
}
