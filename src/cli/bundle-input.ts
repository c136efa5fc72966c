/** What the `bundle` commands read: one bundle or several, in binary one after the other, or in text. */
import { open } from 'node:fs/promises';
import { concatBytes, DecodeError, HearsayError, messageOf, printable } from '../base/index.js';
import { DEFAULT_MAX_BUNDLE_BYTES } from '../bundle/index.js';
import { CborReader } from '../cbor/index.js';
import { countDigits, fromBase64Lines, fromHexText, linesOf, looksLikeText } from './bundle-text.js';
import type { CliIo } from './io.js';

/** Of one input; all of it is in memory. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;
/** Two digits a byte and some white space: what has no end by here is one bundle that is too large, and is not read on. */
const ENDLESS_BYTES = DEFAULT_MAX_BUNDLE_BYTES * 3;
/** The head of the array of indefinite length that every bundle is. */
const BUNDLE_START = 0x9f;
/** How deep a block may nest for us to find the end of its bundle. */
const MAX_DEPTH = 16;
/** Hexadecimal text is wrapped at no more than this. */
const MAX_WRAPPED_DIGITS = 160;

/** The bytes of what should be one bundle, or why the text is no bytes. */
export type BundleInput = Uint8Array | DecodeError;

/** @param file `-` or nothing: standard input. @throws HearsayError `ERR_INPUT` */
export async function readInput(file: string | undefined, io: Pick<CliIo, 'stdin'>): Promise<Uint8Array> {
  try {
    if (file === undefined || file === '-') return await readAll(io.stdin);
    const handle = await open(file);
    try {
      return await readAll(handle.createReadStream({ autoClose: false }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    const name = file === undefined || file === '-' ? 'standard input' : printable(file);
    throw new HearsayError('ERR_INPUT', `cannot read ${name}: ${messageOf(error)}`, { cause: error });
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let endless = true;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= ENDLESS_BYTES) continue;
    if (endless && !hasEnd(concatBytes(...chunks))) break;
    endless = false;
    if (length > MAX_INPUT_BYTES) throw new HearsayError('ERR_INPUT', `more than ${MAX_INPUT_BYTES} bytes`);
  }
  return concatBytes(...chunks);
}

/** Whether a first bundle, or a first line of text, is there as a whole. */
function hasEnd(input: Uint8Array): boolean {
  return looksLikeText(input) ? input.includes(0x0a) : endOfBundle(input, 0) !== undefined;
}

/**
 * One at least, even of an empty input: that is an invalid bundle too.
 *
 * @param hex that it is text, whatever it looks like.
 */
export function bundlesIn(input: Uint8Array, hex: boolean): readonly BundleInput[] {
  return hex || looksLikeText(input) ? bundlesInText(input) : split(input);
}

/** Bytes are bundles one after the other only where each begins as one: anything else belongs to the bundle before it. */
function split(bytes: Uint8Array): readonly Uint8Array[] {
  const bundles: Uint8Array[] = [];
  let start = 0;
  for (;;) {
    const end = endOfBundle(bytes, start);
    if (end === undefined || bytes[end] !== BUNDLE_START) return [...bundles, bytes.subarray(start)];
    bundles.push(bytes.subarray(start, end));
    start = end;
  }
}

function endOfBundle(bytes: Uint8Array, start: number): number | undefined {
  const reader = new CborReader(bytes, start);
  try {
    reader.indefiniteArray('a bundle');
    while (!reader.takeBreak()) reader.skip(MAX_DEPTH);
    return reader.offset;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** A bundle a line, or bundles that are wrapped over lines. */
function bundlesInText(input: Uint8Array): readonly BundleInput[] {
  const lines = linesOf(input);
  const decoded = fromBase64Lines(lines);
  if (decoded !== undefined) return decoded;
  const whole = fromHexText(input);
  if (lines.length < 2) return whole instanceof DecodeError ? [whole] : split(whole);
  const each = lines.map(fromHexText);
  if (each.every(isWholly)) return each;
  if (!(whole instanceof DecodeError)) {
    if (isWholly(whole)) return split(whole);
    if (areWrapped(lines, each)) return [whole];
  }
  return each;
}

/** Whether there are bundle-like items and nothing else. */
function isWholly(bytes: BundleInput): boolean {
  if (bytes instanceof DecodeError) return false;
  let at = 0;
  while (at < bytes.length) {
    const end = endOfBundle(bytes, at);
    if (end === undefined) return false;
    at = end;
  }
  return at > 0;
}

/** Lines of one short length, the last perhaps shorter, of which none is a bundle and the second does not begin as one. */
function areWrapped(lines: readonly Uint8Array[], each: readonly BundleInput[]): boolean {
  const digits = lines.map(countDigits);
  const width = digits[0] ?? 0;
  if (width > MAX_WRAPPED_DIGITS || (digits.at(-1) ?? 0) > width || each.some(isWholly)) return false;
  const second = each[1];
  const begins = second instanceof Uint8Array && second[0] === BUNDLE_START;
  return !begins && digits.slice(0, -1).every((count) => count === width);
}
