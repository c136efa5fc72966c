/** The TCPCL stream decoder: how the stream is cut into packets must make no difference. */
import { DecodeError, toHex } from '../../src/base/index.js';
import { type StreamItem, streamDecoder } from '../../src/link/tcpcl/decoder.js';
import { encodeMessage } from '../../src/link/tcpcl/messages.js';
import { holds, orRefused } from '../engine/target.js';

export const dictionary = [
  '64746e210400',
  '07000a',
  '0000000000010000',
  '010300000000000000',
  '0203',
  '0300',
  '04',
  '0500',
  '0601',
  'f400000003',
  'f500',
  '0000000d0000',
  'e48a000f01',
  '01000100080000',
  '0008646e3a2f2f622f',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/** The first byte says how the rest is cut. */
export function fuzz(input: Uint8Array): void {
  const [cut = 0] = input;
  const stream = input.subarray(1);
  const whole = decodeIn(stream, [stream]);
  holds(whole === decodeIn(stream, piecesOf(stream, cut)), 'the stream reads the same however it is cut');
}

function* piecesOf(stream: Uint8Array, cut: number): Iterable<Uint8Array> {
  let step = cut;
  for (let at = 0; at < stream.length; ) {
    step = (step * 5 + 3) & 255;
    const length = cut === 0 ? 1 : 1 + (step % 23);
    yield stream.subarray(at, at + length);
    at += length;
  }
}

/** @returns all that was read, as text, with segment data joined. */
function decodeIn(stream: Uint8Array, pieces: Iterable<Uint8Array>): string {
  const decoder = streamDecoder('contact');
  decoder.allowGossip();
  const said: string[] = [];
  let dataBytes = 0;
  const refused = orRefused(
    () => {
      for (const piece of pieces) {
        decoder.push(piece);
        for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
          dataBytes += item.type === 'segment-data' ? item.data.length : 0;
          told(said, item);
        }
        holds(decoder.pendingBytes <= stream.length, 'no more waits than came');
      }
      return 'fine';
    },
    (error) => {
      if (!(error instanceof DecodeError)) return false;
      said.push(`${error.code}@${error.offset}`);
      return true;
    },
  );
  holds(dataBytes <= stream.length, 'data comes from the stream only');
  return `${said.join('|')}|${refused ?? 'refused'}`;
}

function told(said: string[], item: StreamItem): void {
  if (item.type === 'segment-data') {
    const last = said.length - 1;
    if (said[last]?.startsWith('data:')) said[last] += toHex(item.data);
    else said.push(`data:${toHex(item.data)}`);
  } else if (item.type === 'segment-begin' || item.type === 'segment-end') {
    said.push(JSON.stringify(item, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)));
  } else said.push(toHex(encodeMessage(item)));
}
