/** Means with confidence intervals, over the seeds of one setting. */

export interface Estimate {
  readonly mean: number;
  /** Half the width of the 95 % confidence interval; 0 for fewer than two values. */
  readonly plusMinus: number;
  readonly count: number;
}

/** Student's t for 97.5 %, by degrees of freedom from 1 (any table of the distribution). */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL_975 = 1.96;

export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) return { mean: 0, plusMinus: 0, count };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, plusMinus: 0, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, plusMinus: studentT(count - 1) * Math.sqrt(variance / count), count };
}

function studentT(degrees: number): number {
  // Beyond the table, t − 1.96 falls as one over the degrees of freedom.
  return T_975[degrees - 1] ?? NORMAL_975 + 2.5 / degrees;
}
