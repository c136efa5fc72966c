/**
 * Reads a TCPCLv4 byte stream (RFC 9174) as it arrives, in pieces of any size.
 *
 * The data of a segment is handed on piece by piece and never collected here, so no length read from the wire makes us
 * allocate anything; all other messages are bounded. A stream that failed once stays failed: after an unreadable message
 * nobody knows where the next one starts.
 */
import { DecodeError, toHex, utf8Decode } from '../../base/index.js';
import { MessageType, SegmentFlag } from './codes.js';
import {
  CONTACT_MAGIC,
  type ContactHeader,
  type ExtensionItem,
  MAX_FRAME_BYTES,
  type SmallMessage,
  TCPCL_VERSION,
  type TcpclMessage,
} from './messages.js';

/** Far more than any node id in use; a longer one is an attack or a broken stream. */
export const MAX_NODE_ID_BYTES = 1_024;
/** All extension items of one message together. */
export const MAX_EXTENSION_BYTES = 16_384;

/** The head of an XFER_SEGMENT; its data follows in `segment-data` and ends with `segment-end`. */
export interface SegmentBegin {
  readonly type: 'segment-begin';
  readonly flags: number;
  readonly transferId: bigint;
  readonly extensions: readonly ExtensionItem[];
  readonly dataLength: number;
}

export type StreamItem =
  | ContactHeader
  | SmallMessage
  | SegmentBegin
  | { readonly type: 'segment-data'; readonly data: Uint8Array }
  | { readonly type: 'segment-end' };

export interface StreamDecoder {
  /** Adds bytes that arrived. They are kept, not copied: the caller must not change them afterwards. */
  push(bytes: Uint8Array): void;
  /**
   * @returns the next item, or undefined when more bytes are needed.
   * @throws DecodeError when the stream is not TCPCLv4; every later call throws the same.
   */
  next(): StreamItem | undefined;
  /** @returns all that waits, which is then not read here: what follows is not TCPCL but TLS. */
  takePending(): Uint8Array;
  /** Allows our private messages; until then they are unknown types (RFC 9174 §5.1.2). */
  allowGossip(): void;
  /** The type byte of the message that is being read or was read last; what MSG_REJECT names. */
  readonly messageType: number;
  /** Bytes that wait to be read. */
  readonly pendingBytes: number;
  /** The type byte of the next message if it has come; only between messages. */
  readonly nextType: number | undefined;
}

/** @param expect what the stream starts with: a contact header on a fresh connection. */
export function streamDecoder(expect: 'contact' | 'message' = 'contact'): StreamDecoder {
  return new Decoder(expect);
}

/**
 * Reads exactly one message.
 *
 * @throws DecodeError also when bytes are missing (`ERR_TCPCL_TRUNCATED`) or left over (`ERR_TCPCL_TRAILING`).
 */
export function decodeMessage(bytes: Uint8Array, expect: 'contact' | 'message' = 'message'): TcpclMessage {
  const decoder = new Decoder(expect);
  decoder.allowGossip();
  decoder.push(bytes);
  const message = readWhole(decoder);
  if (message === undefined) throw new DecodeError('ERR_TCPCL_TRUNCATED', 'the message ends too early', bytes.length);
  if (decoder.pendingBytes > 0) {
    const offset = bytes.length - decoder.pendingBytes;
    throw new DecodeError('ERR_TCPCL_TRAILING', `${decoder.pendingBytes} bytes are left over`, offset);
  }
  return message;
}

function readWhole(decoder: StreamDecoder): TcpclMessage | undefined {
  const first = decoder.next();
  if (first === undefined || first.type === 'segment-data' || first.type === 'segment-end') return undefined;
  if (first.type !== 'segment-begin') return first;
  let data: Uint8Array = new Uint8Array(0);
  for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
    if (item.type === 'segment-data') data = item.data;
    else if (item.type === 'segment-end') {
      const { flags, transferId, extensions } = first;
      return { type: 'xfer-segment', flags, transferId, extensions, data };
    }
  }
  return undefined;
}

/** Thrown and caught inside this file only: the message is not complete yet. */
const NEED_MORE = Symbol('need more bytes');

class Decoder implements StreamDecoder {
  messageType = 0;
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** True when the memory after `#end` is ours to write to. */
  #spare = false;
  /** Stream offset of `#buffer[0]`. */
  #base = 0;
  #expect: 'contact' | 'message' | 'data';
  #dataLeft = 0;
  #gossip = false;
  #failure: DecodeError | undefined;

  constructor(expect: 'contact' | 'message') {
    this.#expect = expect;
  }

  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  get nextType(): number | undefined {
    return this.#expect === 'message' && this.pendingBytes > 0 ? this.#buffer[this.#start] : undefined;
  }

  allowGossip(): void {
    this.#gossip = true;
  }

  takePending(): Uint8Array {
    const pending = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return pending;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const held = this.pendingBytes;
    if (held === 0) {
      this.#adopt(bytes, bytes.length, false);
      return;
    }
    if (!this.#spare || this.#buffer.length - this.#end < bytes.length) {
      // Views of the old memory may still be in use above, so it is never overwritten. Twice the room that is needed
      // keeps a message that drips in byte by byte linear in cost.
      const roomier = new Uint8Array(2 * (held + bytes.length));
      roomier.set(this.#buffer.subarray(this.#start, this.#end));
      this.#adopt(roomier, held, true);
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #adopt(buffer: Uint8Array, end: number, spare: boolean): void {
    this.#base += this.#start;
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = end;
    this.#spare = spare;
  }

  next(): StreamItem | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (this.#expect === 'data') return this.#nextData();
      const cursor = new Cursor(this.#buffer, this.#start, this.#end, this.#base);
      const item = this.#expect === 'contact' ? readContact(cursor) : this.#readMessage(cursor);
      this.#start = cursor.at;
      this.#expect = 'message';
      if (item.type === 'segment-begin') {
        this.#expect = 'data';
        this.#dataLeft = item.dataLength;
      }
      return item;
    } catch (error) {
      if (error === NEED_MORE) return undefined;
      if (error instanceof DecodeError) this.#failure = error;
      throw error;
    }
  }

  #nextData(): StreamItem | undefined {
    if (this.#dataLeft === 0) {
      this.#expect = 'message';
      return { type: 'segment-end' };
    }
    const length = Math.min(this.#dataLeft, this.pendingBytes);
    if (length === 0) return undefined;
    const data = this.#buffer.subarray(this.#start, this.#start + length);
    this.#start += length;
    this.#dataLeft -= length;
    return { type: 'segment-data', data };
  }

  #readMessage(cursor: Cursor): SmallMessage | SegmentBegin {
    const type = cursor.u8();
    this.messageType = type;
    switch (type) {
      case MessageType.XferSegment:
        return readSegmentHead(cursor);
      case MessageType.XferAck:
        return { type: 'xfer-ack', flags: cursor.u8(), transferId: cursor.u64(), acknowledgedLength: cursor.u64() };
      case MessageType.XferRefuse:
        return { type: 'xfer-refuse', reason: cursor.u8(), transferId: cursor.u64() };
      case MessageType.Keepalive:
        return { type: 'keepalive' };
      case MessageType.SessTerm:
        return { type: 'sess-term', flags: cursor.u8(), reason: cursor.u8() };
      case MessageType.MsgReject:
        return { type: 'msg-reject', reason: cursor.u8(), rejectedType: cursor.u8() };
      case MessageType.SessInit:
        return readSessInit(cursor);
      case MessageType.Gossip:
        if (this.#gossip) return { type: 'gossip', body: cursor.bytes(cursor.length('u32', MAX_FRAME_BYTES)) };
        break;
      case MessageType.Probe:
        if (this.#gossip) return { type: 'probe', answer: cursor.u8() !== 0 };
        break;
    }
    throw cursor.error('ERR_TCPCL_TYPE', `unknown message type 0x${type.toString(16).padStart(2, '0')}`, 1);
  }
}

function readContact(cursor: Cursor): ContactHeader {
  const magic = cursor.bytes(CONTACT_MAGIC.length);
  if (magic.some((byte, index) => byte !== CONTACT_MAGIC[index])) {
    throw cursor.error('ERR_TCPCL_MAGIC', `a contact header starts with "dtn!", not ${toHex(magic)}`, magic.length);
  }
  const version = cursor.u8();
  if (version !== TCPCL_VERSION) throw cursor.error('ERR_TCPCL_VERSION', `TCPCL version ${version} is not spoken`, 1);
  return { type: 'contact', version, flags: cursor.u8() };
}

function readSessInit(cursor: Cursor): SmallMessage {
  const keepaliveSeconds = cursor.u16();
  const segmentMru = cursor.u64();
  const transferMru = cursor.u64();
  const nodeIdBytes = cursor.bytes(cursor.length('u16', MAX_NODE_ID_BYTES));
  const nodeId = utf8Decode(nodeIdBytes);
  if (nodeId === undefined) throw cursor.error('ERR_TCPCL_UTF8', 'the node id is not UTF-8', nodeIdBytes.length);
  const extensions = readExtensions(cursor);
  return { type: 'sess-init', keepaliveSeconds, segmentMru, transferMru, nodeId, extensions };
}

function readSegmentHead(cursor: Cursor): SegmentBegin {
  const flags = cursor.u8();
  const transferId = cursor.u64();
  const extensions = (flags & SegmentFlag.Start) === 0 ? [] : readExtensions(cursor);
  const length = cursor.u64();
  // No segment of this length can ever arrive; it is what a stream that lost its step looks like.
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw cursor.error('ERR_TCPCL_LENGTH', `a segment of ${length} bytes is impossible`, 8);
  }
  return { type: 'segment-begin', flags, transferId, extensions, dataLength: Number(length) };
}

function readExtensions(cursor: Cursor): ExtensionItem[] {
  const length = cursor.length('u32', MAX_EXTENSION_BYTES);
  cursor.require(length);
  const end = cursor.at + length;
  const items: ExtensionItem[] = [];
  while (cursor.at < end) {
    if (end - cursor.at < 5) throw cursor.error('ERR_TCPCL_EXTENSION', 'an extension item is cut short', 0);
    const flags = cursor.u8();
    const type = cursor.u16();
    const valueLength = cursor.u16();
    if (valueLength > end - cursor.at) {
      throw cursor.error('ERR_TCPCL_EXTENSION', 'an extension item is longer than the list that holds it', 2);
    }
    items.push({ flags, type, value: cursor.bytes(valueLength) });
  }
  return items;
}

class Cursor {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #base: number;

  constructor(bytes: Uint8Array, start: number, end: number, base: number) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.#base = base;
  }

  require(length: number): void {
    if (this.#end - this.at < length) throw NEED_MORE;
  }

  u8(): number {
    this.require(1);
    return this.#bytes[this.at++] ?? 0;
  }

  u16(): number {
    return (this.u8() << 8) | this.u8();
  }

  u64(): bigint {
    this.require(8);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.at, 8);
    this.at += 8;
    return view.getBigUint64(0);
  }

  /** A length field that is refused as soon as it is read, before anything of that length is waited for. */
  length(width: 'u16' | 'u32', max: number): number {
    const high = width === 'u32' ? this.u16() : 0;
    const value = high * 0x1_0000 + this.u16();
    const octets = width === 'u32' ? 4 : 2;
    if (value > max) throw this.error('ERR_TCPCL_LENGTH', `a length of ${value} is over the limit of ${max}`, octets);
    return value;
  }

  bytes(length: number): Uint8Array {
    this.require(length);
    const bytes = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return bytes;
  }

  /** @param back how many bytes before the cursor the fault lies. */
  error(code: string, message: string, back: number): DecodeError {
    return new DecodeError(code, message, this.#base + this.at - back);
  }
}
