import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../src/base/index.js';
import { crc16, crc32c } from '../../src/bundle/index.js';
import { describeWithShared } from '../support/optional.js';

/** Bit by bit, straight from the definition. */
function slowCrc(polynomial: number, width: number, bytes: Uint8Array): number {
  const ones = width === 32 ? 0xffff_ffff : 0xffff;
  let crc = ones;
  for (const byte of bytes) {
    crc = (crc ^ byte) >>> 0;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? ((crc >>> 1) ^ polynomial) >>> 0 : crc >>> 1;
  }
  return (crc ^ ones) >>> 0;
}

describeWithShared('published checksums', 'vectors/primitives.json', (path) => {
  const { crc } = JSON.parse(readFileSync(path, 'utf8')) as {
    crc: { vectors: readonly { alg: string; input: string; hex: string }[] };
  };

  it.each(crc.vectors)('$alg of $input is $hex', ({ alg, input, hex }) => {
    const value = alg.startsWith('CRC-16') ? crc16(fromHex(input)) : crc32c(fromHex(input));
    expect(value).toBe(Number.parseInt(hex, 16));
  });
});

describe('checksums', () => {
  it('have the check values of their definitions', () => {
    expect(crc16(utf8('123456789'))).toBe(0x906e);
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283);
  });

  it('agree with the definition at every length, offset and number of zeros', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat({ max: 20 }), fc.nat({ max: 5 }), (bytes, skip, zeros) => {
        const start = Math.min(skip, bytes.length);
        const padded = new Uint8Array([...bytes.subarray(start), ...new Uint8Array(zeros)]);
        expect(crc32c(bytes, start, bytes.length, zeros)).toBe(slowCrc(0x82f63b78, 32, padded));
        expect(crc16(bytes, start, bytes.length, zeros)).toBe(slowCrc(0x8408, 16, padded));
      }),
    );
  });
});
