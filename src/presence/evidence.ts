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

/**
 * Of two pieces of evidence, the one to believe: the later one. Activity never undoes a sign-off made within the
 * minute before it: the receipt of a message read while leaving often follows the sign-off by a moment.
 */
export function newerEvidence(known: Evidence | undefined, fresh: Evidence): Evidence {
  if (known === undefined) return fresh;
  if (known.kind === 'sign-off' && fresh.kind === 'activity' && fresh.at - known.at < SIGN_OFF_GRACE_MS) return known;
  return fresh.at >= known.at ? fresh : known;
}

const SIGN_OFF_GRACE_MS = 60_000;
