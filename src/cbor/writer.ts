/** Writes deterministic CBOR (RFC 8949 §4.2.1): shortest heads, definite lengths except where a caller asks otherwise. */
import { invariant, utf8 } from '../base/index.js';
import { BREAK, type CborUint, FALSE, headSize, INDEFINITE_ARRAY, MAX_UINT64, Major, NULL, TRUE } from './heads.js';

/**
 * Small encodings are written into buffers that are used again, then copied out at their exact size: making a fresh
 * buffer costs more than everything that is written into it.
 */
const SCRATCH_BYTES = 1_024;
const SCRATCH_KEPT = 8;
const spareScratch: Uint8Array[] = [];
const NO_BYTES = new Uint8Array(0);

export class CborWriter {
  private bytes: Uint8Array;
  private length = 0;
  private inScratch: boolean;

  /** @param capacity room to start with; when it is the exact size of something large, {@link finish} does not copy. */
  constructor(capacity = 64) {
    this.inScratch = capacity <= SCRATCH_BYTES;
    this.bytes = this.inScratch ? (spareScratch.pop() ?? new Uint8Array(SCRATCH_BYTES)) : new Uint8Array(capacity);
  }

  /** How much was written. */
  get offset(): number {
    return this.length;
  }

  /** @returns what was written. The writer must not be used afterwards. */
  finish(): Uint8Array {
    const { bytes, length } = this;
    if (!this.inScratch && length === bytes.length) return bytes;
    const written = bytes.slice(0, length);
    this.leaveScratch();
    this.bytes = NO_BYTES;
    return written;
  }

  /** What was written from an offset on, as a view that the next write may leave behind. */
  since(offset: number): Uint8Array {
    return this.bytes.subarray(offset, this.length);
  }

  uint(value: CborUint): this {
    return this.head(Major.Unsigned, value);
  }

  int(value: CborUint): this {
    if (value >= 0) return this.head(Major.Unsigned, value);
    return this.head(Major.Negative, typeof value === 'bigint' ? -1n - value : -1 - value);
  }

  array(count: number): this {
    return this.head(Major.Array, count);
  }

  indefiniteArray(): this {
    return this.byte(INDEFINITE_ARRAY);
  }

  break(): this {
    return this.byte(BREAK);
  }

  /** The caller writes the pairs, keys in bytewise order of their encodings. */
  map(pairs: number): this {
    return this.head(Major.Map, pairs);
  }

  tag(tag: number): this {
    return this.head(Major.Tag, tag);
  }

  bool(value: boolean): this {
    return this.byte(value ? TRUE : FALSE);
  }

  null(): this {
    return this.byte(NULL);
  }

  byteString(content: Uint8Array): this {
    return this.head(Major.Bytes, content.length).raw(content);
  }

  /** The head of a byte string whose content the caller writes next. */
  byteStringHead(length: number): this {
    return this.head(Major.Bytes, length);
  }

  text(content: string): this {
    const length = content.length;
    // Most of our text is short ASCII, for which a loop beats the encoder and its allocation.
    if (length > 64 || !isAscii(content)) {
      const encoded = utf8(content);
      return this.head(Major.Text, encoded.length).raw(encoded);
    }
    this.head(Major.Text, length);
    this.reserve(length);
    for (let i = 0; i < length; i++) this.bytes[this.length + i] = content.charCodeAt(i);
    this.length += length;
    return this;
  }

  /** Bytes that are CBOR already, or the content after a head. */
  raw(content: Uint8Array): this {
    this.reserve(content.length);
    this.bytes.set(content, this.length);
    this.length += content.length;
    return this;
  }

  /** A number of fixed width outside CBOR's own heads, such as a CRC inside its byte string. */
  bigEndian(value: number, width: 2 | 4): this {
    this.reserve(width);
    for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) this.bytes[this.length++] = (value >>> shift) & 255;
    return this;
  }

  private byte(value: number): this {
    this.reserve(1);
    this.bytes[this.length++] = value;
    return this;
  }

  private head(major: number, argument: CborUint): this {
    const size = headSize(argument);
    this.reserve(size);
    const bytes = this.bytes;
    let at = this.length;
    this.length += size;
    const kind = major << 5;
    if (size === 1) {
      bytes[at] = kind | Number(argument);
      return this;
    }
    if (size < 9) {
      const value = Number(argument);
      bytes[at++] = kind | (size === 2 ? 24 : size === 3 ? 25 : 26);
      for (let shift = (size - 2) * 8; shift >= 0; shift -= 8) bytes[at++] = (value >>> shift) & 255;
      return this;
    }
    invariant(
      typeof argument === 'bigint' ? argument <= MAX_UINT64 : Number.isSafeInteger(argument),
      'an integer does not fit into 64 bits',
    );
    bytes[at++] = kind | 27;
    const high = typeof argument === 'bigint' ? Number(argument >> 32n) : Math.floor(argument / 0x1_0000_0000);
    const low = typeof argument === 'bigint' ? Number(argument & 0xffff_ffffn) : argument % 0x1_0000_0000;
    for (let shift = 24; shift >= 0; shift -= 8) bytes[at++] = (high >>> shift) & 255;
    for (let shift = 24; shift >= 0; shift -= 8) bytes[at++] = (low >>> shift) & 255;
    return this;
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.leaveScratch();
    this.bytes = grown;
  }

  /** Gives the buffer back, if it is one that is used again. */
  private leaveScratch(): void {
    if (this.inScratch && spareScratch.length < SCRATCH_KEPT) spareScratch.push(this.bytes);
    this.inScratch = false;
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
