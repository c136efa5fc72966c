/**
 * Custody: a promise to keep a bundle until a time, whoever else comes (docs/custody.md).
 *
 * A promise is worth something because it is rare: messages of people whom somebody here knows, within a share of the
 * store. It is part of the bundle's entry, so it is on disk in the same commit, before anybody hears of it.
 */
import { DAY_MS, later, MINUTE_MS, type SteadyMs } from '../base/index.js';
import { type Candidate, chargeOf } from './admission.js';
import { BundleClass } from './types.js';

/** No promise reaches further: longer than nearly every message lives, shorter than a laptop is borrowed. */
const LONGEST_MS = 14 * DAY_MS;

/**
 * How much sooner than the promise ends its depositor is told that it does: the telling takes time on a slow link, and
 * two clocks that run 0.01 % apart part by two minutes in a fortnight.
 */
export const CUSTODY_MARGIN_MS = 15 * MINUTE_MS;

/**
 * @returns until when it will be kept, or undefined when nothing is promised.
 */
export function mayPromise(
  candidate: Candidate,
  room: { readonly now: SteadyMs; readonly authorLeftBytes: number; readonly leftBytes: number },
): SteadyMs | undefined {
  if (candidate.own || candidate.class !== BundleClass.Message) return undefined;
  const charge = chargeOf(candidate.sizeBytes);
  if (charge > room.authorLeftBytes || charge > room.leftBytes) return undefined;
  const until = Math.min(candidate.expiresAt, later(room.now, LONGEST_MS)) as SteadyMs;
  return until - room.now > CUSTODY_MARGIN_MS ? until : undefined;
}
