/** The hop count block, RFC 9171 §4.4.3. */
import { CborReader, CborWriter } from '../cbor/index.js';
import type { HopCount } from './types.js';

export const MAX_HOP_LIMIT = 255;

/** A count above the limit is well formed: the bundle is to be deleted, which is not the decoder's to do. */
export function parseHopCount(bytes: Uint8Array, start = 0, end = bytes.length): HopCount {
  const reader = new CborReader(bytes, start, end);
  reader.arrayOf(2, 'the hop count block');
  const limitAt = reader.offset;
  const limit = reader.uint();
  if (limit < 1 || limit > MAX_HOP_LIMIT) {
    reader.fail('ERR_BUNDLE_HOP_COUNT', `hop limit ${limit} is not within 1 to ${MAX_HOP_LIMIT}`, limitAt);
  }
  const count = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  reader.expectEnd('the hop count block');
  return { limit: Number(limit), count };
}

export function encodeHopCount(hops: HopCount): Uint8Array {
  return new CborWriter(8).array(2).uint(hops.limit).uint(hops.count).finish();
}
