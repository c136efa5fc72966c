/** Writes deterministic CBOR (RFC 8949 §4.2.1): shortest heads, definite lengths except where a caller asks otherwise. */
import { invariant, utf8 } from '../base/index.js';
import { BREAK, type CborUint, FALSE, headSize, INDEFINITE_ARRAY, MAX_UINT64, Major, NULL, TRUE } from './heads.js';
import { freshBytes } from './slab.js';

/**
 * Encodings are written into buffers that are used again, then copied out at their exact size or lent: making a fresh
 * buffer costs more than everything that is written into a small one, and a large one costs the machine fresh pages.
 */
const SCRATCH_BYTES = 1_024;
const SCRATCH_KEPT = 8;
const spareScratch: Uint8Array[] = [];
/** For {@link CborWriter.toLend}: one is kept, as large as the largest use so far. */
const LEAST_LARGE_BYTES = 64 * 1_024;
/** What is larger is made for the one use. */
const MOST_LARGE_BYTES = 2 * 1_024 * 1_024;
let spareLarge: Uint8Array | undefined;
const LOOP_BYTES = 32;
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

  /** A writer of bytes that are to be hashed, signed or copied once, and then forgotten: end it with {@link lend}. */
  static toLend(capacity: number): CborWriter {
    if (capacity <= SCRATCH_BYTES || capacity > MOST_LARGE_BYTES) return new CborWriter(capacity);
    let bytes = spareLarge;
    spareLarge = undefined;
    if (bytes === undefined || bytes.length < capacity) {
      let size = LEAST_LARGE_BYTES;
      while (size < capacity) size *= 2;
      bytes = new Uint8Array(size);
    }
    const writer = CborWriter.into(bytes);
    writer.inScratch = true;
    return writer;
  }

  /** A writer that fills the given bytes; it must not write past their end. */
  static into(bytes: Uint8Array): CborWriter {
    const writer = new CborWriter(0);
    writer.leaveScratch();
    writer.bytes = bytes;
    return writer;
  }

  /** How much was written. */
  get offset(): number {
    return this.length;
  }

  /** @returns what was written. The writer must not be used afterwards. */
  finish(): Uint8Array {
    const { bytes, length } = this;
    if (!this.inScratch && length === bytes.length) return bytes;
    const written = freshBytes(length);
    // For a few bytes a loop beats the view and the call that copy them.
    if (length > LOOP_BYTES) written.set(bytes.subarray(0, length));
    else for (let i = 0; i < length; i++) written[i] = bytes[i] as number;
    this.leaveScratch();
    this.bytes = NO_BYTES;
    return written;
  }

  /** Gives what was written to `use`, for the time of that call and no copy. The writer must not be used afterwards. */
  lend<Result>(use: (written: Uint8Array) => Result): Result {
    try {
      return use(this.bytes.subarray(0, this.length));
    } finally {
      this.leaveScratch();
      this.bytes = NO_BYTES;
    }
  }

  /** What was written from an offset on, as a view that the next write may leave behind. */
  since(offset: number): Uint8Array {
    return this.bytes.subarray(offset, this.length);
  }

  /** Runs a checksum over what was written from an offset on. */
  checksum(from: number, sum: (bytes: Uint8Array, start: number, end: number) => number): number {
    return sum(this.bytes, from, this.length);
  }

  /** Leaves room that is filled already, or will be by somebody else. */
  skip(bytes: number): this {
    this.reserve(bytes);
    this.length += bytes;
    return this;
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
    if (length > 64) return this.encodedText(content);
    const start = this.length;
    this.head(Major.Text, length);
    this.reserve(length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < length; i++) {
      const code = content.charCodeAt(i);
      if (code > 127) {
        this.length = start;
        return this.encodedText(content);
      }
      bytes[at++] = code;
    }
    this.length = at;
    return this;
  }

  /** Bytes that are CBOR already, or the content after a head. */
  raw(content: Uint8Array): this {
    const { length } = content;
    this.reserve(length);
    const { bytes, length: at } = this;
    if (length > LOOP_BYTES) bytes.set(content, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = content[i] as number;
    this.length = at + length;
    return this;
  }

  /** A number of fixed width outside CBOR's own heads, such as a CRC inside its byte string. */
  bigEndian(value: number, width: 2 | 4): this {
    this.reserve(width);
    for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) this.bytes[this.length++] = (value >>> shift) & 255;
    return this;
  }

  private encodedText(content: string): this {
    const encoded = utf8(content);
    return this.head(Major.Text, encoded.length).raw(encoded);
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
    if (!this.inScratch) return;
    this.inScratch = false;
    if (this.bytes.length > SCRATCH_BYTES) spareLarge = this.bytes;
    else if (spareScratch.length < SCRATCH_KEPT) spareScratch.push(this.bytes);
  }
}
