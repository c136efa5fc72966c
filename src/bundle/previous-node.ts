/** The previous node block, RFC 9171 §4.4.1: who forwarded the bundle to us. */
import { CborReader, CborWriter } from '../cbor/index.js';
import { readEid, writeEid } from './eid.js';
import type { Eid } from './types.js';

export function parsePreviousNode(bytes: Uint8Array, start = 0, end = bytes.length): Eid {
  const reader = new CborReader(bytes, start, end);
  const node = readEid(reader);
  reader.expectEnd('the previous node block');
  return node;
}

export function encodePreviousNode(node: Eid): Uint8Array {
  const writer = new CborWriter(48);
  writeEid(writer, node);
  return writer.finish();
}
