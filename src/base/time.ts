/**
 * The two times a laptop has.
 *
 * `SteadyMs` never jumps and survives restarts: ages, expiry and timers use it. `WallTimeMs` is what the laptop's
 * clock claims, in Unix milliseconds; it may be years off, so it is only ever shown to people or put into a creation
 * timestamp. Both come in as arguments; the core reads no clock.
 */
declare const brand: unique symbol;

/** A primitive that carries its meaning in its type. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Milliseconds on this node's steady time line. Only differences mean anything. */
export type SteadyMs = Branded<number, 'SteadyMs'>;
/** Unix time in milliseconds, by a clock that may be wrong. */
export type WallTimeMs = Branded<number, 'WallTimeMs'>;
/** Milliseconds since 2000-01-01T00:00:00Z, leap seconds ignored (RFC 9171 §4.2.6); 0 means "no clock". */
export type DtnTimeMs = Branded<number, 'DtnTimeMs'>;

/** One reading of both times, taken at the same moment. */
export interface Now {
  readonly steady: SteadyMs;
  readonly wall: WallTimeMs;
  /** False when the host knows that the clock is wrong: bundles then carry creation time zero (RFC 9171 §4.2.7). */
  readonly wallTrusted: boolean;
}

/** Unix milliseconds of the DTN epoch. */
export const DTN_EPOCH_MS = 946_684_800_000;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export function steadyMs(ms: number): SteadyMs {
  return ms as SteadyMs;
}

export function wallTimeMs(ms: number): WallTimeMs {
  return ms as WallTimeMs;
}

export function toDtnTime(wall: WallTimeMs): DtnTimeMs {
  return Math.max(0, Math.round(wall) - DTN_EPOCH_MS) as DtnTimeMs;
}

export function fromDtnTime(time: number): WallTimeMs {
  return (time + DTN_EPOCH_MS) as WallTimeMs;
}

/** The steady time `ms` after `time`. */
export function later(time: SteadyMs, ms: number): SteadyMs {
  return (time + ms) as SteadyMs;
}
