/** TCPCLv4 messages against vectors from other implementations, and properties of the stream decoder. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex } from '../../src/base/index.js';
import { MessageType } from '../../src/link/tcpcl/codes.js';
import { decodeMessage, type StreamItem, streamDecoder } from '../../src/link/tcpcl/decoder.js';
import { type ExtensionItem, encodeMessage, type TcpclMessage } from '../../src/link/tcpcl/messages.js';
import { describeWithShared, sharedFile } from '../support/optional.js';

const VECTORS = 'vectors/tcpcl.json';

interface Decoded {
  readonly msg?: string;
  readonly offset?: number;
  readonly error?: string;
  readonly [field: string]: unknown;
}

interface Vector {
  readonly hex: string;
  readonly kind: 'message' | 'contact';
  readonly meaning: string;
  readonly rfc9174: { readonly ok: boolean; readonly decoded?: Decoded };
}

/** Our message in the words of the vector file. */
function described(message: TcpclMessage): Decoded {
  const ext = (items: readonly ExtensionItem[]) =>
    items.map(({ flags, type, value }) => ({ flags, type, data: toHex(value) }));
  switch (message.type) {
    case 'contact':
      return { msg: 'CONTACT', version: message.version, flags: message.flags, can_tls: (message.flags & 1) === 1 };
    case 'sess-init':
      return {
        msg: 'SESS_INIT',
        keepalive: message.keepaliveSeconds,
        segment_mru: Number(message.segmentMru),
        transfer_mru: Number(message.transferMru),
        node_id: message.nodeId,
        ext: ext(message.extensions),
      };
    case 'sess-term':
      return { msg: 'SESS_TERM', flags: message.flags, reason: message.reason };
    case 'xfer-segment':
      return {
        msg: 'XFER_SEGMENT',
        flags: message.flags,
        transfer_id: Number(message.transferId),
        ...((message.flags & 2) === 0 ? {} : { ext: ext(message.extensions) }),
        data: toHex(message.data),
      };
    case 'xfer-ack':
      return {
        msg: 'XFER_ACK',
        flags: message.flags,
        transfer_id: Number(message.transferId),
        ack_len: Number(message.acknowledgedLength),
      };
    case 'xfer-refuse':
      return { msg: 'XFER_REFUSE', reason: message.reason, transfer_id: Number(message.transferId) };
    case 'keepalive':
      return { msg: 'KEEPALIVE' };
    case 'msg-reject':
      return { msg: 'MSG_REJECT', reason: message.reason, rejected_header: message.rejectedType };
    case 'gossip':
    case 'probe':
      return { msg: message.type };
  }
}

/** All whole messages of a stream, with the data of segments joined; stops where the stream ends or fails. */
function readStream(chunks: readonly Uint8Array[], expected: 'contact' | 'message' = 'contact') {
  const decoder = streamDecoder(expected);
  decoder.allowGossip();
  const messages: TcpclMessage[] = [];
  let open: { head: StreamItem & { type: 'segment-begin' }; data: Uint8Array[] } | undefined;
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
        if (item.type === 'segment-begin') open = { head: item, data: [] };
        else if (item.type === 'segment-data') open?.data.push(item.data);
        else if (item.type === 'segment-end' && open !== undefined) {
          const { flags, transferId, extensions } = open.head;
          const data = new Uint8Array(Buffer.concat(open.data));
          messages.push({ type: 'xfer-segment', flags, transferId, extensions, data });
        } else if (item.type !== 'segment-end') messages.push(item);
      }
    }
    return { messages, error: undefined };
  } catch (error) {
    return { messages, error };
  }
}

describeWithShared('TCPCLv4 vectors', VECTORS, () => {
  const file = JSON.parse(readFileSync(sharedFile(VECTORS) ?? '', 'utf8')) as {
    vectors: Vector[];
    live_streams: Record<string, { hex: string; decoded_rfc9174: Decoded[] }>;
  };

  // Where an upstream test and the RFC disagree (dtn7-go wants unknown reason codes refused, and reads truncated extension
  // lists), the file's `rfc9174` verdict is ours: codes we do not know are data, not errors (RFC 9174 §8.6 to §8.8), and
  // the receiver decides what they mean to it.
  test.each(file.vectors.map((vector) => [vector.meaning, vector.hex.slice(0, 60), vector] as const))(
    '%s %s',
    (_meaning, _hex, vector) => {
      const bytes = fromHex(vector.hex);
      if (!vector.rfc9174.ok) {
        expect(() => decodeMessage(bytes, vector.kind)).toThrow(DecodeError);
        return;
      }
      const message = decodeMessage(bytes, vector.kind);
      expect(described(message)).toEqual(vector.rfc9174.decoded);
      expect(toHex(encodeMessage(message))).toBe(vector.hex);
    },
  );

  test('there are as many as we know of', () => {
    expect(file.vectors.length).toBe(57);
    expect(Object.keys(file.live_streams).length).toBe(3);
  });

  test.each(Object.entries(file.live_streams))('live stream %s', (_name, stream) => {
    const { messages, error } = readStream([fromHex(stream.hex)]);
    const expected = stream.decoded_rfc9174.filter((each) => each.error === undefined);
    expect(messages.map(described)).toEqual(expected.map(({ offset: _offset, ...rest }) => rest));
    // One of them comes from a peer that puts an extension length into every segment: RFC 9174 says what follows is no
    // message, and where.
    const failure = stream.decoded_rfc9174.find((each) => each.error !== undefined);
    if (failure === undefined) expect(error).toBeUndefined();
    // The file counts from behind the type byte, we from the byte itself.
    else expect(error).toMatchObject({ code: 'ERR_TCPCL_TYPE', offset: (failure.offset ?? 0) - 1 });
  });
});

const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u8 = fc.integer({ min: 0, max: 255 });
const extensions = fc.array(fc.record({ flags: u8, type: fc.integer({ min: 0, max: 0xffff }), value: bytesOf(20) }), {
  maxLength: 3,
});
const message: fc.Arbitrary<TcpclMessage> = fc.oneof(
  fc.record({
    type: fc.constant('sess-init' as const),
    keepaliveSeconds: fc.integer({ min: 0, max: 0xffff }),
    segmentMru: u64,
    transferMru: u64,
    nodeId: fc.string({ maxLength: 40 }),
    extensions,
  }),
  fc.record({ type: fc.constant('sess-term' as const), flags: u8, reason: u8 }),
  fc
    .record({ type: fc.constant('xfer-segment' as const), flags: u8, transferId: u64, extensions, data: bytesOf(200) })
    .map((segment) => ((segment.flags & 2) === 0 ? { ...segment, extensions: [] } : segment)),
  fc.record({ type: fc.constant('xfer-ack' as const), flags: u8, transferId: u64, acknowledgedLength: u64 }),
  fc.record({ type: fc.constant('xfer-refuse' as const), reason: u8, transferId: u64 }),
  fc.record({ type: fc.constant('keepalive' as const) }),
  fc.record({ type: fc.constant('msg-reject' as const), reason: u8, rejectedType: u8 }),
  fc.record({ type: fc.constant('gossip' as const), body: bytesOf(300) }),
  fc.record({ type: fc.constant('probe' as const), answer: fc.boolean() }),
);

describe('the stream decoder', () => {
  test('reads what was written, however the network cuts it', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 12 }), (sent, cuts) => {
        const stream = Buffer.concat([
          encodeMessage({ type: 'contact', version: 4, flags: 0 }),
          ...sent.map(encodeMessage),
        ]);
        const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
        const chunks = [0, ...places].map((from, index) => stream.subarray(from, places[index] ?? stream.length));
        const { messages, error } = readStream(chunks);
        expect(error).toBeUndefined();
        expect(messages.slice(1).map((each) => toHex(encodeMessage(each)))).toEqual(
          sent.map((each) => toHex(encodeMessage(each))),
        );
      }),
    );
  });

  test('fed anything, fails only with its own error, and stays failed', () => {
    fc.assert(
      fc.property(bytesOf(200), fc.constantFrom('contact' as const, 'message' as const), (bytes, expected) => {
        const { error } = readStream([bytes], expected);
        if (error !== undefined) expect(error).toBeInstanceOf(DecodeError);
        const decoder = streamDecoder(expected);
        decoder.push(bytes);
        let failures = 0;
        for (let turn = 0; turn < 300; turn++) {
          try {
            if (decoder.next() === undefined) break;
          } catch {
            failures++;
            decoder.push(Uint8Array.of(MessageType.Keepalive));
          }
        }
        expect(failures === 0 || failures > 1).toBe(true);
      }),
    );
  });

  test('a message that drips in byte by byte is read once', () => {
    const sent = encodeMessage({ type: 'gossip', body: new Uint8Array(60_000).fill(7) });
    const { messages } = readStream(
      Array.from(sent, (byte) => Uint8Array.of(byte)),
      'message',
    );
    expect(messages.length).toBe(1);
  });

  test.each([
    ['a frame over 64 KiB', 'f400010001'],
    ['a node id over the limit', `07000a${'00'.repeat(16)}0401`],
    ['an extension list over the limit', `07000a${'00'.repeat(16)}000000010000`],
    ['a segment that nobody could send', `0100${'00'.repeat(8)}8000000000000000`],
  ])('%s is refused before anything of that length is waited for', (_what, hex) => {
    expect(readStream([fromHex(hex)], 'message').error).toMatchObject({ code: 'ERR_TCPCL_LENGTH' });
  });

  test('a segment of many gigabytes is announced, not waited for', () => {
    const decoder = streamDecoder('message');
    decoder.push(fromHex(`0101${'00'.repeat(8)}000000ffffffffffaabb`));
    expect(decoder.next()).toMatchObject({ type: 'segment-begin', dataLength: 0xff_ffff_ffff });
    expect(decoder.next()).toMatchObject({ type: 'segment-data', data: Uint8Array.of(0xaa, 0xbb) });
    expect(decoder.next()).toBeUndefined();
    expect(decoder.pendingBytes).toBe(0);
  });

  test('our private messages are unknown types until gossip is agreed on', () => {
    const decoder = streamDecoder('message');
    decoder.push(encodeMessage({ type: 'gossip', body: Uint8Array.of(1) }));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'ERR_TCPCL_TYPE', offset: 0 }));
    expect(decoder.messageType).toBe(MessageType.Gossip);
  });
});
