/** What the session machine is told, and what it wants done. */
import type { Secured } from '../connection.js';
import type { LinkSecurity } from '../security/index.js';
import type { DownReason } from '../types.js';
import type { RefuseReason, TermReason } from './codes.js';
import type { SessionLimits } from './limits.js';
import type { GossipOffer, SessionTerms } from './negotiation.js';
import type { Settled, Token } from './outgoing.js';
import type { ReceptionBudget } from './reception-budget.js';

export interface MachineOptions {
  readonly role: 'active' | 'passive';
  readonly nodeEid: string;
  readonly limits: SessionLimits;
  /** What we say about gossip; undefined: nothing, not even when asked. */
  readonly offer: GossipOffer | undefined;
  /** @default no TLS */
  readonly security?: LinkSecurity | undefined;
  /** Shared by all sessions of the node. */
  readonly budget: ReceptionBudget;
}

export type SessionEvent =
  | { readonly type: 'open' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** The TLS handshake is over. */
  | { readonly type: 'secured'; readonly secured: Secured }
  /** The connection took this many of the bytes that we wrote. */
  | { readonly type: 'flushed'; readonly length: number }
  /** The connection is gone. */
  | { readonly type: 'lost' }
  /** The deadline has come. */
  | { readonly type: 'time' }
  /** The owner wants the session: read on. */
  | { readonly type: 'release' }
  | { readonly type: 'send'; readonly token: Token; readonly bytes: Uint8Array }
  | { readonly type: 'send-frame'; readonly bytes: Uint8Array }
  | { readonly type: 'accept'; readonly transferId: bigint }
  | { readonly type: 'refuse'; readonly transferId: bigint; readonly reason: RefuseReason }
  | { readonly type: 'probe' }
  | { readonly type: 'terminate'; readonly code: TermReason; readonly reason: DownReason; readonly drainMs: number };

export type SessionAction =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** Everything after what was written so far goes through TLS; the machine waits for `secured`. */
  | { readonly type: 'start-tls'; readonly early: Uint8Array }
  | { readonly type: 'up'; readonly terms: SessionTerms }
  | { readonly type: 'frame'; readonly bytes: Uint8Array }
  | { readonly type: 'transfer'; readonly transferId: bigint; readonly bytes: Uint8Array; readonly tookMs: number }
  /** Just before `closed`: so much of a bundle had come, and the rest will not. */
  | { readonly type: 'cut'; readonly bytes: Uint8Array; readonly tookMs: number }
  | ({ readonly type: 'settled' } & Settled)
  /** The peer answered a probe. */
  | { readonly type: 'alive' }
  /** Stop or go on reading from the connection. */
  | { readonly type: 'read'; readonly on: boolean }
  /** The last action. `graceful`: let what was written go out; otherwise drop the connection. */
  | { readonly type: 'closed'; readonly reason: DownReason; readonly detail: string; readonly graceful: boolean };
