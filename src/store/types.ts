/** What the custody store promises. One conformance suite (`test/store/conformance.ts`) holds for every implementation. */
import type { SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';

/** The order in which bundles are sent, and the unit of accounting (docs/protocol/gossip.md). */
export enum BundleClass {
  Certificate = 0,
  Receipt = 1,
  Message = 2,
  Presence = 3,
  Bulk = 4,
}

/** All that decisions need to know of a stored bundle; the bytes are read only when a transfer needs them. */
export interface LedgerEntry {
  readonly key: BundleKey;
  /** This store's arrival number, from 1, never reused within an epoch. */
  readonly seq: number;
  readonly class: BundleClass;
  readonly sizeBytes: number;
  /** Text form of the EIDs; the source with `unproven:` before it where it claims a person and can't be held to that. */
  readonly source: string;
  readonly destination: string;
  readonly topic?: { readonly name: string; readonly version: number };
  /** When its author says that it was made (DTN time, RFC 9171 §4.2.7); 0 when the author had no clock. */
  readonly createdAt: number;
  /** When it was stored here. */
  readonly receivedAt: SteadyMs;
  /** How old it was at that moment. */
  readonly ageAtReceiptMs: number;
  /** When it stops being worth carrying. */
  readonly expiresAt: SteadyMs;
  /** Hops it had made when it came; 0 for our own. */
  readonly hops: number;
  /** True for bundles of this node's own people: never dropped for room. */
  readonly own: boolean;
  /** The neighbour over whose link it came; undefined for our own. */
  readonly depositor?: string;
  /** Until then this node has promised to keep it (docs/custody.md); undefined without a promise. */
  readonly custodyUntil?: SteadyMs;
  /** Copies that a spray strategy may still hand out. */
  readonly copies?: number;
  /** What it is a fragment of, and which stretch of its payload it has. */
  readonly fragment?: FragmentPlace;
  /** The status reports that it asks for; undefined for none. */
  readonly reports?: WantedReports;
}

export interface FragmentPlace {
  /** The key of the whole bundle. */
  readonly whole: BundleKey;
  readonly offset: number;
  readonly length: number;
  readonly totalLength: number;
}

/** What a status report about a bundle has to say of it, and where it goes: the bytes may be gone by then. */
export interface WantedReports {
  /** The bundle's processing flags. */
  readonly flags: number;
  readonly reportTo: string;
  readonly creation: { readonly time: number | bigint; readonly sequence: number | bigint };
}

/** Why a bundle left the store; kept in the seen-set beside its key. */
export type DropReason =
  | 'expired'
  | 'receipted'
  | 'superseded'
  | 'delivered'
  | 'evicted'
  | 'hop-limit'
  /** Handed over by a strategy that keeps one copy: the neighbour has it now. */
  | 'forwarded'
  /** Chunks that did not make what their manifest announced, and the manifest. */
  | 'bad-payload'
  /** A fragment whose bundle is whole here, or would have been had the fragments been genuine. */
  | 'reassembled';

/** One change. A list of them is committed all or nothing. */
export type StoreOp =
  | { readonly op: 'put'; readonly entry: LedgerEntry; readonly bytes: Uint8Array }
  /** New metadata for a bundle that is held and committed (its copies changed): same key, arrival number and bytes. */
  | { readonly op: 'update'; readonly entry: LedgerEntry }
  /** Forgets the bytes; the key stays in the seen-set until `rememberUntil`. */
  | ({ readonly op: 'drop' } & SeenEntry)
  /** Marks a key as seen without ever having held it (a receipt came before its bundle). */
  | ({ readonly op: 'see' } & SeenEntry)
  | { readonly op: 'unsee'; readonly key: BundleKey }
  /** A small record of a floor above, in a named space ([a-z-]+); keys are any text. */
  | { readonly op: 'set'; readonly space: string; readonly key: string; readonly value: Uint8Array }
  | { readonly op: 'unset'; readonly space: string; readonly key: string };

export interface SeenEntry {
  readonly key: BundleKey;
  readonly reason: DropReason;
  readonly rememberUntil: SteadyMs;
  /** Whose memory it is charged to: the author's (as {@link Standing} names them), and the neighbour's that brought it. */
  readonly author?: string;
  readonly depositor?: string;
}

/** Random bytes in an epoch. */
export const EPOCH_BYTES = 8;

/**
 * Arrival numbers skipped whenever an existing store is opened. A number may have been told to a neighbour before its
 * bundle was durable; after a crash it must not be given to another bundle, which that neighbour would never ask for.
 */
export const SEQ_GAP = 65_536;

/** Everything that a node's decisions need in memory, read once at start. */
export interface StoreSnapshot {
  /** 8 random bytes in hex, drawn when the store was made: arrival numbers mean nothing under another epoch. */
  readonly epoch: string;
  /** No arrival number above this one was ever given; the highest given may lie below it, see {@link SEQ_GAP}. */
  readonly lastSeq: number;
  readonly entries: readonly LedgerEntry[];
  readonly seen: readonly SeenEntry[];
  /** space → key → value */
  readonly records: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;
}

export interface CustodyStore {
  /** Reads all metadata, no bundle bytes. 100,000 bundles take under 2 s. */
  load(): Promise<StoreSnapshot>;
  /**
   * Commits the ops as one atomic batch, synced to the medium before the promise resolves. Batches handed in while
   * one is being synced are joined into the next (group commit); their order is kept.
   *
   * @throws HearsayError `ERR_STORE_IO` (disk full and the like); nothing of the batch is then stored.
   */
  commit(ops: readonly StoreOp[]): Promise<void>;
  /**
   * Sees commits in the order in which they were handed in, also those that are still being synced.
   *
   * @returns the bundle's bytes as put, or undefined when the store does not hold it.
   */
  read(key: BundleKey): Promise<Uint8Array | undefined>;
  /** Waits for the commits handed in so far. Everything afterwards is refused with `ERR_STORE_CLOSED`. */
  close(): Promise<void>;
}
