/** Waiting for the world to get somewhere: asks again and again, and gives up loudly. */
const EVERY_MS = 20;
const DEFAULT_LIMIT_MS = 30_000;

/**
 * @param what for the error message, e.g. `the message is carried`.
 * @param probe its first answer that is neither undefined nor false is the result; what it throws counts as "not yet".
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  limitMs: number = DEFAULT_LIMIT_MS,
): Promise<Exclude<T, undefined | false>> {
  const givesUpAt = performance.now() + limitMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > givesUpAt) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`waited ${limitMs} ms in vain for: ${what}${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
