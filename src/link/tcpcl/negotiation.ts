/** What the two SESS_INIT messages say, and what follows from them (RFC 9174 §4.6 and §4.7). Pure. */
import { concatBytes, DecodeError, toHex } from '../../base/index.js';
import { isSingleton, parseEid } from '../../bundle/index.js';
import type { IdentityVerdict } from '../security/index.js';
import type { SessionSecurity } from '../types.js';
import { ExtensionFlag, SessionExtension } from './codes.js';
import type { SessionLimits } from './limits.js';
import type { ExtensionItem, SessInit } from './messages.js';

export const GOSSIP_VERSION = 1;
export const BOOT_ID_BYTES = 8;
/** A segment's head has up to 32 bytes: a peer that takes hardly more data than that per segment only makes work. */
const MIN_SEGMENT_MRU = 64n;

/** The value of our session extension item: version u8, boot id 8 bytes, dial number u32, port u16. Longer values are allowed. */
export interface GossipOffer {
  readonly version: number;
  /** Random, drawn when the process started: a peer with another one has lost all its earlier sessions. */
  readonly bootId: Uint8Array;
  /** Counts the dials of the active side; the passive side echoes it. The higher one is the newer session. */
  readonly dialNumber: number;
  /** Where this side takes connections, at the address that it talks from; 0: nowhere. @default 0 */
  readonly port?: number;
}

export interface SessionTerms {
  readonly peerEid: string;
  /** Milliseconds between keepalives; 0 when one side switched them off. */
  readonly keepaliveMs: number;
  /** How much data one of our segments may carry. */
  readonly segmentBytes: number;
  /** The largest bundle that the peer takes. */
  readonly peerTransferBytes: number;
  readonly security: SessionSecurity;
  /** Present when both sides speak gossip. `bootId` is the peer's, in hex. */
  readonly gossip:
    | { readonly version: number; readonly bootId: string; readonly dialNumber: number; readonly port: number }
    | undefined;
}

export type Negotiated =
  | { readonly ok: true; readonly terms: SessionTerms }
  /** Why SESS_TERM "contact failure" follows. */
  | { readonly ok: false; readonly why: string; readonly reason?: 'identity-failure' };

export function offerInit(nodeId: string, limits: SessionLimits, offer: GossipOffer | undefined): SessInit {
  return {
    type: 'sess-init',
    keepaliveSeconds: limits.keepaliveSeconds,
    segmentMru: BigInt(limits.segmentBytes),
    transferMru: BigInt(limits.transferBytes),
    nodeId,
    extensions: offer === undefined ? [] : [encodeOffer(offer)],
  };
}

/** What is settled before SESS_INIT. */
export interface Channel {
  readonly encrypted: boolean;
  /** See `SessionSecurity.channel`. */
  readonly binding: Uint8Array;
  /** Judges the peer's claim to its node id. */
  judge(nodeEid: string, gossip: boolean): IdentityVerdict;
}

export function negotiate(peer: SessInit, limits: SessionLimits, offered: boolean, channel: Channel): Negotiated {
  if (!isNodeEid(peer.nodeId)) return { ok: false, why: 'the peer names no node id' };
  let gossip: SessionTerms['gossip'];
  for (const item of peer.extensions) {
    if (item.type === SessionExtension.Gossip) gossip = decodeOffer(item.value);
    else if ((item.flags & ExtensionFlag.Critical) !== 0) {
      return { ok: false, why: `the peer requires session extension 0x${item.type.toString(16)}` };
    }
  }
  if (peer.segmentMru < MIN_SEGMENT_MRU) return { ok: false, why: 'the peer takes too little data per segment' };
  const agreed = offered ? gossip : undefined;
  const identity = channel.judge(peer.nodeId, agreed !== undefined);
  if (!identity.ok) return { ...identity, reason: 'identity-failure' };
  return {
    ok: true,
    terms: {
      peerEid: peer.nodeId,
      keepaliveMs: Math.min(peer.keepaliveSeconds, limits.keepaliveSeconds) * 1000,
      segmentBytes: segmentSize(clamp(peer.segmentMru), limits, agreed !== undefined),
      peerTransferBytes: clamp(peer.transferMru),
      security: { encrypted: channel.encrypted, proved: identity.proved, channel: channel.binding },
      gossip: agreed,
    },
  };
}

/** @returns what the peer offers, or undefined when it offers no gossip that we could speak. */
export function gossipOfferOf(peer: SessInit): SessionTerms['gossip'] {
  const item = peer.extensions.find((each) => each.type === SessionExtension.Gossip);
  return item === undefined ? undefined : decodeOffer(item.value);
}

/**
 * Between gossiping nodes a long bundle is cut, so that frames pass between its segments. A foreign neighbour gets as
 * few segments as it allows: some of them die of the second one.
 */
function segmentSize(peerMru: number, limits: SessionLimits, gossip: boolean): number {
  return gossip ? Math.min(peerMru, limits.segmentBytes) : peerMru;
}

function clamp(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** A node's own endpoint id: one node, not a group, not the null endpoint. */
export function isNodeEid(text: string): boolean {
  try {
    return isSingleton(parseEid(text));
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

function encodeOffer(offer: GossipOffer): ExtensionItem {
  const numbers = new Uint8Array(6);
  new DataView(numbers.buffer).setUint32(0, offer.dialNumber);
  new DataView(numbers.buffer).setUint16(4, offer.port ?? 0);
  const value = concatBytes(Uint8Array.of(offer.version), offer.bootId, numbers);
  return { flags: 0, type: SessionExtension.Gossip, value };
}

function decodeOffer(value: Uint8Array): SessionTerms['gossip'] {
  const version = value[0] ?? 0;
  if (version < GOSSIP_VERSION || value.length < 1 + BOOT_ID_BYTES + 6) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return {
    version: Math.min(version, GOSSIP_VERSION),
    bootId: toHex(value.subarray(1, 1 + BOOT_ID_BYTES)),
    dialNumber: view.getUint32(1 + BOOT_ID_BYTES),
    port: view.getUint16(1 + BOOT_ID_BYTES + 4),
  };
}
