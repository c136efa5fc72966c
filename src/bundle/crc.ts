/**
 * The checksums of RFC 9171 §4.2.2: CRC-16/X.25 and CRC-32C (Castagnoli), both reflected.
 *
 * Eight bytes a step over eight tables ("slicing by eight"): byte by byte would cost more than all the rest of decoding.
 */
const SLICES = 8;

/** Table `k` holds, at `k * 256 + byte`, the effect of a byte that is followed by `k` zero bytes. */
function slicingTables(polynomial: number): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256] as number;
    tables[at] = (shorter >>> 8) ^ (tables[shorter & 255] as number);
  }
  return tables;
}

const CRC32C_TABLES = slicingTables(0x82f63b78);
const CRC16_TABLES = slicingTables(0x8408);

/** Runs the register over bytes [start, end). */
function run(tables: Int32Array, register: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = register;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (tables[0x700 | (crc & 255)] as number) ^
      (tables[0x600 | ((crc >>> 8) & 255)] as number) ^
      (tables[0x500 | ((crc >>> 16) & 255)] as number) ^
      (tables[0x400 | (crc >>> 24)] as number) ^
      (tables[0x300 | (bytes[at + 4] as number)] as number) ^
      (tables[0x200 | (bytes[at + 5] as number)] as number) ^
      (tables[0x100 | (bytes[at + 6] as number)] as number) ^
      (tables[bytes[at + 7] as number] as number);
  }
  if (at + 4 <= end) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc = fourZeros(tables, crc);
    at += 4;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (tables[(crc ^ (bytes[at] as number)) & 255] as number);
  return crc;
}

/** The register after four more bytes that it has taken in already, or that are zeros. */
function fourZeros(tables: Int32Array, crc: number): number {
  return (
    (tables[0x300 | (crc & 255)] as number) ^
    (tables[0x200 | ((crc >>> 8) & 255)] as number) ^
    (tables[0x100 | ((crc >>> 16) & 255)] as number) ^
    (tables[crc >>> 24] as number)
  );
}

/** The register after `count` more zero bytes: the place of the CRC itself, which counts as zeros. */
function runZeros(tables: Int32Array, register: number, count: number): number {
  if (count === 4) return fourZeros(tables, register);
  let crc = register;
  for (let i = 0; i < count; i++) crc = (crc >>> 8) ^ (tables[crc & 255] as number);
  return crc;
}

/**
 * @param zeros how many zero bytes to count after the range.
 * @returns the checksum of bytes [start, end), unsigned.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, zeros = 0): number {
  return ~runZeros(CRC32C_TABLES, run(CRC32C_TABLES, -1, bytes, start, end), zeros) >>> 0;
}

/** CRC-16/X.25; parameters as for {@link crc32c}. */
export function crc16(bytes: Uint8Array, start = 0, end = bytes.length, zeros = 0): number {
  return ~runZeros(CRC16_TABLES, run(CRC16_TABLES, 0xffff, bytes, start, end), zeros) & 0xffff;
}
