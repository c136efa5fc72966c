/** A reliable byte stream between two hosts, as the session needs it: TCP in the daemon, a pipe in memory in tests. */
import type { PeerCertificate, TlsCredentials } from './security/index.js';
import type { Endpoint } from './types.js';

/** What became of a TLS handshake. */
export type Secured =
  | {
      readonly ok: true;
      /** What the peer showed; undefined when it has none. That the peer holds its key is proved. */
      readonly certificate: PeerCertificate | undefined;
      /** The same at both ends, and at no other two (RFC 9266, `tls-exporter`). */
      readonly channel: Uint8Array;
    }
  | { readonly ok: false; readonly why: string };

export interface ConnectionHandlers {
  bytes(bytes: Uint8Array): void;
  /** The other side is gone; called once, and never after `drop`. */
  closed(): void;
}

export interface Connection {
  readonly remote: Endpoint;
  /** Our own address at this end, as our interfaces have it. */
  readonly local: string;
  /** Starts delivery, after the current call has returned. */
  attach(handlers: ConnectionHandlers): void;
  /** Writes the chunks in order; `taken` is called when the operating system has them all. */
  write(chunks: readonly Uint8Array[], taken: () => void): void;
  setReading(on: boolean): void;
  /**
   * From here on all is TLS; the handlers get and `write` takes what is inside. Until `done` nothing is delivered, and
   * nothing may be written.
   *
   * @param early bytes that came already and belong to the handshake
   */
  startTls(
    side: 'client' | 'server',
    credentials: TlsCredentials,
    early: Uint8Array,
    done: (secured: Secured) => void,
  ): void;
  /** Sends what is written, then closes; gives up on a peer that does not take it. No handler is called any more. */
  finish(): void;
  /** Closes at once. No handler is called any more. */
  drop(): void;
}

/** Never called before `dial` has returned. */
export interface DialHandlers {
  opened(connection: Connection): void;
  failed(error: Error): void;
}

export interface Listener {
  readonly address: Endpoint;
  close(): Promise<void>;
}

export interface Transport {
  /** @returns a function that gives the dial up; no handler is called after that. */
  dial(to: Endpoint, timeoutMs: number, handlers: DialHandlers): () => void;
  /** @throws HearsayError `ERR_ADDRESS_IN_USE` or `ERR_LISTEN` */
  listen(on: Endpoint, accept: (connection: Connection) => void): Promise<Listener>;
}
