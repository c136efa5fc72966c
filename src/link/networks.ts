/** Follows the laptop from network to network by its own addresses, so that links are not noticed by waiting for them. */
import { networkInterfaces } from 'node:os';
import type { Timers } from './timers.js';

/** How often the interfaces are looked at; there is no event for that. One look costs some 0.1 ms. */
export const LOOK_MS = 1_000;

export interface NetworkListener {
  /** The laptop has an address that it did not have at the last look: a good moment to dial. */
  joined(): void;
  /** These addresses of ours have been gone for two looks in a row: what was connected over them is cut off. */
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
      /** What was there at the last look, and whether it was missed at the look before that. */
      let present = new Set(addresses());
      let missed = new Set<string>();
      const look = () => {
        const now = new Set(addresses());
        const gone = new Set([...missed].filter((address) => !now.has(address)));
        missed = new Set([...present].filter((address) => !now.has(address)));
        const isNew = [...now].some((address) => !present.has(address));
        present = now;
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
