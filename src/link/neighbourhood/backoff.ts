/** How long to wait before dialling an address again. */
import type { Random } from '../../base/index.js';

export interface Backoff {
  /** The first wait. @default 500 */
  readonly firstMs: number;
  /** No wait is longer. @default 3_000: a walker may pass within seconds, and a dial to nobody is one small packet */
  readonly capMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { firstMs: 500, capMs: 3_000 };

/**
 * Doubles with every failure, up to the cap, and strays a quarter to either side, so that laptops that lost each other at
 * one moment do not dial in step for ever.
 *
 * @param failures how many dials in a row came to nothing; 0 for the first wait
 */
export function backoffMs(backoff: Backoff, failures: number, random: Random): number {
  const base = Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(failures, 30));
  return base * (0.75 + random.unit() / 2);
}
