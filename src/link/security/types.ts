import type { TlsPolicy } from './identity.js';

/** What it takes to speak TLS. Everything in PEM. */
export interface TlsCredentials {
  /** With the node id as NODE-ID (RFC 9174 §4.4.1). */
  readonly certificate: string;
  readonly privateKey: string;
  /** Whose certificates prove the node ids of nodes that are not of our kind. @default none */
  readonly authorities?: readonly string[];
  /** Is told the secrets of every connection, for a packet analyser. For tests only: whoever has them reads all. */
  readonly keyLog?: (line: Uint8Array) => void;
}

export interface LinkSecurity {
  readonly policy: TlsPolicy;
  readonly credentials: TlsCredentials;
  /** In ms, by our clock: certificates have an end. */
  wallTime(): number;
}
