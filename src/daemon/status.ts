/** What a running node tells about itself over the control socket; `hearsay status --json` prints it as it is. */
import type { ContactView, SentMessage } from '../chat/index.js';
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
  /** Whether the laptop's clock is believed. */
  readonly clockTrusted: boolean;
  readonly neighbours: readonly NeighbourStatus[];
  readonly store: StoreStatus;
  /** The local person's own messages, oldest first. */
  readonly messages: readonly SentMessage[];
  readonly contacts: readonly ContactView[];
}

export interface NeighbourStatus {
  /** The neighbour's node id, or what else it calls itself; undefined before it said so. */
  readonly node: string | undefined;
  readonly address: string;
  readonly state: 'connecting' | 'connected';
  readonly sinceMs: number;
}

export interface StoreStatus {
  readonly bundles: number;
  readonly bytes: number;
  readonly quotaBytes: number;
  /** Bundles by class: certificates, receipts, messages, presence, bulk. */
  readonly byClass: Readonly<Record<string, number>>;
}
