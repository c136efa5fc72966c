/** Makes the checksums of something that is nearly a bundle right, in place of a sender that would have. */
import { DecodeError } from '../../src/base/index.js';
import { crc16, crc32c } from '../../src/bundle/index.js';
import { CborReader, Major } from '../../src/cbor/index.js';

const MAX_DEPTH = 16;
/** Where the CRC type stands: third in the primary block, fourth in a canonical one. */
const PRIMARY_CRC_TYPE = 2;
const CANONICAL_CRC_TYPE = 3;

/** @returns a copy, or undefined when the bytes are not even an array of arrays. */
export function withRightCrcs(bytes: Uint8Array): Uint8Array | undefined {
  const copy = new Uint8Array(bytes);
  const reader = new CborReader(copy);
  try {
    reader.indefiniteArray('a bundle');
    for (let index = 0; !reader.atEnd && !reader.takeBreak(); index++) {
      const start = reader.offset;
      const at = readBlock(reader, index === 0 ? PRIMARY_CRC_TYPE : CANONICAL_CRC_TYPE);
      if (at > 0) setCrc(copy, start, reader.offset, at);
    }
    return copy;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** @returns the offset of the checksum's bytes, or 0 when the block says that it has none. */
function readBlock(reader: CborReader, crcTypeAt: number): number {
  const count = reader.array();
  let crcType = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    last = reader.offset;
    if (i === crcTypeAt && reader.peekMajor() === Major.Unsigned) crcType = Number(reader.uint());
    else reader.skip(MAX_DEPTH);
  }
  const length = reader.offset - last - 1;
  const isCrc = (crcType === 1 && length === 2) || (crcType === 2 && length === 4);
  return isCrc && reader.bytes[last] === 0x40 + length ? last + 1 : 0;
}

function setCrc(bytes: Uint8Array, start: number, end: number, at: number): void {
  bytes.fill(0, at, end);
  const block = bytes.subarray(start, end);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (end - at === 2) view.setUint16(at, crc16(block));
  else view.setUint32(at, crc32c(block));
}
