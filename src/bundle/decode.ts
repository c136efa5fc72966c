/**
 * From bytes to a bundle, strictly (RFC 9171 §4.1): what is accepted here is well formed, canonical and checksummed.
 *
 * Error codes: docs/protocol/bundles.md. Whether a bundle is expired, wanted or genuine is not asked here.
 */
import { DecodeError } from '../base/index.js';
import { CborReader } from '../cbor/index.js';
import { parseBundleAge } from './bundle-age.js';
import { readCanonical } from './canonical.js';
import { parseCopies } from './copies.js';
import { parseHopCount } from './hop-count.js';
import { type BundleLimits, DEFAULT_MAX_BLOCKS, DEFAULT_MAX_BUNDLE_BYTES } from './limits.js';
import { parsePreviousNode } from './previous-node.js';
import { readPrimary } from './primary.js';
import { isHidden, targetsBlock } from './security-block.js';
import { parseTopic } from './topic.js';
import {
  BlockFlag,
  BlockType,
  type Bundle,
  BundleFlag,
  type CanonicalBlock,
  CrcType,
  type PrimaryBlock,
} from './types.js';

const PRIMARY_NUMBER = 0;
const PAYLOAD_NUMBER = 1;

/**
 * Block data are views of `bytes`, which must not change afterwards.
 *
 * @throws DecodeError and nothing else.
 */
export function decodeBundle(bytes: Uint8Array, limits: BundleLimits = {}): Bundle {
  return decode(bytes, limits, checkWhole);
}

/**
 * Reads what security processing can work on though RFC 9171 refuses it: creation time zero without an age, a primary
 * block without a CRC that nothing protects. The examples of RFC 9173 are such bundles. Not for what comes from a link.
 *
 * @throws DecodeError and nothing else.
 */
export function decodeForSecurity(bytes: Uint8Array, limits: BundleLimits = {}): Bundle {
  return decode(bytes, limits, checkFragment);
}

type WholeCheck = (reader: CborReader, primary: PrimaryBlock, blocks: readonly CanonicalBlock[], end: number) => void;

function decode(bytes: Uint8Array, limits: BundleLimits, check: WholeCheck): Bundle {
  const reader = new CborReader(bytes);
  const maxBytes = limits.maxBytes ?? DEFAULT_MAX_BUNDLE_BYTES;
  if (bytes.length > maxBytes) {
    reader.fail('ERR_BUNDLE_TOO_LARGE', `the bundle has ${bytes.length} bytes, the limit is ${maxBytes}`);
  }
  reader.indefiniteArray('a bundle');
  const primary = readPrimary(reader);
  const blocks = readBlocks(reader, primary, limits.maxBlocks ?? DEFAULT_MAX_BLOCKS);
  const afterBlocks = reader.offset;
  if (reader.atEnd) reader.fail('ERR_CBOR_TRUNCATED', 'the input ends before the end of the bundle');
  if (!reader.takeBreak()) reader.fail('ERR_BUNDLE_PAYLOAD', 'a block follows the payload block');
  reader.expectEnd('the bundle');
  check(reader, primary, blocks, afterBlocks);
  return { primary, blocks };
}

/** Reads blocks up to and with the payload block, which is the last. */
function readBlocks(reader: CborReader, primary: PrimaryBlock, maxBlocks: number): CanonicalBlock[] {
  const blocks: CanonicalBlock[] = [];
  const unreadable: { readonly number: number; readonly error: DecodeError }[] = [];
  const noReports = primary.source.kind === 'null' || (primary.flags & BundleFlag.IsAdminRecord) !== 0;
  for (;;) {
    const start = reader.offset;
    if (blocks.length >= maxBlocks) {
      reader.fail('ERR_BUNDLE_TOO_MANY_BLOCKS', `there are more than ${maxBlocks} blocks`, start);
    }
    if (reader.peek() === 0xff) reader.fail('ERR_BUNDLE_PAYLOAD', 'the bundle ends without a payload block', start);
    const block = readCanonical(reader);
    checkNumber(reader, block, blocks, start);
    if (noReports && (block.flags & BlockFlag.ReportIfUnprocessable) !== 0) {
      reader.fail('ERR_BUNDLE_FLAGS', 'a block of this bundle must not ask for status reports', start);
    }
    const error = contentError(reader, block, blocks, start);
    if (error !== undefined && OURS.has(block.type)) throw error;
    if (error !== undefined) unreadable.push({ number: block.number, error });
    blocks.push(block);
    if (block.type !== BlockType.Payload) continue;
    // What a confidentiality block encrypted does not read as what its type says, and that block may come later.
    for (const { number, error } of unreadable) if (!isHidden(blocks, number)) throw error;
    return blocks;
  }
}

function checkNumber(
  reader: CborReader,
  block: CanonicalBlock,
  before: readonly CanonicalBlock[],
  start: number,
): void {
  const { type, number } = block;
  if ((type === BlockType.Payload) !== (number === PAYLOAD_NUMBER)) {
    reader.fail('ERR_BUNDLE_BLOCK_NUMBER', `number ${number} on a block of type ${type}: 1 is the payload's`, start);
  }
  if (number === PRIMARY_NUMBER) reader.fail('ERR_BUNDLE_BLOCK_NUMBER', "number 0 is the primary block's", start);
  for (const other of before) {
    if (other.number === number) reader.fail('ERR_BUNDLE_BLOCK_NUMBER', `two blocks have number ${number}`, start);
  }
}

/** Blocks whose content every node relies on are parsed now, and may not be there twice. */
function contentError(
  reader: CborReader,
  block: CanonicalBlock,
  before: readonly CanonicalBlock[],
  start: number,
): DecodeError | undefined {
  if (!CONTENT_PARSERS.has(block.type)) return undefined;
  for (const other of before) {
    if (other.type === block.type) {
      reader.fail('ERR_BUNDLE_DUPLICATE_BLOCK', `there are two blocks of type ${block.type}`, start);
    }
  }
  const dataStart = block.data.byteOffset - reader.bytes.byteOffset;
  return contentProblem(block.type, reader.bytes, dataStart, dataStart + block.data.length);
}

/** Why bytes cannot be the data of a block of this type; undefined where they can, or nobody here reads that type. */
export function contentProblem(
  type: number,
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): DecodeError | undefined {
  try {
    CONTENT_PARSERS.get(type)?.(bytes, start, end);
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

const CONTENT_PARSERS: ReadonlyMap<number, (bytes: Uint8Array, start: number, end: number) => unknown> = new Map<
  number,
  (bytes: Uint8Array, start: number, end: number) => unknown
>([
  [BlockType.PreviousNode, parsePreviousNode],
  [BlockType.BundleAge, parseBundleAge],
  [BlockType.HopCount, parseHopCount],
  [BlockType.Topic, parseTopic],
  [BlockType.Copies, parseCopies],
]);

/** Nobody encrypts these: what a signed topic says must not be taken away by adding a confidentiality block. */
const OURS: ReadonlySet<number> = new Set([BlockType.Topic, BlockType.Copies]);

/** The rules that tie blocks to each other. */
function checkWhole(reader: CborReader, primary: PrimaryBlock, blocks: readonly CanonicalBlock[], end: number): void {
  // An age that is encrypted for somebody else would let the bundle live for ever here.
  const aged = blocks.some(({ type, number }) => type === BlockType.BundleAge && !isHidden(blocks, number));
  if (primary.creation.time === 0 && !aged) {
    reader.fail('ERR_BUNDLE_AGE', 'creation time zero needs a bundle age block', end);
  }
  if (primary.crcType === CrcType.None && !isPrimarySigned(blocks)) {
    reader.fail('ERR_BUNDLE_CRC_TYPE', 'a primary block without CRC needs an integrity block that targets it', 1);
  }
  checkFragment(reader, primary, blocks, end);
}

function checkFragment(
  reader: CborReader,
  { fragment }: PrimaryBlock,
  blocks: readonly CanonicalBlock[],
  end: number,
): void {
  const payload = blocks[blocks.length - 1]?.data.length ?? 0;
  if (fragment !== undefined && BigInt(fragment.offset) + BigInt(payload) > BigInt(fragment.totalLength)) {
    reader.fail('ERR_BUNDLE_FRAGMENT', 'the fragment reaches beyond the whole payload', end);
  }
}

function isPrimarySigned(blocks: readonly CanonicalBlock[]): boolean {
  return blocks.some((block) => block.type === BlockType.BlockIntegrity && targetsBlock(block, PRIMARY_NUMBER));
}
