/**
 * When something far away happened, in our own wall time.
 *
 * Two witnesses: the creation timestamp, which is exact when the author's clock is right, and the bundle's age, which
 * adds up durations and needs nobody's clock. Where they agree the exact one wins; where they don't, the age does, so a
 * laptop whose clock is two years slow still has its messages shown with their true time.
 */
import { fromDtnTime, MINUTE_MS, type Now, type WallTimeMs, wallTimeMs } from '../base/index.js';

const TOLERANCE_MS = 5 * MINUTE_MS;
/** Laptops' oscillators drift, and ages are rounded at every hop. */
const TOLERANCE_PER_AGE = 0.01;

/**
 * @param creationTime the bundle's creation time in DTN ms; 0 for none.
 * @param ageMs how old the bundle is now.
 */
export function originTime(creationTime: number | bigint, ageMs: number, now: Now): WallTimeMs {
  const byAge = wallTimeMs(now.wall - ageMs);
  const dtnTime = Number(creationTime);
  if (dtnTime === 0) return byAge;
  const claimed = fromDtnTime(dtnTime);
  return Math.abs(claimed - byAge) <= TOLERANCE_MS + ageMs * TOLERANCE_PER_AGE ? claimed : byAge;
}
