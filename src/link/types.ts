/** What the link floor offers to the node above it. */
import type { Objection } from '../engine/index.js';
import type { LedgerEntry } from '../store/index.js';
import type { RefuseReason } from './tcpcl/codes.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * How a transfer ended. `acked`: the peer has all of it and says so (a Hearsay peer: it is on its disk). `refused`: the
 * peer does not want it. `cut`: nobody knows; the bundle may or may not have arrived, so it is offered again later.
 */
export type SendOutcome =
  | { readonly outcome: 'acked' }
  | { readonly outcome: 'refused'; readonly reason: RefuseReason }
  /** `ackedBytes`: so much from its start did the peer acknowledge before; a fragment of that length may exist there. */
  | { readonly outcome: 'cut'; readonly ackedBytes: number };

/** A bundle that has come in whole and is not acknowledged yet. Exactly one of the two calls counts, the first. */
export interface IncomingTransfer {
  readonly bytes: Uint8Array;
  /** From its first segment to its last: by so much the bundle is older than its sender could say. */
  readonly tookMs: number;
  /** The bundle is safe on disk: the final acknowledgement goes out now. */
  accept(): void;
  /** The bundle is not wanted; the session lives on. */
  refuse(reason: RefuseReason, detail?: Objection): void;
}

/** The start of a bundle whose transfer was cut. Nothing vouches for it beyond the link. */
export interface CutTransfer {
  readonly bytes: Uint8Array;
  /** From its first byte to the cut. */
  readonly tookMs: number;
}

/** Why a session ended; stable words for logs and tests. */
export type DownReason =
  /** The peer said goodbye (SESS_TERM). */
  | 'terminated-by-peer'
  /** We said goodbye. */
  | 'terminated'
  /** The connection broke or was closed without a word. */
  | 'lost'
  /** Nothing was heard for twice the keepalive interval (RFC 9174 §5.1.1). */
  | 'idle'
  /** The peer took our segments but acknowledged nothing for too long. */
  | 'stalled'
  /** The peer sent what the protocol does not allow. */
  | 'protocol-error'
  /** No session within the contact timeout. */
  | 'contact-timeout'
  /** SESS_INIT could not be agreed on, or TLS is required by one side only. */
  | 'contact-failure'
  /** The peer is not who it says it is, or does not prove it where it must (RFC 9174 §4.4.4). */
  | 'identity-failure'
  /** The TLS handshake failed. */
  | 'tls-failed'
  /** Another session with the same peer took its place. */
  | 'replaced'
  /** The peer is this very node. */
  | 'self';

/** How far a session can be relied upon (RFC 9174 §4.4). */
export interface SessionSecurity {
  /** True inside TLS. */
  readonly encrypted: boolean;
  /** True when the peer's node id was proved by its certificate. */
  readonly proved: boolean;
  /**
   * What both ends know of the channel: inside TLS the exported keying material, in clear both contact headers' CAN_TLS
   * bits, the active side's first. An attacker between the two can have neither look the same at both ends, so a proof
   * over it holds for this session only.
   */
  readonly channel: Uint8Array;
}

/** One established session with one neighbour. */
export interface LinkSession {
  /** Unique within the process. */
  readonly id: number;
  /** `active` when we dialled. */
  readonly role: 'active' | 'passive';
  /** The peer's node id as text, e.g. `dtn://node/`. */
  readonly peerEid: string;
  /** True when both sides speak gossip; false for an ordinary DTN neighbour, which only takes and gives bundles. */
  readonly gossip: boolean;
  readonly remote: Endpoint;
  /** Undefined where nothing crosses a network. */
  readonly security?: SessionSecurity;
  /** The other end is a medium that may lose what it has acknowledged, so everything is offered at each meeting. */
  readonly forgetful?: true;
  /**
   * Asked before a bundle is read from the store, by a session that knows by itself what its other end lacks.
   *
   * @returns why it need not be sent, or undefined to have it sent.
   */
  declines?(entry: LedgerEntry): Promise<RefuseReason | undefined>;
  /** The largest bundle that the peer takes. @default any */
  readonly maxBundleBytes?: number;
  /** Bytes handed in and not yet given to the operating system; callers keep it small by waiting for outcomes. */
  readonly bufferedBytes: number;
  /**
   * Resolves when a bundle that is handed over now would begin to cross at once, or when the session is over. Who waits
   * for it keeps one bundle in memory, however slow the peer, and can say how old the bundle is when it leaves.
   *
   * @default always ready
   */
  ready?(): Promise<void>;
  /** Never rejects. Bundles go out in the order of the calls. */
  sendBundle(bytes: Uint8Array): Promise<SendOutcome>;
  /**
   * Sends a gossip frame, ahead of bundles that wait.
   *
   * @returns false when it was not taken: no gossip on this session, the session is ending, or too much is queued.
   */
  sendFrame(bytes: Uint8Array): boolean;
  /** Says goodbye; transfers that have begun may finish for a bounded time. */
  close(): void;
}

/** What the link floor tells. Called on the event loop, one at a time; a handler must not throw. */
export interface LinkEvents {
  up(session: LinkSession): void;
  frame(session: LinkSession, bytes: Uint8Array): void;
  bundle(session: LinkSession, transfer: IncomingTransfer): void;
  /** So much of a bundle had come when the session ended; before `down`. */
  cut?(session: LinkSession, start: CutTransfer): void;
  /** After this no frame or bundle of the session comes any more; outcomes still pending may follow. */
  down(session: LinkSession, reason: DownReason): void;
}
