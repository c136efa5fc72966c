/** TCPCLv4 messages (RFC 9174 §4 and §5) and how they are written. Reading them is in `decoder.ts`. */
import { concatBytes, invariant, utf8 } from '../../base/index.js';
import { MessageType, SegmentFlag } from './codes.js';

export const TCPCL_VERSION = 4;
/** `dtn!` */
export const CONTACT_MAGIC: Uint8Array = Uint8Array.of(0x64, 0x74, 0x6e, 0x21);
/** The largest body of our private gossip message. */
export const MAX_FRAME_BYTES = 65_536;

export interface ContactHeader {
  readonly type: 'contact';
  readonly version: number;
  readonly flags: number;
}

/** A session or transfer extension item; both have the same form. */
export interface ExtensionItem {
  readonly flags: number;
  readonly type: number;
  readonly value: Uint8Array;
}

export interface SessInit {
  readonly type: 'sess-init';
  /** 0 switches keepalives off. */
  readonly keepaliveSeconds: number;
  readonly segmentMru: bigint;
  readonly transferMru: bigint;
  readonly nodeId: string;
  readonly extensions: readonly ExtensionItem[];
}

export interface SessTerm {
  readonly type: 'sess-term';
  readonly flags: number;
  readonly reason: number;
}

export interface XferSegment {
  readonly type: 'xfer-segment';
  readonly flags: number;
  readonly transferId: bigint;
  /** Only on the wire when the START flag is set. */
  readonly extensions: readonly ExtensionItem[];
  readonly data: Uint8Array;
}

export interface XferAck {
  readonly type: 'xfer-ack';
  /** Echoes the segment's. */
  readonly flags: number;
  readonly transferId: bigint;
  /** Of the whole transfer so far, not of the segment. */
  readonly acknowledgedLength: bigint;
}

export interface XferRefuse {
  readonly type: 'xfer-refuse';
  readonly reason: number;
  readonly transferId: bigint;
}

export interface Keepalive {
  readonly type: 'keepalive';
}

export interface MsgReject {
  readonly type: 'msg-reject';
  readonly reason: number;
  readonly rejectedType: number;
}

/** Ours: one gossip frame. */
export interface GossipMessage {
  readonly type: 'gossip';
  readonly body: Uint8Array;
}

/** Ours: asks for, or gives, a sign of life. */
export interface Probe {
  readonly type: 'probe';
  readonly answer: boolean;
}

export type SmallMessage = SessInit | SessTerm | XferAck | XferRefuse | Keepalive | MsgReject | GossipMessage | Probe;
export type TcpclMessage = ContactHeader | SmallMessage | XferSegment;

export function encodeMessage(message: TcpclMessage): Uint8Array {
  switch (message.type) {
    case 'contact':
      return concatBytes(CONTACT_MAGIC, Uint8Array.of(message.version, message.flags));
    case 'sess-init':
      return encodeSessInit(message);
    case 'sess-term':
      return Uint8Array.of(MessageType.SessTerm, message.flags, message.reason);
    case 'xfer-segment':
      return concatBytes(encodeSegmentHead(message, message.data.length), message.data);
    case 'xfer-ack':
      return concatBytes(
        Uint8Array.of(MessageType.XferAck, message.flags),
        u64(message.transferId),
        u64(message.acknowledgedLength),
      );
    case 'xfer-refuse':
      return concatBytes(Uint8Array.of(MessageType.XferRefuse, message.reason), u64(message.transferId));
    case 'keepalive':
      return Uint8Array.of(MessageType.Keepalive);
    case 'msg-reject':
      return Uint8Array.of(MessageType.MsgReject, message.reason, message.rejectedType);
    case 'gossip':
      invariant(message.body.length <= MAX_FRAME_BYTES, 'a gossip frame is larger than the link carries');
      return concatBytes(Uint8Array.of(MessageType.Gossip), u32(message.body.length), message.body);
    case 'probe':
      return Uint8Array.of(MessageType.Probe, message.answer ? 1 : 0);
  }
}

/** The head of a segment alone, so that its data need not be copied. */
export function encodeSegmentHead(segment: Omit<XferSegment, 'data' | 'type'>, dataLength: number): Uint8Array {
  const parts = [Uint8Array.of(MessageType.XferSegment, segment.flags), u64(segment.transferId)];
  if ((segment.flags & SegmentFlag.Start) !== 0) {
    const items = encodeExtensions(segment.extensions);
    parts.push(u32(items.length), items);
  }
  parts.push(u64(BigInt(dataLength)));
  return concatBytes(...parts);
}

function encodeSessInit(message: SessInit): Uint8Array {
  const nodeId = utf8(message.nodeId);
  const items = encodeExtensions(message.extensions);
  return concatBytes(
    Uint8Array.of(MessageType.SessInit),
    u16(message.keepaliveSeconds),
    u64(message.segmentMru),
    u64(message.transferMru),
    u16(nodeId.length),
    nodeId,
    u32(items.length),
    items,
  );
}

function encodeExtensions(items: readonly ExtensionItem[]): Uint8Array {
  return concatBytes(
    ...items.flatMap((item) => [Uint8Array.of(item.flags), u16(item.type), u16(item.value.length), item.value]),
  );
}

function u16(value: number): Uint8Array {
  invariant(value >= 0 && value <= 0xffff, 'not a 16-bit number');
  return Uint8Array.of(value >>> 8, value & 255);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
