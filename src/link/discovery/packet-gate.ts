/** How many packets are looked at: more is an attack or a broken network. */
import type { Timers } from '../timers.js';

export interface PacketGate {
  /** @returns whether one more packet from there may be looked at now. */
  admits(address: string): boolean;
}

/** Both bounds are per second; what is kept in mind is bounded by the first. */
export function packetGate(
  timers: Timers,
  { ofAll, ofOne }: { readonly ofAll: number; readonly ofOne: number },
): PacketGate {
  let second = Number.NEGATIVE_INFINITY;
  let count = 0;
  const bySource = new Map<string, number>();
  return {
    admits(address) {
      const now = timers.now();
      if (now - second >= 1_000) {
        second = now;
        count = 0;
        bySource.clear();
      }
      if (count >= ofAll) return false;
      const fromThere = (bySource.get(address) ?? 0) + 1;
      // What one sender has too much must not use up the share of the others.
      if (fromThere > ofOne) return false;
      bySource.set(address, fromThere);
      count++;
      return true;
    },
  };
}
