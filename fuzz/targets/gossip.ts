/** Gossip frames: what is read is written and read again as the same frame. */
import { DecodeError, toHex } from '../../src/base/index.js';
import { decodeFrame, encodeFrame } from '../../src/gossip/index.js';
import { holds, orRefused } from '../engine/target.js';

export const maxBytes = 9_000;

export function fuzz(input: Uint8Array): void {
  const frame = orRefused(
    () => decodeFrame(input),
    (error) => error instanceof DecodeError,
  );
  if (frame === undefined) return;
  const encoded = encodeFrame(frame);
  holds(encoded.length <= input.length, 'a frame does not grow');
  holds(toHex(encodeFrame(decodeFrame(encoded))) === toHex(encoded), 'the encoding is stable');
}
