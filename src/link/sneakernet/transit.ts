/**
 * How long a bundle has lain on the stick. Its age block stands still meanwhile, so the laptop that takes it adds this
 * (RFC 9171 §4.4.2 counts all time since creation).
 *
 * Only two clocks that are both trusted can tell. Without them it counts as no time at all: a bundle that is carried too
 * long is better than one that is thrown away too early.
 */
import { DAY_MS, type Now } from '../../base/index.js';

/** Nothing lives longer: when a stick's newest sign is older than that, all that is on it is dead, or this clock is wrong. */
const LONGEST_LIFE_MS = 60 * DAY_MS;

export function timeOnStick(exportedAt: number | undefined, now: Now): number {
  if (exportedAt === undefined || !now.wallTrusted) return 0;
  return Math.max(0, now.wall - exportedAt);
}

/**
 * Whether this laptop's clock may empty the stick of what it says has expired. One laptop whose clock is years ahead would
 * else wipe what all the others still need.
 *
 * @param newestSign the latest time that anybody wrote on the stick, in Unix ms.
 */
export function mayClearByTime(newestSign: number, now: Now): boolean {
  return now.wallTrusted && now.wall - newestSign <= LONGEST_LIFE_MS;
}
