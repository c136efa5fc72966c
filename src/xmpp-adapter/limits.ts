/** What one client may cost us. Every bound here stops somebody from taking the node away from the others. */
import { MINUTE_MS, SECOND_MS } from '../base/index.js';

export interface XmppLimits {
  /** Bytes of one stanza before the client is logged in. @default 65536 */
  readonly maxStanzaBytesBeforeAuth: number;
  /** Bytes of one stanza afterwards; a chat text of 5 MiB has to pass. @default 8388608 */
  readonly maxStanzaBytes: number;
  /** Elements inside each other, the stream's root included. @default 32 */
  readonly maxDepth: number;
  /** Attributes and namespace declarations of one element. @default 64 */
  readonly maxAttributes: number;
  /** Elements of one stanza: a tree costs far more memory than its bytes do. @default 4096 */
  readonly maxElements: number;
  /** From the connection, and again from the first stream inside TLS, to a bound resource. @default 30000 */
  readonly authTimeoutMs: number;
  /** The TLS handshake. Clients ask a person about our certificate in the middle of it. @default 300000 */
  readonly handshakeTimeoutMs: number;
  /** Failed logins on one connection; the last one ends it (RFC 6120 §6.4.5). @default 3 */
  readonly maxAuthFailures: number;
  /** Connections that have not logged in; the oldest gives way to a new one. @default 64 */
  readonly maxUnauthenticated: number;
  /** Resources of one person; the one after that is refused. @default 32 */
  readonly maxResources: number;
  /** How long a client may take to answer the ping that confirms what it was given. @default 60000 */
  readonly confirmTimeoutMs: number;
  /** Messages given to one client and not confirmed yet. @default 128 */
  readonly maxUnconfirmed: number;
  /** UTF-16 units of their bodies; a single larger message still goes, alone. @default 4194304 */
  readonly maxUnconfirmedUnits: number;
  /** Bytes that wait for a client that does not read; more ends its connection. @default 67108864 */
  readonly maxUnreadBytes: number;
  /** How long a closed stream may take to end the connection from its side too. @default 2000 */
  readonly closeTimeoutMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: XmppLimits = {
  maxStanzaBytesBeforeAuth: 64 * 1024,
  maxStanzaBytes: 8 * MIB,
  maxDepth: 32,
  maxAttributes: 64,
  maxElements: 4096,
  authTimeoutMs: 30 * SECOND_MS,
  handshakeTimeoutMs: 5 * MINUTE_MS,
  maxAuthFailures: 3,
  maxUnauthenticated: 64,
  maxResources: 32,
  confirmTimeoutMs: MINUTE_MS,
  maxUnconfirmed: 128,
  maxUnconfirmedUnits: 4 * MIB,
  maxUnreadBytes: 64 * MIB,
  closeTimeoutMs: 2 * SECOND_MS,
};
