/** What we know of somebody's reachability: the newest thing heard of each kind, with its age. */
import type { SteadyMs } from '../base/index.js';

/**
 * `beacon`: a signed "I am here". `sign-off`: a signed "I am leaving". `activity`: a message or receipt of theirs, so
 * their laptop was running when it was made. A live link is no evidence with an age; it is asked for separately.
 */
export type EvidenceKind = 'beacon' | 'sign-off' | 'activity';

export interface Evidence {
  readonly kind: EvidenceKind;
  /** When it was made, on our steady line: the moment we got it less the age of its bundle. */
  readonly at: SteadyMs;
  /** Hops it made to get here. */
  readonly hops: number;
}

/** Activity this soon after a sign-off does not undo it. */
export const SIGN_OFF_GRACE_MS = 60_000;

/**
 * Of two pieces of evidence, the one to believe: the later one, whichever was heard first. Activity never undoes a
 * sign-off made within the minute before it: the receipt of a message read while leaving often follows the sign-off by a
 * moment.
 */
export function newerEvidence(known: Evidence | undefined, fresh: Evidence): Evidence {
  if (known === undefined) return fresh;
  if (outlives(known, fresh)) return known;
  if (outlives(fresh, known)) return fresh;
  return fresh.at >= known.at ? fresh : known;
}

function outlives(signOff: Evidence, activity: Evidence): boolean {
  if (signOff.kind !== 'sign-off' || activity.kind !== 'activity') return false;
  return activity.at - signOff.at < SIGN_OFF_GRACE_MS;
}
