/** The numbers of a session. Each can be changed by whoever opens it; the defaults suit laptops that pass each other. */
export interface SessionLimits {
  /** What we offer in SESS_INIT; the smaller offer counts. @default 10 */
  readonly keepaliveSeconds: number;
  /** Until the session stands (RFC 9174 §4.1). @default 10_000 */
  readonly contactTimeoutMs: number;
  /** How long a peer that may choke on our gossip offer has to survive it before it counts as there. @default 500 */
  readonly settleMs: number;
  /** How long transfers may still finish after a goodbye. @default 5_000 */
  readonly drainMs: number;
  /** How long unacknowledged transfers may see no acknowledgement at all. @default 120_000 */
  readonly stallMs: number;
  /** The largest segment data we ask for and send to a gossiping peer. @default 65_536 */
  readonly segmentBytes: number;
  /** The largest bundle we take. @default 16 MiB */
  readonly transferBytes: number;
  /** Bundles whose final acknowledgement is out, at most; more wait their turn. @default 32 */
  readonly windowTransfers: number;
  /** The same in bytes; one larger bundle may always go alone. @default 4 MiB */
  readonly windowBytes: number;
  /** Bytes handed to the connection and not taken by it, above which no further segment is made. @default 65_536 */
  readonly unflushedBytes: number;
  /** Gossip frames are no longer taken above this many unflushed bytes. @default 1 MiB */
  readonly frameBacklogBytes: number;
  /** Incoming bytes that wait for accept or refuse, above which we stop reading. @default 32 MiB */
  readonly unacceptedBytes: number;
  /** The same in bundles. @default 64 */
  readonly unacceptedTransfers: number;
}

const MIB = 1_048_576;

export const DEFAULT_LIMITS: SessionLimits = {
  keepaliveSeconds: 10,
  contactTimeoutMs: 10_000,
  settleMs: 500,
  drainMs: 5_000,
  stallMs: 120_000,
  segmentBytes: 65_536,
  transferBytes: 16 * MIB,
  windowTransfers: 32,
  windowBytes: 4 * MIB,
  unflushedBytes: 65_536,
  frameBacklogBytes: MIB,
  unacceptedBytes: 32 * MIB,
  unacceptedTransfers: 64,
};
