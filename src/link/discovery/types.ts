/** Finding neighbours on the local network. */
import type { Endpoint } from '../types.js';

export interface FoundPeer {
  /** An address of the peer. */
  readonly host: string;
  readonly port: number;
  /**
   * What the announcement calls its node. Addresses under one label are said to be one node's: a hint that may put a dial
   * off, believed only once sessions say the same.
   */
  readonly label?: string;
  /** Whom we expect there from an earlier meeting. */
  readonly nodeEid?: string;
  /** They found us too, and it is theirs to dial first. */
  readonly theyDialFirst?: boolean;
  /** Nobody said that the peer is here: one dial tells. */
  readonly once?: boolean;
}

export interface DiscoveryStart {
  readonly nodeEid: string;
  /** Where we take connections; undefined: look for others without announcing ourselves. */
  readonly port: number | undefined;
  /** Called for each address of a peer when it is announced, and again whenever it is announced anew. */
  onPeer(peer: FoundPeer): void;
}

export interface Discovery {
  /** Never throws: a network without multicast is an ordinary one. */
  start(options: DiscoveryStart): void;
  /**
   * Nobody answered there, or a session with that address broke: what is remembered of it may be stale, so it is forgotten
   * and asked for anew (RFC 6762 §10.4). Otherwise a laptop that walks out of range and back would not be announced for long.
   */
  doubt(host: string): void;
  /** A session with that node lasted, and there it takes connections: worth a try when we are on that network again. */
  met(nodeEid: string, at: Endpoint): void;
  /** Says goodbye. */
  stop(): Promise<void>;
}
