/**
 * Bundles as text: hexadecimal as people paste it from logs, captures, source code and spreadsheets, or base64.
 *
 * White space, colons, commas and quotes between digits, `0x` before them and comments from `#` or `;` to the end of the
 * line are skipped; digits may be of either case.
 */
import { asBuffer, DecodeError } from '../base/index.js';

/** How much of an input decides whether it is text. */
const SAMPLE_BYTES = 4_096;
/** What 0x9f and the head of a primary block's array, 0x88 to 0x8b, are in base64. */
const BASE64_START = /^n4[gkos]/;
const BASE64_LINE = /^[A-Za-z0-9+/_-]+={0,2}$/;
const NEWLINE = 0x0a;

/** Text that begins with digits; a bundle's first byte is no ASCII character, so no bundle is taken for text. */
export function looksLikeText(input: Uint8Array): boolean {
  const sample = input.subarray(0, SAMPLE_BYTES);
  if (sample.length === 0 || sample.some((byte) => !isPrintable(byte))) return false;
  const bare = asBuffer(sample)
    .toString('latin1')
    .replace(/[#;][^\n]*/g, '')
    .trim();
  return BASE64_START.test(bare) || /^["']?(?:0x)?[0-9a-f]{2}/i.test(bare);
}

/** The lines that hold more than comments. */
export function linesOf(text: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline < 0 ? text.length : newline;
    const line = text.subarray(start, end);
    if (line.some((byte) => !isSkipped(byte)) && !isComment(line)) lines.push(line);
    start = end + 1;
  }
  return lines;
}

/** Each line that begins as a bundle does begins one; the lines after it may go on with it. */
export function fromBase64Lines(lines: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
  const texts = lines.map((line) => asBuffer(line).toString('latin1').trim());
  if (!BASE64_START.test(texts[0] ?? '') || !texts.every((line) => BASE64_LINE.test(line))) return undefined;
  const joined: string[] = [];
  for (const line of texts) {
    if (BASE64_START.test(line)) joined.push(line);
    else joined.push(`${joined.pop() ?? ''}${line}`);
  }
  return joined.map((text) => new Uint8Array(Buffer.from(text, 'base64')));
}

/** @returns the bytes, or `ERR_HEX` with the offset in the text. */
export function fromHexText(text: Uint8Array): Uint8Array | DecodeError {
  const bytes = new Uint8Array(text.length >> 1);
  let length = 0;
  let high = -1;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    const digit = digitOf(byte);
    if (digit >= 0 && !isHexPrefix(text, at)) {
      if (high < 0) high = digit;
      else {
        bytes[length++] = (high << 4) | digit;
        high = -1;
      }
    } else if (isCommentMark(byte)) at = endOfLine(text, at) - 1;
    else if (digit >= 0) at++;
    else if (!isSkipped(byte)) return new DecodeError('ERR_HEX', 'not a hexadecimal digit', at);
  }
  if (high >= 0) return new DecodeError('ERR_HEX', 'an odd number of hexadecimal digits', text.length);
  return bytes.subarray(0, length);
}

/** How many digits, for telling wrapped text from a bundle a line. */
export function countDigits(line: Uint8Array): number {
  let digits = 0;
  for (const byte of line) if (digitOf(byte) >= 0) digits++;
  return digits;
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The zero of `0x`. */
function isHexPrefix(text: Uint8Array, at: number): boolean {
  return text[at] === 0x30 && ((text[at + 1] ?? 0) | 0x20) === 0x78;
}

function isComment(line: Uint8Array): boolean {
  const first = line.find((byte) => !isSkipped(byte));
  return first !== undefined && isCommentMark(first);
}

function isCommentMark(byte: number): boolean {
  return byte === 0x23 || byte === 0x3b;
}

/** White space, `"`, `'`, `,` and `:`. */
function isSkipped(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || [0x22, 0x27, 0x2c, 0x3a].includes(byte);
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d);
}

function endOfLine(text: Uint8Array, from: number): number {
  const newline = text.indexOf(NEWLINE, from);
  return newline < 0 ? text.length : newline;
}
