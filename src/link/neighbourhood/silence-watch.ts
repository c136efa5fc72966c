/**
 * Notices when a neighbour has gone silent, long before its session ends, so that it can be dialled beside that session: a
 * laptop that was carried off and comes back has its old connection stuck in TCP's retransmission pauses for seconds.
 *
 * | silence | what happens |
 * | --- | --- |
 * | a while | the neighbour is asked for a sign of life |
 * | and no answer | it is missing: dialled again and again, beside its session |
 * | anything is heard | all is well, and the watch starts over |
 */
import type { Timers } from '../timers.js';

export interface Watched {
  /** How long nothing has been heard though we listened, in ms. */
  silenceMs(): number;
  /** Asks for a sign of life. */
  probe(): void;
  /** It is missing: called again at every {@link RETRY_MS} for as long as it is. */
  missing(): void;
  /** It was missing and has been heard. */
  found(): void;
}

/**
 * Who came a moment ago is likely on the move, and is asked after this much silence; who has stayed for a minute, only as
 * late as {@link SETTLED_QUIET_MS}: in a room full of laptops each question and its answer take air from the others.
 */
const YOUNG_QUIET_MS = 4_000;
const SETTLED_QUIET_MS = 10_000;
/** What of its age a session may be silent. */
const QUIET_SHARE = 1 / 6;
export const ANSWER_MS = 2_000;
export const RETRY_MS = 1_000;

/** @returns a function that ends the watch. */
export function watchSilence(watched: Watched, timers: Timers): () => void {
  const begunAt = timers.now();
  let state: 'well' | 'asked' | 'missing' = 'well';
  let askedAt = 0;
  const look = (): void => {
    const now = timers.now();
    const silence = watched.silenceMs();
    const isAnswered = state !== 'well' && silence < now - askedAt;
    if (isAnswered) {
      if (state === 'missing') watched.found();
      state = 'well';
    }
    cancel = timers.after(next(silence, now), look);
  };
  /** @returns when to look again. */
  const next = (silence: number, now: number): number => {
    if (state === 'well') {
      const patience = Math.min(SETTLED_QUIET_MS, Math.max(YOUNG_QUIET_MS, Math.floor((now - begunAt) * QUIET_SHARE)));
      if (silence < patience) return Math.ceil(patience - silence);
      state = 'asked';
      askedAt = now;
      watched.probe();
      return ANSWER_MS;
    }
    state = 'missing';
    watched.missing();
    return RETRY_MS;
  };
  let cancel = timers.after(YOUNG_QUIET_MS, look);
  return () => cancel();
}
