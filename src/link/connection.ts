/** A reliable byte stream between two hosts, as the session needs it: TCP in the daemon, a pipe in memory in tests. */
import type { Endpoint } from './types.js';

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
