/**
 * Who was asked for what: a bundle that two neighbours offer is asked of one of them, and of the other when the first link
 * ends or has not brought it after a while.
 *
 * Two sessions name one bundle differently, but for the first 16 bits of its key. So a question is kept by these: now and
 * then a bundle waits for another one that shares them, and is asked for as soon as that has come.
 */
import { later, type SteadyMs } from '../base/index.js';

/** After so long somebody else is asked too. */
const PATIENCE_MS = 30_000;

interface Question {
  readonly link: number;
  readonly until: SteadyMs;
}

export class Asking {
  readonly #questions = new Map<number, Question>();

  /** @returns whether this link is the one to ask for a bundle at that place; false when another was, a moment ago. */
  ask(place: number, link: number, now: SteadyMs): boolean {
    const question = this.#questions.get(place);
    if (question !== undefined && question.link !== link && question.until > now) return false;
    this.#questions.set(place, { link, until: later(now, PATIENCE_MS) });
    return true;
  }

  /** A bundle at that place has come, from whomever. */
  arrived(place: number): void {
    this.#questions.delete(place);
  }

  /** The link is down: what it was asked for may be asked of others. */
  end(link: number): void {
    for (const [place, question] of this.#questions) if (question.link === link) this.#questions.delete(place);
  }
}

/** When what waits is to be looked at again. */
export function patienceEnds(now: SteadyMs): SteadyMs {
  return later(now, PATIENCE_MS);
}
