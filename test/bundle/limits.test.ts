/** Hostile sizes: refused by what they claim, before anything of that size is made. */
import { describe, expect, it } from 'vitest';
import { DecodeError, fromHex, toHex } from '../../src/base/index.js';
import { CrcType, createBundle, decodeBundle, encodeBundle } from '../../src/bundle/index.js';
import { chatSpec } from '../support/bundles.js';

function codeOf(bytes: Uint8Array, limits?: Parameters<typeof decodeBundle>[1]): string {
  try {
    decodeBundle(bytes, limits);
    return 'accepted';
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
}

const PLAIN = toHex(encodeBundle(createBundle(chatSpec())));
const PRIMARY = PLAIN.slice(0, PLAIN.indexOf('8606'));

describe('a hostile length', () => {
  const huge = ['1affffffff', '1b0000000100000000', '1b001fffffffffffff', '1bffffffffffffffff'];
  const heads = (major: number): string[] =>
    huge.map((hex) => ((Number.parseInt(hex.slice(0, 2), 16) | (major << 5)) >>> 0).toString(16) + hex.slice(2));

  it.each([
    ...heads(2).map((head) => ['a payload', `${PRIMARY}85010100 00${head}`]),
    ...heads(4).map((head) => ['a block of many elements', PRIMARY + head]),
    ...heads(4).map((head) => ['a primary block of many elements', `9f${head}`]),
    ...heads(3).map((head) => ['an endpoint name', `9f8907000282 01${head}`]),
    ...heads(4).map((head) => ['an ipn id', `9f890700028202${head}`]),
    ...heads(5).map((head) => ['a map for a payload', `${PRIMARY}8501010000${head}`]),
  ])('for %s costs nothing: %s', (_, hex) => {
    const bytes = fromHex(hex.replaceAll(' ', ''));
    const before = process.memoryUsage();
    for (let i = 0; i < 200; i++) expect(codeOf(bytes)).toMatch(/^ERR_(CBOR|BUNDLE)_/);
    const after = process.memoryUsage();
    const grown = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    // 200 refusals with their stack traces; a single honoured length would be a thousand times that.
    expect(grown).toBeLessThan(64 * 1024 * 1024);
  });

  it('nested ten thousand deep does not reach the stack', () => {
    expect(codeOf(new Uint8Array([0x9f, ...new Uint8Array(10_000).fill(0x81)]))).toMatch(/^ERR_/);
    expect(codeOf(new Uint8Array(10_000).fill(0x9f))).toMatch(/^ERR_/);
  });
});

describe('the limits', () => {
  it('hold for the size of the whole, to the byte', () => {
    const bytes = fromHex(PLAIN);
    expect(codeOf(bytes, { maxBytes: bytes.length })).toBe('accepted');
    expect(codeOf(bytes, { maxBytes: bytes.length - 1 })).toBe('ERR_BUNDLE_TOO_LARGE');
  });

  it('hold for the number of blocks, to the block', () => {
    const { primary, blocks } = createBundle(chatSpec());
    const filler = Array.from({ length: 64 - blocks.length }, (_, i) => ({
      type: 200,
      number: 100 + i,
      flags: 0,
      crcType: CrcType.None,
      data: new Uint8Array(0),
    }));
    expect(codeOf(encodeBundle({ primary, blocks: [...filler, ...blocks] }))).toBe('accepted');
    const one = { type: 200, number: 99, flags: 0, crcType: CrcType.None, data: new Uint8Array(0) };
    expect(codeOf(encodeBundle({ primary, blocks: [one, ...filler, ...blocks] }))).toBe('ERR_BUNDLE_TOO_MANY_BLOCKS');
  });

  it('take a payload of megabytes', () => {
    const payload = new Uint8Array(5 * 1024 * 1024).fill(7);
    const bytes = encodeBundle(createBundle(chatSpec({ payload })));
    expect(codeOf(bytes)).toBe('accepted');
  });
});
