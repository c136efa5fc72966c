/** What a node can tell about its mesh, as plain values. */
import type { Now } from '../base/index.js';
import type { Gossip, LinkId } from '../gossip/index.js';
import { BundleClass } from '../store/index.js';
import type { Core } from './core.js';
import type { Objection } from './examine.js';

export interface EngineStatus {
  readonly neighbours: readonly {
    readonly link: LinkId;
    /** The proven NodeId, or the EID that a foreign node claims; undefined before either is known. */
    readonly id: string | undefined;
    readonly foreign: boolean;
    readonly connectedForMs: number;
  }[];
  readonly store: {
    readonly bundles: number;
    /** What they cost against the quota. */
    readonly bytes: number;
    readonly quotaBytes: number;
    /** Bundles that are gone but remembered. */
    readonly seen: number;
    readonly byClass: Readonly<Record<string, number>>;
    readonly accepted: number;
    /** By reason, since the start. */
    readonly dropped: Readonly<Record<string, number>>;
    /** By reason, since the start. */
    readonly refused: Readonly<Record<string, number>>;
  };
}

const CLASS_NAMES: Readonly<Record<BundleClass, string>> = {
  [BundleClass.Certificate]: 'certificates',
  [BundleClass.Receipt]: 'receipts',
  [BundleClass.Message]: 'messages',
  [BundleClass.Presence]: 'presence',
  [BundleClass.Bulk]: 'bulk',
};

export function engineStatus(
  core: Core,
  gossip: Gossip,
  objections: ReadonlyMap<Objection, number>,
  now: Now,
): EngineStatus {
  const { ledger } = core.state;
  const byClass: Record<string, number> = Object.fromEntries(Object.values(CLASS_NAMES).map((name) => [name, 0]));
  for (const entry of ledger.entries()) {
    const name = CLASS_NAMES[entry.class];
    byClass[name] = (byClass[name] ?? 0) + 1;
  }
  return {
    neighbours: gossip.neighbours().map(({ link, neighbour, since }) => ({
      link,
      id: neighbour?.id,
      foreign: neighbour?.foreign ?? false,
      connectedForMs: Math.round(now.steady - since),
    })),
    store: {
      bundles: ledger.size,
      bytes: ledger.usedBytes,
      quotaBytes: ledger.quotaBytes,
      seen: ledger.seenSize,
      byClass,
      accepted: ledger.counters.accepted,
      dropped: ledger.counters.dropped,
      refused: { ...ledger.counters.refused, ...Object.fromEntries(objections) },
    },
  };
}
