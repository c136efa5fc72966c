/** The shapes of a bundle (RFC 9171 §4). Pure data: codecs and rules live in the files beside this one. */
import type { Branded } from '../base/index.js';

/** An unsigned 64-bit integer: a number while it is safe, a bigint above 2^53 − 1. */
export type Uint64 = number | bigint;

/** `dtn:none` or `ipn:0.0`: nobody. */
export interface NullEid {
  readonly scheme: 'dtn' | 'ipn';
  readonly kind: 'null';
  /** `ipn` only: that it came with three elements, and goes out so. */
  readonly elements?: 3;
  /** `ipn` only: node 0 is nobody whatever its service (RFC 9758); one that is not 0 is kept, for the bytes' sake. */
  readonly service?: number;
}

/** `dtn://node/service` (RFC 9171 §4.2.5.1.1). A service that starts with `~` names a group of endpoints. */
export interface DtnEid {
  readonly scheme: 'dtn';
  readonly kind: 'dtn';
  readonly node: string;
  /** What follows the slash after the node name; empty for the administrative endpoint. */
  readonly service: string;
}

/** `ipn:[allocator.]node.service` (RFC 9758). */
export interface IpnEid {
  readonly scheme: 'ipn';
  readonly kind: 'ipn';
  readonly allocator: number;
  readonly node: number;
  readonly service: Uint64;
  /** How many elements the encoding had or will have; 2 goes out unless 3 came in. */
  readonly elements: 2 | 3;
}

export type Eid = NullEid | DtnEid | IpnEid;

export enum CrcType {
  None = 0,
  /** CRC-16/X.25 */
  Crc16 = 1,
  /** CRC-32C (Castagnoli) */
  Crc32c = 2,
}

/** Bundle processing control flags, RFC 9171 §4.2.3. */
export const BundleFlag = {
  IsFragment: 0x000001,
  IsAdminRecord: 0x000002,
  MustNotFragment: 0x000004,
  AckRequested: 0x000020,
  StatusTimeRequested: 0x000040,
  ReportReception: 0x004000,
  ReportForwarding: 0x010000,
  ReportDelivery: 0x020000,
  ReportDeletion: 0x040000,
} as const;

/** Block processing control flags, RFC 9171 §4.2.4. */
export const BlockFlag = {
  ReplicateInFragments: 0x01,
  ReportIfUnprocessable: 0x02,
  DeleteBundleIfUnprocessable: 0x04,
  DiscardIfUnprocessable: 0x10,
} as const;

/** Block types: RFC 9171 §9.1, RFC 9172 §11.1, and ours from the private range 192–255. */
export const BlockType = {
  Payload: 1,
  PreviousNode: 6,
  BundleAge: 7,
  HopCount: 10,
  BlockIntegrity: 11,
  BlockConfidentiality: 12,
  /** Ours: latest wins per origin and topic. 192 to 195 are used by other projects. */
  Topic: 232,
  /** Ours: the copies that a spray strategy may still hand out. */
  Copies: 233,
} as const;

export interface CreationTimestamp {
  /** Milliseconds since 2000-01-01T00:00:00Z; 0 when the source had no trustworthy clock. */
  readonly time: Uint64;
  readonly sequence: Uint64;
}

export interface PrimaryBlock {
  readonly flags: number;
  readonly crcType: CrcType;
  readonly destination: Eid;
  readonly source: Eid;
  readonly reportTo: Eid;
  readonly creation: CreationTimestamp;
  readonly lifetimeMs: Uint64;
  readonly fragment?: { readonly offset: Uint64; readonly totalLength: Uint64 };
}

export interface CanonicalBlock {
  readonly type: number;
  readonly number: number;
  readonly flags: number;
  readonly crcType: CrcType;
  /** The block-type-specific data: the content of its byte string. */
  readonly data: Uint8Array;
}

export interface Bundle {
  readonly primary: PrimaryBlock;
  /** In wire order; the payload block is last. */
  readonly blocks: readonly CanonicalBlock[];
}

/**
 * Names a bundle (or one fragment) on this node and in the store: 32 lower-case hex digits, the first 16 bytes of the
 * SHA-256 over the deterministic CBOR array [source, creation time, sequence(, fragment offset, its length, total length)];
 * without a source see `bundleKeyOf`.
 */
export type BundleKey = Branded<string, 'BundleKey'>;

/** The `topic` block: of all bundles with one source and one topic, only the highest version is kept. */
export interface Topic {
  readonly name: string;
  readonly version: number;
}

/** The hop count block, RFC 9171 §4.4.3. */
export interface HopCount {
  readonly limit: number;
  readonly count: number;
}
