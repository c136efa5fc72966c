/**
 * Routing strategies: which bundles a neighbour is offered, and in which order within their class.
 *
 * A strategy decides over ledger entries only, synchronously, and keeps its own memory. Epidemic forwarding is the
 * first; the others of architecture §5 join behind this interface.
 */
import type { SteadyMs } from '../base/index.js';
import type { LedgerEntry } from '../store/index.js';

/** A neighbour as strategies see it. `id` is its proven NodeId, or the EID that a foreign node claims. */
export interface Neighbour {
  readonly id: string;
  readonly foreign: boolean;
}

export interface RoutingStrategy {
  readonly name: string;
  onMeet(neighbour: Neighbour, now: SteadyMs): void;
  onPart(neighbour: Neighbour, now: SteadyMs): void;
  /** @returns whether this neighbour should get a copy, by what is known now. */
  shouldOffer(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): boolean;
  /** The neighbour has acknowledged the bundle: it is on its disk. */
  onForwarded(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): void;
}

/**
 * Epidemic forwarding: everybody gets everything they lack (Vahdat and Becker, *Epidemic routing for partially
 * connected ad hoc networks*, Duke University CS-200006, 2000).
 */
export function epidemic(): RoutingStrategy {
  return {
    name: 'epidemic',
    onMeet() {},
    onPart() {},
    shouldOffer: () => true,
    onForwarded() {},
  };
}

/**
 * What of these a neighbour should be offered. `withheldFrom`: the lowest arrival number that the strategy keeps back
 * for now; no cursor may move past it, or it could never be offered later.
 */
export function selectFor(
  strategy: RoutingStrategy,
  neighbour: Neighbour,
  entries: readonly LedgerEntry[],
  now: SteadyMs,
): { readonly offered: readonly LedgerEntry[]; readonly withheldFrom: number } {
  let withheldFrom = Number.POSITIVE_INFINITY;
  const offered = entries.filter((entry) => {
    if (strategy.shouldOffer(entry, neighbour, now)) return true;
    withheldFrom = Math.min(withheldFrom, entry.seq);
    return false;
  });
  return { offered, withheldFrom };
}

/** Most important first: class by class, and within a class the newest arrival first. */
export function sendingOrder(a: LedgerEntry, b: LedgerEntry): number {
  return a.class - b.class || b.seq - a.seq;
}
