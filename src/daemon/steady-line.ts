/**
 * The arithmetic of a time line that never jumps: pure, so that a clock that was set, a reboot and a dead battery can be
 * tried in a test. The clock that uses it is clock.ts.
 */
import { DAY_MS, type SteadyMs, steadyMs, type WallTimeMs } from '../base/index.js';
import { RELEASE_DATE } from './release.js';

/** What the laptop's clocks say at one moment. */
export interface ClockReading {
  readonly wall: WallTimeMs;
  /** Milliseconds on a clock that runs on through suspend and can't be set, but starts anew with each boot. */
  readonly sinceBootMs: number;
  /** Differs after each boot. */
  readonly bootId: string;
}

/** Where the line stood when it was last written down. */
export interface ClockRecord extends ClockReading {
  readonly steady: SteadyMs;
  /** The highest wall time that was ever believed; 0 when none was. */
  readonly trustedWall: number;
}

/** A reset clock falls back by months; time zones and summer time never change Unix time at all. */
const TOLERATED_STEP_BACK_MS = DAY_MS;
/** No release is used that long: a clock beyond was set wrong, and must not become the mark that others are held to. */
const LONGEST_USE_MS = 30 * 365 * DAY_MS;

/**
 * Carries the line on to a new reading.
 *
 * Within one boot only the boot's own clock counts, so setting the wall clock ages nothing. Over a reboot the wall clock
 * is all there is: its difference counts when it was believable before and after; otherwise the time that the laptop was
 * off counts as none, for a bundle carried too long is better than one that expired too early.
 */
export function carryOn(record: ClockRecord | undefined, reading: ClockReading): SteadyMs {
  if (record === undefined) return steadyMs(0);
  if (record.bootId === reading.bootId && reading.sinceBootMs >= record.sinceBootMs) {
    return steadyMs(record.steady + (reading.sinceBootMs - record.sinceBootMs));
  }
  const believable = record.trustedWall > 0 && isWallTrusted(record.wall, record.trustedWall);
  if (!believable || !isWallTrusted(reading.wall, record.trustedWall)) return record.steady;
  return steadyMs(record.steady + Math.max(0, reading.wall - record.wall));
}

/** @param trustedWall the highest wall time believed so far, 0 for none. */
export function isWallTrusted(wall: WallTimeMs, trustedWall: number): boolean {
  return wall >= RELEASE_DATE && wall <= RELEASE_DATE + LONGEST_USE_MS && wall >= trustedWall - TOLERATED_STEP_BACK_MS;
}
