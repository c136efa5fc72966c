/** The code points of TCPCLv4 (RFC 9174 §8) and ours from its private-use ranges (docs/protocol/links.md). */

export const MessageType = {
  XferSegment: 0x01,
  XferAck: 0x02,
  XferRefuse: 0x03,
  Keepalive: 0x04,
  SessTerm: 0x05,
  MsgReject: 0x06,
  SessInit: 0x07,
  /** Ours: a gossip frame. */
  Gossip: 0xf4,
  /** Ours: "are you still there?" and its answer. */
  Probe: 0xf5,
} as const;

/** XFER_SEGMENT and XFER_ACK flags, RFC 9174 §5.2.2. */
export const SegmentFlag = { End: 0x01, Start: 0x02 } as const;

/** SESS_TERM flags, RFC 9174 §6.1. */
export const TermFlag = { Reply: 0x01 } as const;

/** Flags of session and transfer extension items, RFC 9174 §4.8 and §5.2.5. */
export const ExtensionFlag = { Critical: 0x01 } as const;

/** Contact header flags, RFC 9174 §4.2. */
export const ContactFlag = { CanTls: 0x01 } as const;

/** Transfer extension types, RFC 9174 §8.4. */
export const TransferExtension = { TransferLength: 0x0001 } as const;

/** Session extension types; 0x8000 and above are for private use (RFC 9174 §8.3). */
export const SessionExtension = {
  /** Ours: offers gossip. */
  Gossip: 0xe48a,
} as const;

/** Why a transfer is refused, RFC 9174 §5.2.4. */
export enum RefuseReason {
  Unknown = 0x00,
  /** The receiver has the whole bundle already. */
  Completed = 0x01,
  NoResources = 0x02,
  Retransmit = 0x03,
  /** Something about the bundle; sending it again will not help. */
  NotAcceptable = 0x04,
  ExtensionFailure = 0x05,
  SessionTerminating = 0x06,
}

/** Why a session ends, RFC 9174 §6.1. */
export enum TermReason {
  Unknown = 0x00,
  IdleTimeout = 0x01,
  VersionMismatch = 0x02,
  Busy = 0x03,
  ContactFailure = 0x04,
  ResourceExhaustion = 0x05,
}

/** Why a message is rejected, RFC 9174 §5.1.2. */
export enum RejectReason {
  TypeUnknown = 0x01,
  Unsupported = 0x02,
  Unexpected = 0x03,
}

/** @returns the reason, or `Unknown` for a code that the RFC does not name. */
export function refuseReason(code: number): RefuseReason {
  return code in RefuseReason ? (code as RefuseReason) : RefuseReason.Unknown;
}
