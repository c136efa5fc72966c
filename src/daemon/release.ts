import { type WallTimeMs, wallTimeMs } from '../base/index.js';

/**
 * A day on which this release was already made: a wall clock that claims an earlier one is wrong, without asking anybody.
 * Moved forward with each release.
 */
export const RELEASE_DATE: WallTimeMs = wallTimeMs(Date.UTC(2026, 10, 1));
