/** The canonical block, RFC 9171 §4.3.2: how every block but the primary is wrapped. */
import { type CborReader, type CborWriter, headSize } from '../cbor/index.js';
import { checkCrcField, crcFieldSize, readCrcType, writeCrcField } from './crc-field.js';
import { type CanonicalBlock, CrcType } from './types.js';

const BASE_ELEMENTS = 5;

/** Reads one block; its data stays a view of the input. */
export function readCanonical(reader: CborReader): CanonicalBlock {
  const start = reader.offset;
  const elements = reader.array();
  if (elements !== BASE_ELEMENTS && elements !== BASE_ELEMENTS + 1) {
    reader.fail('ERR_BUNDLE_BLOCK', `a block has 5 or 6 elements, not ${elements}`, start);
  }
  const type = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  const number = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  const flags = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  const crcType = readCrcType(reader);
  if ((crcType !== CrcType.None) !== (elements === BASE_ELEMENTS + 1)) {
    reader.fail('ERR_BUNDLE_BLOCK', `a block of CRC type ${crcType} has ${elements} elements`, start);
  }
  const data = reader.byteString();
  checkCrcField(reader, crcType, start);
  return { type, number, flags, crcType, data };
}

/** @param data whether to write the data, or to leave its room as it is in a buffer that has it already. */
export function writeCanonical(
  writer: CborWriter,
  block: CanonicalBlock,
  data: 'data' | 'data-in-place' = 'data',
): void {
  const start = writer.offset;
  writer.array(block.crcType === CrcType.None ? BASE_ELEMENTS : BASE_ELEMENTS + 1);
  writer.uint(block.type).uint(block.number).uint(block.flags).uint(block.crcType).byteStringHead(block.data.length);
  if (data === 'data') writer.raw(block.data);
  else writer.skip(block.data.length);
  writeCrcField(writer, block.crcType, start);
}

/** Exactly how many bytes {@link writeCanonical} writes. */
export function canonicalSize(block: CanonicalBlock): number {
  const { type, number, flags, crcType, data } = block;
  const heads = 2 + headSize(type) + headSize(number) + headSize(flags) + headSize(data.length);
  return heads + data.length + crcFieldSize(crcType);
}
