/**
 * Reads CBOR (RFC 8949) strictly: shortest heads, definite lengths, valid UTF-8, nothing past the end.
 *
 * A second encoding of the same value would let two nodes disagree on which bytes were signed, so only the
 * deterministic one is read (§4.2.1; map order is the caller's business). No length that was read ever sizes an
 * allocation: byte strings are views, and counts are compared with the bytes that are left before anybody loops.
 *
 * Every method throws `DecodeError` and nothing else; offsets count from the start of the array it was given.
 */
import { DecodeError, utf8Decode } from '../base/index.js';
import { BREAK, type CborUint, FALSE, INDEFINITE_ARRAY, Major, NULL, TRUE } from './heads.js';

const MAJOR_NAMES = [
  'an unsigned integer',
  'a negative integer',
  'a byte string',
  'a text string',
  'an array',
  'a map',
  'a tag',
  'a simple value or float',
] as const;

/** Above this many characters the native decoder beats a loop. */
const SHORT_TEXT = 64;

export class CborReader {
  readonly bytes: Uint8Array;
  /** Where the next item starts. */
  offset: number;
  readonly end: number;
  /** The argument of the head that {@link head} read last. */
  private argument: CborUint = 0;

  /** @param end the offset at which reading must stop; the bytes from there on are not looked at. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  /** @returns the next byte without taking it, or −1 at the end. */
  peek(): number {
    return this.offset < this.end ? (this.bytes[this.offset] as number) : -1;
  }

  /** The major type of the next item. */
  peekMajor(): number {
    if (this.offset >= this.end) this.fail('ERR_CBOR_TRUNCATED', 'the input ends where an item should start');
    return (this.bytes[this.offset] as number) >>> 5;
  }

  fail(code: string, message: string, offset = this.offset): never {
    throw new DecodeError(code, message, offset);
  }

  /** An unsigned integer up to 2^64 − 1. */
  uint(): CborUint {
    this.expect(Major.Unsigned);
    return this.argument;
  }

  /** An unsigned integer no greater than `max`, itself a safe integer. */
  uintUpTo(max: number): number {
    const start = this.offset;
    this.expect(Major.Unsigned);
    const value = this.argument;
    if (value > max) this.fail('ERR_CBOR_RANGE', `${value} is above ${max}`, start);
    return value as number;
  }

  /** An integer of either sign, down to −2^64. */
  int(): CborUint {
    const start = this.offset;
    const major = this.head();
    if (major === Major.Unsigned) return this.argument;
    if (major !== Major.Negative) this.wrongType('an integer', major, start);
    if (typeof this.argument === 'bigint') return -1n - this.argument;
    // −1 − (2^53 − 1) is −2^53, which is not a safe integer.
    return this.argument === Number.MAX_SAFE_INTEGER ? -1n - BigInt(this.argument) : -1 - this.argument;
  }

  /** The head of an array of definite length; the count is known to fit into what is left. */
  array(): number {
    this.expect(Major.Array);
    return this.countThatFits(1);
  }

  /** An array head with exactly this many elements. */
  arrayOf(count: number, what: string): void {
    const start = this.offset;
    const found = this.array();
    if (found !== count) this.fail('ERR_CBOR_LENGTH', `${what} has ${found} elements instead of ${count}`, start);
  }

  /** The head of a map of definite length: how many pairs follow. */
  map(): number {
    this.expect(Major.Map);
    return this.countThatFits(2);
  }

  /** A byte string, as a view of the input. */
  byteString(): Uint8Array {
    this.expect(Major.Bytes);
    const length = this.lengthThatFits();
    const start = this.offset;
    this.offset = start + length;
    return this.bytes.subarray(start, start + length);
  }

  /** The head of a byte string whose content need not all be there. @returns how long that would be. */
  byteStringHead(): CborUint {
    this.expect(Major.Bytes);
    return this.argument;
  }

  /**
   * Skips a byte string without a view of it: making one costs more than reading a few bytes.
   *
   * @returns where its content starts; it ends at {@link offset}.
   */
  byteStringContent(): number {
    this.expect(Major.Bytes);
    const length = this.lengthThatFits();
    const start = this.offset;
    this.offset = start + length;
    return start;
  }

  /** A text string; refused unless it is valid UTF-8. */
  text(): string {
    this.expect(Major.Text);
    const length = this.lengthThatFits();
    const start = this.offset;
    this.offset = start + length;
    if (length <= SHORT_TEXT) {
      const ascii = this.ascii(start, start + length);
      if (ascii !== undefined) return ascii;
    }
    const text = utf8Decode(this.bytes.subarray(start, start + length));
    if (text === undefined) this.fail('ERR_CBOR_UTF8', 'a text string is not valid UTF-8', start);
    return text;
  }

  /**
   * Skips a text string without decoding it: for callers that know its bytes.
   *
   * @returns where its content starts; it ends at {@link offset}.
   */
  textContent(): number {
    this.expect(Major.Text);
    const length = this.lengthThatFits();
    const start = this.offset;
    this.offset = start + length;
    return start;
  }

  /** `true`, `false` or `null`; other simple values and floats are refused. */
  simple(): boolean | null {
    const start = this.offset;
    this.expect(Major.Simple);
    switch (this.bytes[start]) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NULL:
        return null;
      default:
        return this.fail(
          'ERR_CBOR_SIMPLE',
          'floats and simple values other than true, false and null are not used',
          start,
        );
    }
  }

  /** The head of a tag. */
  tag(): CborUint {
    this.expect(Major.Tag);
    return this.argument;
  }

  /** Takes the head of an array of indefinite length. */
  indefiniteArray(what: string): void {
    const byte = this.peek();
    if (byte === INDEFINITE_ARRAY) {
      this.offset++;
      return;
    }
    if (byte < 0) this.fail('ERR_CBOR_TRUNCATED', `the input ends where ${what} should start`);
    this.fail('ERR_CBOR_TYPE', `${what} must be an array of indefinite length`);
  }

  /** Takes a break if it is next. */
  takeBreak(): boolean {
    if (this.peek() !== BREAK) return false;
    this.offset++;
    return true;
  }

  /**
   * Skips one item of any kind, tags included, with the same strictness.
   *
   * @param maxDepth how deep arrays, maps and tags may nest.
   */
  skip(maxDepth: number): void {
    // A stack of counts instead of recursion: depth is bounded by the argument, never by the machine's stack.
    const left: number[] = [1];
    while (left.length > 0) {
      const top = left.length - 1;
      if (left[top] === 0) {
        left.pop();
        continue;
      }
      (left[top] as number)--;
      const children = this.skipHead();
      if (children === 0) continue;
      if (left.length > maxDepth) this.fail('ERR_CBOR_DEPTH', `items nest deeper than ${maxDepth}`);
      left.push(children);
    }
  }

  /** Refuses bytes after the last item. */
  expectEnd(what: string): void {
    if (this.offset < this.end) {
      this.fail('ERR_CBOR_TRAILING', `${this.end - this.offset} bytes follow the end of ${what}`);
    }
  }

  /** Takes one head and, for strings and simple values, the content. @returns how many items it announces. */
  private skipHead(): number {
    const major = this.peekMajor();
    switch (major) {
      case Major.Unsigned:
      case Major.Negative:
        this.head();
        return 0;
      case Major.Bytes:
        this.byteString();
        return 0;
      case Major.Text:
        this.text();
        return 0;
      case Major.Array:
        return this.array();
      case Major.Map:
        return this.map() * 2;
      case Major.Tag:
        this.tag();
        return 1;
      default:
        this.simple();
        return 0;
    }
  }

  /** Takes a head of the wanted major type. */
  private expect(major: number): void {
    const start = this.offset;
    // Most heads are one byte.
    const first = start < this.end ? (this.bytes[start] as number) : -1;
    if (first >> 5 === major && (first & 31) < 24) {
      this.offset = start + 1;
      this.argument = first & 31;
      return;
    }
    const found = this.head();
    if (found !== major) this.wrongType(MAJOR_NAMES[major] as string, found, start);
  }

  private wrongType(wanted: string, found: number, offset: number): never {
    this.fail('ERR_CBOR_TYPE', `${wanted} was expected, not ${MAJOR_NAMES[found]}`, offset);
  }

  /** Takes a head: returns the major type, leaves the argument in `argument`. */
  private head(): number {
    const start = this.offset;
    if (start >= this.end) this.fail('ERR_CBOR_TRUNCATED', 'the input ends where an item should start');
    const bytes = this.bytes;
    const first = bytes[start] as number;
    const info = first & 31;
    if (info < 24) {
      this.offset = start + 1;
      this.argument = info;
      return first >>> 5;
    }
    if (info > 27) {
      if (info === 31) {
        if (first === BREAK) this.fail('ERR_CBOR_BREAK', 'a break where an item should start');
        this.fail('ERR_CBOR_INDEFINITE', 'an indefinite length where a definite one is required');
      }
      this.fail('ERR_CBOR_RESERVED', `additional information ${info} is reserved`);
    }
    const width = 1 << (info - 24);
    if (start + 1 + width > this.end) this.fail('ERR_CBOR_TRUNCATED', 'the input ends inside a head');
    this.offset = start + 1 + width;
    this.argument = this.wideArgument(first >>> 5, width, start);
    return first >>> 5;
  }

  private wideArgument(major: number, width: number, start: number): CborUint {
    const bytes = this.bytes;
    let value = 0;
    for (let at = start + 1; at <= start + Math.min(width, 4); at++) value = value * 256 + (bytes[at] as number);
    // A float's width is not a matter of shortest heads; simple() refuses it anyway.
    if (major === Major.Simple) return value;
    if (width < 8) {
      const least = width === 1 ? 24 : width === 2 ? 0x100 : 0x1_0000;
      if (value < least) this.fail('ERR_CBOR_NOT_SHORTEST', `${value} is not encoded in its shortest form`, start);
      return value;
    }
    if (value === 0) this.fail('ERR_CBOR_NOT_SHORTEST', 'an integer is not encoded in its shortest form', start);
    let low = 0;
    for (let at = start + 5; at <= start + 8; at++) low = low * 256 + (bytes[at] as number);
    return value < 0x20_0000 ? value * 0x1_0000_0000 + low : (BigInt(value) << 32n) | BigInt(low);
  }

  private lengthThatFits(): number {
    const length = this.argument;
    if (length > this.end - this.offset) {
      this.fail('ERR_CBOR_TRUNCATED', `a string of ${length} bytes runs past the end`);
    }
    return length as number;
  }

  private countThatFits(bytesEach: number): number {
    const count = this.argument;
    // Every element takes a byte at least, so a hostile count is refused before anybody loops over it.
    if (count > (this.end - this.offset) / bytesEach) {
      this.fail('ERR_CBOR_TRUNCATED', `${count} elements do not fit into the bytes that are left`);
    }
    return count as number;
  }

  private ascii(start: number, end: number): string | undefined {
    const bytes = this.bytes;
    let text = '';
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte > 127) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}
