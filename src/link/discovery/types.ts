/** Finding neighbours on the local network. */
export interface FoundPeer {
  /** An address of the peer. */
  readonly host: string;
  readonly port: number;
  /** What the announcement claims; a hint for whom to dial, believed only once a session says the same. */
  readonly nodeEid?: string;
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
   * That node did not answer, or its session broke: what is remembered of it may be stale, so it is forgotten and asked for
   * anew (RFC 6762 §10.4). Otherwise a laptop that walks out of range and back would not be announced for half an hour.
   */
  doubt(nodeEid: string): void;
  /** Says goodbye. */
  stop(): Promise<void>;
}
