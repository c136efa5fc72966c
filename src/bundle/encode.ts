/** From a bundle to bytes (RFC 9171 §4.1). What {@link decodeBundle} read comes out byte for byte. */
import { invariant } from '../base/index.js';
import { CborWriter } from '../cbor/index.js';
import { canonicalSize, writeCanonical } from './canonical.js';
import { primaryBytes } from './primary.js';
import type { Bundle } from './types.js';

/** The heads of the array and its end. */
const FRAME_BYTES = 2;

/** Sizes first, so that the payload is copied once. */
export function encodeBundle(bundle: Bundle): Uint8Array {
  const primary = primaryBytes(bundle.primary);
  const writer = new CborWriter(sizeWith(primary, bundle)).indefiniteArray().raw(primary);
  for (const block of bundle.blocks) writeCanonical(writer, block);
  return writer.break().finish();
}

/** Exactly how many bytes {@link encodeBundle} makes. */
export function encodedSize(bundle: Bundle): number {
  return sizeWith(primaryBytes(bundle.primary), bundle);
}

/** Encodes into a buffer of the right size in which the payload, whose block has no CRC, lies already. */
export function encodeAround(buffer: Uint8Array, bundle: Bundle): void {
  const writer = CborWriter.into(buffer).indefiniteArray().raw(primaryBytes(bundle.primary));
  const last = bundle.blocks.length - 1;
  bundle.blocks.forEach((block, i) => {
    writeCanonical(writer, block, i === last ? 'data-in-place' : 'data');
  });
  invariant(writer.break().finish() === buffer, 'a bundle fits into the buffer that was made for it');
}

function sizeWith(primary: Uint8Array, bundle: Bundle): number {
  let size = FRAME_BYTES + primary.length;
  for (const block of bundle.blocks) size += canonicalSize(block);
  return size;
}
