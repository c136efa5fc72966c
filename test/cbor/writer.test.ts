/** The writer's buffers: used again, lent out and shared, and nobody ever sees somebody else's bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/index.js';
import { CborReader, CborWriter, freshBytes } from '../../src/cbor/index.js';

describe('bytes that a writer lends', () => {
  it.each([10, 1_000, 5_000, 300_000])('are what was written, %i of them', (size) => {
    const content = new Uint8Array(size).fill(7);
    const copy = CborWriter.toLend(size).raw(content).lend(toHex);
    expect(copy).toBe(toHex(content));
  });

  it('may be written while others are lent', () => {
    const outer = CborWriter.toLend(5_000).raw(new Uint8Array(5_000).fill(1));
    const [before, inner, after] = outer.lend((bytes) => {
      const first = toHex(bytes);
      return [first, CborWriter.toLend(5_000).raw(new Uint8Array(5_000).fill(2)).lend(toHex), toHex(bytes)];
    });
    expect(inner).toBe('02'.repeat(5_000));
    expect(after).toBe(before);
  });

  it('come back when their user throws', () => {
    const fail = (): never => {
      throw new Error('no');
    };
    for (let i = 0; i < 20; i++) expect(() => CborWriter.toLend(5_000).uint(1).lend(fail)).toThrow('no');
    expect(CborWriter.toLend(5_000).uint(2).lend(toHex)).toBe('02');
  });

  it('grow beyond what was expected of them', () => {
    const content = new Uint8Array(400_000).fill(3);
    expect(
      CborWriter.toLend(5_000)
        .raw(content)
        .lend((bytes) => bytes.length),
    ).toBe(400_000);
  });
});

describe('bytes that a writer hands out', () => {
  it('are never handed out twice', () => {
    const sizes = fc.array(fc.nat({ max: 3_000 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const made = lengths.map((length, i) => new CborWriter(length).raw(new Uint8Array(length).fill(i)).finish());
        made.forEach((bytes, i) => {
          expect(bytes.length).toBe(lengths[i]);
          expect(bytes.every((byte) => byte === i)).toBe(true);
        });
      }),
    );
  });

  it('are zeros at first, of any size', () => {
    for (const length of [0, 1, 64, 65, 1_024, 1_025, 100_000]) {
      const bytes = freshBytes(length);
      expect(bytes.length).toBe(length);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      bytes.fill(0xff);
    }
  });

  it('are the very buffer that it was told to fill', () => {
    const buffer = new Uint8Array(5).fill(9);
    const filled = CborWriter.into(buffer).array(2).uint(1).skip(2).uint(2).finish();
    expect(filled).toBe(buffer);
    expect(toHex(buffer)).toBe('8201090902');
    // One byte too many goes elsewhere, and the caller can tell.
    expect(CborWriter.into(new Uint8Array(1)).uint(1).uint(2).finish().length).toBe(2);
  });
});

describe('text', () => {
  it.each(['', 'a', 'x'.repeat(64), 'x'.repeat(65), 'é', `${'x'.repeat(40)}é`, '~'.repeat(300)])(
    'is UTF-8: %s',
    (text) => {
      const reader = new CborReader(new CborWriter().text(text).finish());
      expect(toHex(utf8(reader.text()))).toBe(toHex(utf8(text)));
    },
  );
});
