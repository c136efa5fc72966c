/**
 * Presence confidence, first form: how likely somebody is reachable now, given the newest evidence and its age.
 *
 * P = prior + (start − prior) · 2^(−age / half-life), with a start and a half-life for each kind of evidence. Without
 * evidence it is the prior; with a live link to their laptop it is 1. A learned table comes later behind the same
 * interface. Formula and figures: docs/protocol/presence.md. Pure: time comes in as an argument.
 */
import { HOUR_MS, MINUTE_MS, type SteadyMs } from '../base/index.js';
import type { Evidence, EvidenceKind } from './evidence.js';

/** What a presence model answers; `start` and the like are its own business. */
export interface PresenceModel {
  /** @returns a probability in (0, 1); exactly 1 only while `liveLink`. */
  confidence(evidence: Evidence | undefined, liveLink: boolean, now: SteadyMs): number;
}

export interface AgeingCurve {
  /** The probability at age zero. */
  readonly start: number;
  readonly halfLifeMs: number;
}

/** What is believed of somebody of whom nothing is known, and what every curve ages towards. */
export const PRIOR = 0.1;

export const AGEING: Readonly<Record<EvidenceKind, AgeingCurve>> = {
  beacon: { start: 0.95, halfLifeMs: 30 * MINUTE_MS },
  activity: { start: 0.9, halfLifeMs: 30 * MINUTE_MS },
  // Somebody who signed off is less likely here than a stranger at first; that too is forgotten.
  'sign-off': { start: 0.02, halfLifeMs: 4 * HOUR_MS },
};

/** @param timeScale stretches all half-lives; the demo squeezes hours into seconds with it. */
export function ageingModel(timeScale = 1): PresenceModel {
  return {
    confidence(evidence, liveLink, now) {
      if (liveLink) return 1;
      if (evidence === undefined) return PRIOR;
      const { start, halfLifeMs } = AGEING[evidence.kind];
      const ageMs = Math.max(0, now - evidence.at);
      return PRIOR + (start - PRIOR) * 2 ** (-ageMs / (halfLifeMs * timeScale));
    },
  };
}
