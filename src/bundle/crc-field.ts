/** The CRC that ends a block: a byte string of 2 or 4 bytes, big-endian, computed with itself as zeros (RFC 9171 §4.2.2). */
import type { CborReader, CborWriter } from '../cbor/index.js';
import { crc16, crc32c } from './crc.js';
import { CrcType } from './types.js';

/** The CRC type element. */
export function readCrcType(reader: CborReader): CrcType {
  const start = reader.offset;
  const type = reader.uint();
  if (type !== CrcType.None && type !== CrcType.Crc16 && type !== CrcType.Crc32c) {
    reader.fail('ERR_BUNDLE_CRC_TYPE', `CRC type ${type} is not known`, start);
  }
  return type;
}

/** How many bytes the field takes, head included. */
export function crcFieldSize(type: CrcType): number {
  return type === CrcType.None ? 0 : type === CrcType.Crc16 ? 3 : 5;
}

/** Reads the field and refuses it unless it fits the block that began at `blockStart`. */
export function checkCrcField(reader: CborReader, type: CrcType, blockStart: number): void {
  if (type === CrcType.None) return;
  const start = reader.offset;
  const stored = reader.byteStringContent();
  const width = type === CrcType.Crc16 ? 2 : 4;
  if (reader.offset - stored !== width) {
    reader.fail('ERR_BUNDLE_CRC', `the CRC has ${reader.offset - stored} bytes instead of ${width}`, start);
  }
  const expected = crcOf(type, reader.bytes, blockStart, start + 1);
  let found = 0;
  for (let at = stored; at < reader.offset; at++) found = found * 256 + (reader.bytes[at] as number);
  if (found !== expected) {
    const hex = (value: number): string => value.toString(16).padStart(width * 2, '0');
    reader.fail('ERR_BUNDLE_CRC', `the CRC is ${hex(found)}, but the block has ${hex(expected)}`, start);
  }
}

/** Writes the field for the block that began at `blockStart` in the same writer. */
export function writeCrcField(writer: CborWriter, type: CrcType, blockStart: number): void {
  if (type === CrcType.None) return;
  const isCrc16 = type === CrcType.Crc16;
  writer.byteStringHead(isCrc16 ? 2 : 4);
  const value = writer.checksum(blockStart, isCrc16 ? crc16Of : crc32cOf);
  writer.bigEndian(value, isCrc16 ? 2 : 4);
}

/** Over the block up to and with the head of its CRC field, and the zeros that stand for the CRC. */
function crcOf(type: CrcType, bytes: Uint8Array, start: number, end: number): number {
  return type === CrcType.Crc16 ? crc16Of(bytes, start, end) : crc32cOf(bytes, start, end);
}

function crc16Of(bytes: Uint8Array, start: number, end: number): number {
  return crc16(bytes, start, end, 2);
}

function crc32cOf(bytes: Uint8Array, start: number, end: number): number {
  return crc32c(bytes, start, end, 4);
}
