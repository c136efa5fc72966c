/** What a running node tells about itself over the control socket; `hearsay status --json` prints it as it is. */
import type { ContactView, SentMessage } from '../chat/index.js';
import type { DtnStatus, EngineStatus } from '../engine/index.js';
import type { HostPort } from './host-port.js';

export interface NodeStatus {
  readonly version: string;
  readonly pid: number;
  readonly home: string;
  readonly uptimeMs: number;
  readonly identity: {
    readonly personId: string;
    readonly nodeId: string;
    readonly jid: string;
    readonly nick: string;
  };
  readonly listening: { readonly xmpp: HostPort; readonly tcpcl: HostPort };
  /** Where nodes that know our id look for us; present where that is turned on. */
  readonly derivedAddress?: DerivedAddressStatus;
  /** Whether the laptop's clock is believed. */
  readonly clockTrusted: boolean;
  readonly neighbours: readonly NeighbourStatus[];
  /** How often a neighbour broke gossip's rules and was left for a while, since the start. */
  readonly rulesBroken: number;
  readonly store: StoreStatus;
  readonly dtn: DtnStatus;
  /** The local person's own messages, oldest first. */
  readonly messages: readonly MessageStatus[];
  /** Messages of others that no client has taken yet. */
  readonly inbox: number;
  readonly contacts: readonly ContactView[];
}

export interface DerivedAddressStatus {
  readonly address: string;
  readonly prefixLength: number;
  /** Whether one of the laptop's interfaces has it; the node does not set it. */
  readonly isSet: boolean;
}

export interface NeighbourStatus {
  /** The neighbour's node id once its key is proved; of a foreign DTN node, what it calls itself. */
  readonly node: string;
  /** An ordinary DTN node that speaks no gossip. */
  readonly foreign: boolean;
  readonly address: string;
  readonly sinceMs: number;
}

export type StoreStatus = EngineStatus['store'];

export interface MessageStatus {
  /** The client's id of the message, or our own when the client gave none. */
  readonly id: string;
  readonly to: string;
  /** ISO 8601, by this node's clock. */
  readonly writtenAt: string;
  /** `kept`, `carried by N`, `delivered` or `expired`. */
  readonly state: string;
  /** Nothing of the recipient was heard yet, so it can't be sealed. */
  readonly waitingForKey?: true;
  readonly carriedBy?: number;
  /** How many of them have promised to keep it, and until when the longest of these promises holds. */
  readonly promisedBy?: number;
  readonly keptUntil?: string;
  readonly deliveredAt?: string;
  readonly expiredAt?: string;
}

export function messageStatus({ localId, clientId, toJid, writtenAt, state }: SentMessage): MessageStatus {
  const about = { id: clientId ?? localId, to: toJid, writtenAt: iso(writtenAt) };
  switch (state.state) {
    case 'kept':
      return { ...about, state: 'kept', ...(state.waitingForKey ? { waitingForKey: true } : {}) };
    case 'carried':
      return {
        ...about,
        state: `carried by ${state.by}`,
        carriedBy: state.by,
        ...(state.promised === undefined
          ? {}
          : { promisedBy: state.promised.by, keptUntil: iso(state.promised.until) }),
      };
    case 'delivered':
      return { ...about, state: 'delivered', deliveredAt: iso(state.at) };
    case 'expired':
      return { ...about, state: 'expired', expiredAt: iso(state.at) };
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
