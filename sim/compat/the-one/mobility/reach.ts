/** When two hosts come into each other's reach, and when they leave it: in whole rounds, from their straight lines. */
import type { Motions } from './motions.js';

/** No such round before one of the two turns. */
export const NO_ROUND = -1;

/** Rounding of our own sums, relative to the square of the range. */
const SUM_ERROR = 1e-14;

/** Whether the two are in reach after a round: exactly what The ONE would find. */
export function inReach(motions: Motions, a: number, b: number, rangeM: number, round: number): boolean {
  const x = motions.xAfter(a, round) - motions.xAfter(b, round);
  const y = motions.yAfter(a, round) - motions.yAfter(b, round);
  const excess = x * x + y * y - rangeM * rangeM;
  const slack = motions.slackAfter(a, round) + motions.slackAfter(b, round);
  if (Math.abs(excess) > slack * (2 * rangeM + slack) * 2 + rangeM * rangeM * SUM_ERROR) return excess < 0;
  const first = motions.exactAfter(a, round);
  const second = motions.exactAfter(b, round);
  const dx = first.x - second.x;
  const dy = first.y - second.y;
  return Math.sqrt(dx * dx + dy * dy) <= rangeM;
}

/**
 * The next round after which `inReach` is no longer what it is now.
 *
 * The roots of a quadratic say about when; the rounds around them are looked at one by one.
 *
 * @param now whether the two are in reach after the present round
 */
export function nextChange(motions: Motions, a: number, b: number, rangeM: number, now: boolean): number {
  const { round } = motions;
  const rounds = Math.min(motions.legEnd[a] as number, motions.legEnd[b] as number) - 1 - round;
  const vx = motions.dx(a) - motions.dx(b);
  const vy = motions.dy(a) - motions.dy(b);
  const speed2 = vx * vx + vy * vy;
  if (rounds < 1 || speed2 === 0) return NO_ROUND;
  const x = motions.xAfter(a, round) - motions.xAfter(b, round);
  const y = motions.yAfter(a, round) - motions.yAfter(b, round);
  const distance2 = x * x + y * y;
  const closing = -(x * vx + y * vy);
  // Out of reach and moving apart, which most pairs are.
  const outer0 = rangeM * 1.0001;
  if (!now && closing <= 0 && distance2 > outer0 * outer0) return NO_ROUND;

  const horizon =
    round + Math.min(rounds, Math.ceil((Math.abs(closing) + Math.sqrt(speed2) * rangeM * 2) / speed2) + 2);
  const slack = motions.slackAfter(a, horizon) + motions.slackAfter(b, horizon) + rangeM * SUM_ERROR;
  const outer = (rangeM + slack) * (rangeM + slack);
  const outerRoot = closing * closing - speed2 * (distance2 - outer);
  if (outerRoot < 0) return NO_ROUND;
  const halfChord = Math.sqrt(outerRoot);
  const surelyOut = (closing + halfChord) / speed2;
  if (surelyOut < 0) return NO_ROUND;

  let first = 1;
  if (!now) {
    first = Math.max(1, Math.floor((closing - halfChord) / speed2));
  } else {
    const inside = Math.max(rangeM - slack, 0);
    const innerRoot = closing * closing - speed2 * (distance2 - inside * inside);
    if (distance2 < inside * inside) first = Math.max(1, Math.floor((closing + Math.sqrt(innerRoot)) / speed2));
  }
  const last = Math.min(rounds, Math.floor(surelyOut) + 2);
  for (let ahead = first; ahead <= last; ahead++) {
    if (inReach(motions, a, b, rangeM, round + ahead) !== now) return round + ahead;
  }
  return NO_ROUND;
}
