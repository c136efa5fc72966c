/** The abstract security block, RFC 9172 §3.6: the data of BIB and BCB alike, a CBOR sequence. */
import { DecodeError } from '../base/index.js';
import { CborReader, type CborUint, CborWriter } from '../cbor/index.js';
import { readEid, writeEid } from './eid.js';
import { BlockType, type CanonicalBlock, type Eid } from './types.js';

const PARAMETERS_PRESENT = 1;
/** How deep a parameter or result may nest: a COSE message with recipients needs about six. */
const MAX_DEPTH = 12;

/** A parameter or result: its id, and its value as it is encoded. */
export interface SecurityItem {
  readonly id: CborUint;
  readonly value: Uint8Array;
}

export interface SecurityBlock {
  /** Block numbers; 0 is the primary block. */
  readonly targets: readonly number[];
  readonly contextId: CborUint;
  readonly source: Eid;
  /** The source as encoded, which is what AAD is made of. */
  readonly sourceBytes: Uint8Array;
  readonly parameters: readonly SecurityItem[];
  /** For each target in turn, its results. */
  readonly results: readonly (readonly SecurityItem[])[];
}

/**
 * @throws DecodeError `ERR_BUNDLE_SECURITY` or `ERR_CBOR_…`. The data of a BIB may be the ciphertext of a BCB, so a
 *   bundle whose security blocks do not parse is not for that reason malformed.
 */
export function parseSecurityBlock(data: Uint8Array): SecurityBlock {
  const reader = new CborReader(data);
  const targets = readTargets(reader);
  const contextId = reader.int();
  const flagsAt = reader.offset;
  const flags = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  if (flags > PARAMETERS_PRESENT) reader.fail('ERR_BUNDLE_SECURITY', `flags ${flags} are not known`, flagsAt);
  const sourceAt = reader.offset;
  const source = readEid(reader);
  const sourceBytes = data.subarray(sourceAt, reader.offset);
  const parameters = flags === PARAMETERS_PRESENT ? readItems(reader) : [];
  const resultsAt = reader.offset;
  const count = reader.array();
  if (count !== targets.length) {
    reader.fail('ERR_BUNDLE_SECURITY', `${targets.length} targets have ${count} lists of results`, resultsAt);
  }
  const results = targets.map(() => readItems(reader));
  reader.expectEnd('the security block');
  return { targets, contextId, source, sourceBytes, parameters, results };
}

/** The fields of {@link SecurityBlock} that make up its encoding. */
export type SecurityBlockSpec = Omit<SecurityBlock, 'sourceBytes'>;

export function encodeSecurityBlock(block: SecurityBlockSpec): Uint8Array {
  const writer = new CborWriter(192);
  writer.array(block.targets.length);
  for (const target of block.targets) writer.uint(target);
  writer.int(block.contextId).uint(block.parameters.length > 0 ? PARAMETERS_PRESENT : 0);
  writeEid(writer, block.source);
  if (block.parameters.length > 0) writeItems(writer, block.parameters);
  writer.array(block.results.length);
  for (const results of block.results) writeItems(writer, results);
  return writer.finish();
}

/** Whether a block's data reads as a security block that targets this block number. */
export function targetsBlock(block: CanonicalBlock, number: number): boolean {
  try {
    return readTargets(new CborReader(block.data)).includes(number);
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** Whether a confidentiality block makes this block's data ciphertext. */
export function isHidden(blocks: readonly CanonicalBlock[], number: number): boolean {
  for (const block of blocks) {
    if (block.type === BlockType.BlockConfidentiality && targetsBlock(block, number)) return true;
  }
  return false;
}

function readTargets(reader: CborReader): number[] {
  const start = reader.offset;
  const count = reader.array();
  const targets: number[] = [];
  for (let i = 0; i < count; i++) {
    const target = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
    if (targets.includes(target)) reader.fail('ERR_BUNDLE_SECURITY', `block ${target} is targeted twice`, start);
    targets.push(target);
    // A bundle has at most so many blocks; the check above is quadratic in them.
    if (i >= 256) reader.fail('ERR_BUNDLE_SECURITY', 'a security block has too many targets', start);
  }
  if (count === 0) reader.fail('ERR_BUNDLE_SECURITY', 'a security block has no target', start);
  return targets;
}

function readItems(reader: CborReader): SecurityItem[] {
  const count = reader.array();
  const items: SecurityItem[] = [];
  for (let i = 0; i < count; i++) {
    reader.arrayOf(2, 'a security parameter or result');
    const id = reader.uint();
    const start = reader.offset;
    reader.skip(MAX_DEPTH);
    items.push({ id, value: reader.bytes.subarray(start, reader.offset) });
  }
  return items;
}

function writeItems(writer: CborWriter, items: readonly SecurityItem[]): void {
  writer.array(items.length);
  for (const { id, value } of items) writer.array(2).uint(id).raw(value);
}
