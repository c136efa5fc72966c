/** Follows the laptop from network to network by its own addresses, so that links are not noticed by waiting for them. */
import { networkInterfaces } from 'node:os';
import type { Timers } from './timers.js';

/** How often the interfaces are looked at; there is no event for that. One look costs some 0.1 ms. */
export const LOOK_MS = 1_000;

export interface NetworkListener {
  /** The laptop has an address that it did not have at the last look: a good moment to dial. */
  joined(): void;
  /**
   * These addresses of ours are gone, for two looks in a row: what is connected over them is cut off. Said at every look
   * for as long as it is so.
   */
  left(addresses: ReadonlySet<string>): void;
}

export interface Networks {
  /** @returns a function that ends the watch. */
  watch(listener: NetworkListener): () => void;
}

/** @param addresses all of the laptop's own. @default those of its interfaces that are up */
export function watchedNetworks(timers: Timers, addresses: () => readonly string[] = ownAddresses): Networks {
  return {
    watch(listener) {
      let present: ReadonlySet<string> = new Set(addresses());
      let absent: ReadonlySet<string> = new Set();
      /** An address that was here only between two looks can still have carried a connection: none is forgotten. */
      const known = new Set(present);
      const look = () => {
        const now = new Set(addresses());
        const isNew = [...now].some((address) => !present.has(address));
        for (const address of now) known.add(address);
        const absentNow = new Set([...known].filter((address) => !now.has(address)));
        const gone = new Set([...absentNow].filter((address) => absent.has(address)));
        present = now;
        absent = absentNow;
        cancel = timers.after(LOOK_MS, look);
        if (gone.size > 0) listener.left(gone);
        if (isNew) listener.joined();
      };
      let cancel = timers.after(LOOK_MS, look);
      return () => cancel();
    },
  };
}

/** The system leaves interfaces out that are down or have no carrier. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}
