/**
 * A power of a fixed base to within rounding of the exact value.
 *
 * Ageing multiplies thousands of these, and its results are compared with each other: Java's `pow` is right to the last
 * bit nearly always, JavaScript's often is not. So the logarithm of the base is held in two doubles, and so is the sum.
 */

const SPLITTER = 134217729;
const LN2_HIGH = Math.LN2;
const LN2_LOW = 2.3190468138462996e-17;
/** Enough terms for |x| ≤ ln 2 / 512 at 106 bits. */
const EXP_TERMS = 11;
const HALVINGS = 8;
const KNOWN_POWERS = 4096;

/** The sum of two doubles without loss: high part first. */
type Pair = readonly [high: number, low: number];

export class PowerOf {
  readonly #log: Pair;
  readonly #known = new Map<number, number>();

  /** @param base greater than zero. */
  constructor(base: number) {
    this.#log = logarithm(base);
  }

  to(exponent: number): number {
    // Rounds are all of nearly the same length: a few powers are asked for again and again.
    const known = this.#known.get(exponent);
    if (known !== undefined) return known;
    const result = collapse(exponential(times(this.#log, [exponent, 0])));
    if (this.#known.size >= KNOWN_POWERS) this.#known.clear();
    this.#known.set(exponent, result);
    return result;
  }
}

/** Two steps of Newton's method on the exponential double the right digits of JavaScript's logarithm twice. */
function logarithm(base: number): Pair {
  let log: Pair = [Math.log(base), 0];
  for (let step = 0; step < 2; step++) {
    const factor = times([base, 0], exponential([-log[0], -log[1]]));
    log = plus(plus(log, factor), [-1, 0]);
  }
  return log;
}

function exponential(x: Pair): Pair {
  const twos = Math.round(x[0] / LN2_HIGH);
  const reduced = plus(x, times([-twos, 0], [LN2_HIGH, LN2_LOW]));
  const scale = 2 ** -HALVINGS;
  const small: Pair = [reduced[0] * scale, reduced[1] * scale];
  // e^x − 1 is squared as (1 + y)² − 1 = 2y + y², which keeps the low digits.
  let sum: Pair = [0, 0];
  for (let term = EXP_TERMS; term >= 1; term--) sum = over(times(small, plus(sum, [1, 0])), term);
  for (let i = 0; i < HALVINGS; i++) sum = plus([2 * sum[0], 2 * sum[1]], times(sum, sum));
  const result = plus(sum, [1, 0]);
  const power = 2 ** twos;
  return [result[0] * power, result[1] * power];
}

function collapse(pair: Pair): number {
  return pair[0] + pair[1];
}

function exactSum(a: number, b: number): Pair {
  const sum = a + b;
  const bPart = sum - a;
  return [sum, a - (sum - bPart) + (b - bPart)];
}

function exactProduct(a: number, b: number): Pair {
  const product = a * b;
  const aBig = a * SPLITTER;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = b * SPLITTER;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return [product, aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow];
}

function plus(a: Pair, b: Pair): Pair {
  const [high, low] = exactSum(a[0], b[0]);
  return exactSum(high, low + a[1] + b[1]);
}

function times(a: Pair, b: Pair): Pair {
  const [high, low] = exactProduct(a[0], b[0]);
  return exactSum(high, low + a[0] * b[1] + a[1] * b[0]);
}

function over(a: Pair, divisor: number): Pair {
  const quotient = a[0] / divisor;
  const [high, low] = exactProduct(quotient, divisor);
  return exactSum(quotient, (a[0] - high - low + a[1]) / divisor);
}
