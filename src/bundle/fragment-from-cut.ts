/** Reactive fragmentation, RFC 9171 §5.8: what is still good of a bundle whose transfer was cut. */
import { DecodeError } from '../base/index.js';
import { CborReader } from '../cbor/index.js';
import { readCanonical } from './canonical.js';
import { readCrcType } from './crc-field.js';
import { isProtectedInPieces, piece } from './fragment.js';
import { readPrimary } from './primary.js';
import { BlockType, type Bundle, BundleFlag, type CanonicalBlock, type Uint64 } from './types.js';

/**
 * Nothing vouches for the payload's bytes: the CRC over them did not come. So they are believed as far as the link is.
 *
 * @param bytes the start of a bundle's encoding; what comes out has views of it.
 * @returns the fragment that the payload's bytes so far make, to be judged as if it had arrived; undefined where there are
 * none, where the bundle must not be cut, or the bytes are not the start of a bundle.
 */
export function fragmentFromCut(bytes: Uint8Array): Bundle | undefined {
  try {
    return read(new CborReader(bytes));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function read(reader: CborReader): Bundle | undefined {
  reader.indefiniteArray('a bundle');
  const primary = readPrimary(reader);
  const blocks: CanonicalBlock[] = [];
  for (;;) {
    const start = reader.offset;
    const { announced, block } = readHead(reader);
    if (block.type === BlockType.Payload) {
      // Never all of it: a fragment that is the whole payload would pass for checked.
      const most = announced > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(announced) - 1;
      const data = reader.bytes.subarray(reader.offset, reader.offset + Math.max(0, most));
      const soFar = { primary, blocks: [...blocks, { ...block, data }] };
      const mayBeCut = (primary.flags & BundleFlag.MustNotFragment) === 0 && isProtectedInPieces(soFar);
      return mayBeCut && data.length > 0 ? piece(soFar, 0, data.length, announced) : undefined;
    }
    reader.offset = start;
    blocks.push(readCanonical(reader));
  }
}

function readHead(reader: CborReader): { readonly announced: Uint64; readonly block: Omit<CanonicalBlock, 'data'> } {
  reader.array();
  const type = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  const number = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  const flags = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  const crcType = readCrcType(reader);
  return { announced: reader.byteStringHead(), block: { type, number, flags, crcType } };
}
