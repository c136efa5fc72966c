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
  /** The laptop joined or left a network: a good moment to dial again. */
  onNetworkChange(): void;
}

export interface Discovery {
  /** Never throws: a network without multicast is an ordinary one. */
  start(options: DiscoveryStart): void;
  /** Says goodbye. */
  stop(): Promise<void>;
}
