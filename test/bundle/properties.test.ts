/** What holds for every bundle, and for bytes that are none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, toHex } from '../../src/base/index.js';
import {
  ageOf,
  type Bundle,
  bundleKeyOf,
  copiesOf,
  crc32c,
  decodeBundle,
  encodeBundle,
  hopCountOf,
  previousNodeOf,
  topicOf,
  verifyBundle,
} from '../../src/bundle/index.js';
import { CborReader } from '../../src/cbor/index.js';
import { ANA, anyBundle, signedChat, trustedContent } from '../support/bundles.js';

/** @returns the bundle, or undefined when refused with the one error there may be. */
function tryDecode(bytes: Uint8Array): Bundle | undefined {
  try {
    return decodeBundle(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    expect((error as DecodeError).offset).toBeLessThanOrEqual(bytes.length);
    return undefined;
  }
}

/** Everything that a node does with a bundle before it trusts it. */
function exercise(bundle: Bundle): void {
  ageOf(bundle);
  hopCountOf(bundle);
  previousNodeOf(bundle);
  topicOf(bundle);
  copiesOf(bundle);
  bundleKeyOf(bundle);
  verifyBundle(bundle, () => ANA.publicKey);
}

describe('decoding', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(anyBundle, (bundle) => {
        const decoded = decodeBundle(encodeBundle(bundle));
        expect({ ...decoded, primary: { ...decoded.primary } }).toEqual(bundle);
      }),
    );
  });

  it('accepts one encoding only: what it reads, it writes back to the byte', () => {
    fc.assert(
      fc.property(anyBundle, fc.nat(), fc.nat({ max: 255 }), (bundle, at, value) => {
        const bytes = encodeBundle(bundle);
        bytes[at % bytes.length] = value;
        const decoded = tryDecode(bytes);
        if (decoded !== undefined) {
          expect(toHex(encodeBundle({ ...decoded, primary: { ...decoded.primary } }))).toBe(toHex(bytes));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('fed random bytes, returns its error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(tryDecode(bytes)).toBeUndefined();
        expect(tryDecode(new Uint8Array([0x9f, 0x89, 0x07, ...bytes]))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('survives cuts, insertions and swaps of whole ranges', () => {
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.uint8Array({ maxLength: 12 }));
    fc.assert(
      fc.property(anyBundle, fc.array(edit, { minLength: 1, maxLength: 4 }), (bundle, edits) => {
        let bytes = [...encodeBundle(bundle)];
        for (const [at, cut, inserted] of edits) bytes = bytes.toSpliced(at % (bytes.length + 1), cut, ...inserted);
        const decoded = tryDecode(new Uint8Array(bytes));
        if (decoded !== undefined) exercise(decoded);
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses every prefix of a bundle', () => {
    const bytes = encodeBundle(signedChat());
    for (let length = 0; length < bytes.length; length++) {
      expect(tryDecode(bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it('copies no payload', () => {
    const bytes = encodeBundle(signedChat());
    for (const { data } of decodeBundle(bytes).blocks) expect(data.buffer).toBe(bytes.buffer);
  });
});

describe('a flipped bit in a signed bundle', () => {
  const original = signedChat();
  const bytes = encodeBundle(original);
  const trusted = trustedContent(original);

  function expectRefusedOrUnchanged(changed: Uint8Array, where: string): 'refused' | 'unchanged' {
    const decoded = tryDecode(changed);
    if (decoded === undefined) return 'refused';
    const outcome = verifyBundle(decoded, () => ANA.publicKey);
    if (!outcome.ok) return 'refused';
    expect(trustedContent(decoded), where).toBe(trusted);
    expect(bundleKeyOf(decoded), where).toBe(bundleKeyOf(original));
    return 'unchanged';
  }

  it('is always refused, thanks to checksums and signature', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = new Uint8Array(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      // The payload block's flags are signed, its CRC is absent: nothing is left that only a checksum would notice.
      expect(expectRefusedOrUnchanged(changed, `bit ${bit}`)).toBe('refused');
    }
  });

  it('changes nothing that is trusted even when whoever flipped it mends the checksums', () => {
    let unchanged = 0;
    const { primary, blocks } = decodeBundle(bytes);
    for (const [index, block] of blocks.entries()) {
      for (let bit = 0; bit < block.data.length * 8; bit++) {
        const data = new Uint8Array(block.data);
        data[bit >> 3] = (data[bit >> 3] as number) ^ (1 << (bit & 7));
        const mended = encodeBundle({ primary, blocks: blocks.with(index, { ...block, data }) });
        if (expectRefusedOrUnchanged(mended, `block ${block.type}, bit ${bit}`) === 'unchanged') unchanged++;
      }
      for (let bit = 0; bit < 31; bit++) {
        const flags = (block.flags ^ (1 << bit)) >>> 0;
        const mended = encodeBundle({ primary, blocks: blocks.with(index, { ...block, flags }) });
        expectRefusedOrUnchanged(mended, `block ${block.type}, flag ${bit}`);
      }
    }
    // Age, hops, copies, previous node, key id and certificate are not signed: some flips must have gone through.
    expect(unchanged).toBeGreaterThan(100);
  });

  it('changes nothing that is trusted in the primary block either', () => {
    const wire = new CborReader(bytes, 1);
    wire.skip(8);
    for (let bit = 8; bit < (wire.offset - 5) * 8; bit++) {
      const changed = new Uint8Array(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      let decoded: Bundle;
      try {
        decoded = decodeBundle(mendPrimaryCrc(changed, wire.offset));
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        continue;
      }
      expect(verifyBundle(decoded, () => ANA.publicKey).ok).toBe(false);
    }
  });
});

function mendPrimaryCrc(bytes: Uint8Array, end: number): Uint8Array {
  const mended = new Uint8Array(bytes);
  new DataView(mended.buffer).setUint32(end - 4, crc32c(bytes, 1, end - 4, 4));
  return mended;
}
