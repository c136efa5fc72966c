/** What the `bundle` commands read: one bundle or several, in binary one after the other, or in hexadecimal text. */
import { open } from 'node:fs/promises';
import { concatBytes, DecodeError, fromHex, utf8Decode } from '../base/index.js';
import { DEFAULT_MAX_BUNDLE_BYTES } from '../bundle/index.js';
import { CborReader } from '../cbor/index.js';
import type { CliIo } from './io.js';

/** Two digits a byte and some white space; reading stops here, since more is too large in any case. */
const MAX_INPUT_BYTES = DEFAULT_MAX_BUNDLE_BYTES * 3;
/** The head of the array of indefinite length that every bundle is. */
const BUNDLE_START = 0x9f;
/** How deep a block may nest for us to find the end of its bundle. */
const MAX_DEPTH = 16;
/** Hexadecimal text is wrapped at no more than this. */
const MAX_WRAPPED_DIGITS = 160;

/** The bytes of what should be one bundle, or why the text is no bytes. */
export type BundleInput = Uint8Array | DecodeError;

/** @param file `-` or nothing: standard input. */
export async function readInput(file: string | undefined, io: Pick<CliIo, 'stdin'>): Promise<Uint8Array> {
  if (file === undefined || file === '-') return readAll(io.stdin);
  const handle = await open(file);
  try {
    return await readAll(handle.createReadStream({ autoClose: false }));
  } finally {
    await handle.close();
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT_BYTES) break;
  }
  return concatBytes(...chunks);
}

/** One at least, even of an empty input: that is an invalid bundle too. */
export function bundlesIn(input: Uint8Array, hex: boolean): readonly BundleInput[] {
  return hex ? bundlesInText(input) : split(input);
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

/** A bundle a line, or one bundle that is wrapped over lines. */
function bundlesInText(input: Uint8Array): readonly BundleInput[] {
  const whole = bytesOfText(input);
  const lines = (utf8Decode(input) ?? '').split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return whole instanceof DecodeError ? [whole] : split(whole);
  if (!(whole instanceof DecodeError) && isWholly(whole)) return split(whole);
  if (areWrapped(lines)) return [whole];
  return lines.map((line) => bytesOfText(new TextEncoder().encode(line)));
}

/** Whether there are bundle-like items and nothing else. */
function isWholly(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    const end = endOfBundle(bytes, at);
    if (end === undefined) return false;
    at = end;
  }
  return at > 0;
}

/** Lines of one short length, the last perhaps shorter, and the second does not begin as a bundle does. */
function areWrapped(lines: readonly string[]): boolean {
  const digits = lines.map((line) => line.replace(/\s+/g, '').length);
  const width = digits[0] ?? 0;
  if (width > MAX_WRAPPED_DIGITS || (digits.at(-1) ?? 0) > width) return false;
  return digits.slice(0, -1).every((count) => count === width) && !/^\s*9f/i.test(lines[1] ?? '');
}

/** `ERR_HEX`, with the offset in the text. */
function bytesOfText(text: Uint8Array): BundleInput {
  const bad = text.findIndex((byte) => !isHexOrSpace(byte));
  if (bad >= 0) return new DecodeError('ERR_HEX', 'not a hexadecimal digit', bad);
  const digits = (utf8Decode(text) ?? '').replace(/\s+/g, '');
  if (digits.length % 2 !== 0) return new DecodeError('ERR_HEX', 'an odd number of hexadecimal digits', text.length);
  return fromHex(digits);
}

function isHexOrSpace(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const letter = byte | 0x20;
  return isDigit || (letter >= 0x61 && letter <= 0x66) || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
