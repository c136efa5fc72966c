/**
 * From bytes to a bundle, strictly (RFC 9171 §4.1): what is accepted here is well formed, canonical and checksummed.
 *
 * Error codes: docs/protocol/bundles.md. Whether a bundle is expired, wanted or genuine is not asked here.
 */
import { CborReader } from '../cbor/index.js';
import { parseBundleAge } from './bundle-age.js';
import { readCanonical } from './canonical.js';
import { parseCopies } from './copies.js';
import { parseHopCount } from './hop-count.js';
import { type BundleLimits, DEFAULT_MAX_BLOCKS, DEFAULT_MAX_BUNDLE_BYTES } from './limits.js';
import { parsePreviousNode } from './previous-node.js';
import { readPrimary } from './primary.js';
import { targetsBlock } from './security-block.js';
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
  checkWhole(reader, primary, blocks, afterBlocks);
  return { primary, blocks };
}

/** Reads blocks up to and with the payload block, which is the last. */
function readBlocks(reader: CborReader, primary: PrimaryBlock, maxBlocks: number): CanonicalBlock[] {
  const blocks: CanonicalBlock[] = [];
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
    checkContent(reader, block, blocks, start);
    blocks.push(block);
    if (block.type === BlockType.Payload) return blocks;
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
function checkContent(
  reader: CborReader,
  block: CanonicalBlock,
  before: readonly CanonicalBlock[],
  start: number,
): void {
  const parse = CONTENT_PARSERS.get(block.type);
  if (parse === undefined) return;
  for (const other of before) {
    if (other.type === block.type) {
      reader.fail('ERR_BUNDLE_DUPLICATE_BLOCK', `there are two blocks of type ${block.type}`, start);
    }
  }
  const dataStart = block.data.byteOffset - reader.bytes.byteOffset;
  parse(reader.bytes, dataStart, dataStart + block.data.length);
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

/** The rules that tie blocks to each other. */
function checkWhole(reader: CborReader, primary: PrimaryBlock, blocks: readonly CanonicalBlock[], end: number): void {
  if (primary.creation.time === 0 && !blocks.some((block) => block.type === BlockType.BundleAge)) {
    reader.fail('ERR_BUNDLE_AGE', 'creation time zero needs a bundle age block', end);
  }
  if (primary.crcType === CrcType.None && !isPrimarySigned(blocks)) {
    reader.fail('ERR_BUNDLE_CRC_TYPE', 'a primary block without CRC needs an integrity block that targets it', 1);
  }
  const { fragment } = primary;
  const payload = blocks[blocks.length - 1]?.data.length ?? 0;
  if (fragment !== undefined && BigInt(fragment.offset) + BigInt(payload) > BigInt(fragment.totalLength)) {
    reader.fail('ERR_BUNDLE_FRAGMENT', 'the fragment reaches beyond the whole payload', end);
  }
}

function isPrimarySigned(blocks: readonly CanonicalBlock[]): boolean {
  return blocks.some((block) => block.type === BlockType.BlockIntegrity && targetsBlock(block, PRIMARY_NUMBER));
}
