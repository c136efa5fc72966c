/** What `hearsay status` tells, as plain values. Keys: docs/laptops.md. */
import type { Now, WallTimeMs } from '../base/index.js';
import type { Gossip } from '../gossip/index.js';
import type { PersonId } from '../people/index.js';
import { BundleClass } from '../store/index.js';
import type { Core } from './core.js';
import type { Objection } from './examine.js';
import type { Views } from './views.js';

export interface EngineStatus {
  readonly nodeId: string;
  readonly people: readonly {
    readonly personId: PersonId;
    readonly jid: string;
    readonly nickname: string;
    readonly inbox: number;
    readonly contacts: readonly { readonly jid: string; readonly show: string; readonly confidence: number }[];
    readonly messages: readonly {
      readonly id: string;
      readonly to: string;
      readonly writtenAt: string;
      readonly state: 'kept' | 'carried' | 'delivered' | 'expired';
      readonly waitingForKey?: boolean;
      readonly carriedBy?: number;
      readonly at?: string;
    }[];
  }[];
  readonly neighbours: readonly { readonly id: string; readonly foreign: boolean; readonly connectedForMs: number }[];
  readonly store: {
    readonly bundles: number;
    readonly bytes: number;
    readonly quotaBytes: number;
    readonly seen: number;
    readonly byClass: Readonly<Record<string, number>>;
    readonly accepted: number;
    readonly dropped: Readonly<Record<string, number>>;
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
  views: Views,
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
    nodeId: core.node,
    people: [...core.locals.values()].map((local) => ({
      personId: local.id,
      jid: core.state.directory.jidOf(local.id),
      nickname: local.nickname,
      inbox: views.inbox(local.id).length,
      contacts: views.contacts(local.id, now).map(({ jid, presence }) => ({
        jid,
        show: presence.show,
        confidence: Math.round(presence.confidence * 1000) / 1000,
      })),
      messages: views.sent(local.id).map((message) => ({
        id: message.clientId ?? message.localId,
        to: message.toJid,
        writtenAt: iso(message.writtenAt),
        state: message.state.state,
        ...('waitingForKey' in message.state ? { waitingForKey: message.state.waitingForKey } : {}),
        ...('by' in message.state ? { carriedBy: message.state.by } : {}),
        ...('at' in message.state ? { at: iso(message.state.at) } : {}),
      })),
    })),
    neighbours: gossip.neighbours().map(({ neighbour, since }) => ({
      id: neighbour?.id ?? '',
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

function iso(time: WallTimeMs): string {
  return new Date(time).toISOString();
}
