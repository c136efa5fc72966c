/** Content in chunks: what is cut up comes together again, and nothing else does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, DecodeError, toHex } from '../../src/base/index.js';
import { bundleKey, createBundle, encodeBundle, formatEid, signBundle } from '../../src/bundle/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import {
  assemble,
  type Chunk,
  chunkCount,
  chunkCreation,
  chunkEndpoint,
  chunkKeys,
  chunkLength,
  chunkOf,
  decodeAssembly,
  decodeChunk,
  decodeManifest,
  encodeAssembly,
  encodeChunk,
  encodeManifest,
  isManifest,
  MAX_BODY_BYTES,
  MAX_CHUNK_BYTES,
  MIN_CHUNK_BYTES,
  manifestFor,
  messageOfChunk,
} from '../../src/chat/index.js';
import { boxKeyPairFromSeed, seal, sha256 } from '../../src/crypto/index.js';
import { chatEndpoint, deviceEid, deviceNameOf, issueDeviceCertificate, personIdOf } from '../../src/people/index.js';
import { testKey } from '../support/bundles.js';
import { storedVectors } from '../support/vectors.js';

const ANA = personIdOf(testKey(1).publicKey);
const BEN = personIdOf(testKey(5).publicKey);
const SOURCE = deviceEid(ANA, 'laptop');
const HASH = new Uint8Array(32).fill(7);

const content = fc
  .tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 255 }))
  .map(([length, step]) => Uint8Array.from({ length }, (_, at) => at * step + (at >> 8)));
const sequence = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 100n }));

function chunksOf(bytes: Uint8Array, chunkBytes: number): readonly Chunk[] {
  const manifest = manifestFor(bytes, chunkBytes);
  const count = chunkCount(manifest);
  return Array.from({ length: count }, (_, index) => decodeChunk(encodeChunk(bytes, manifest, index)));
}

describe('content that is cut into chunks', () => {
  it('comes together again, in whatever order they are', () => {
    fc.assert(
      fc.property(content, fc.integer({ min: MIN_CHUNK_BYTES, max: 20_000 }), fc.nat(), (bytes, chunkBytes, turn) => {
        const chunks = [...chunksOf(bytes, chunkBytes)];
        const shuffled = chunks.sort((a, b) => ((a.index * 7919 + turn) % 101) - ((b.index * 7919 + turn) % 101));
        // Compared here: the test's own way looks at each byte apart.
        const whole = assemble(manifestFor(bytes, chunkBytes), shuffled);
        expect(whole !== undefined && bytesEqual(whole, bytes)).toBe(true);
      }),
    );
  });

  it('does not with one missing, twice, altered, cut short, or of other content', () => {
    fc.assert(
      fc.property(content, fc.nat(), fc.nat(), (bytes, which, at) => {
        const manifest = manifestFor(bytes, MIN_CHUNK_BYTES);
        const chunks = chunksOf(bytes, MIN_CHUNK_BYTES);
        const index = which % chunks.length;
        const chunk = chunks[index] as Chunk;
        const altered = chunk.bytes.slice();
        altered[at % altered.length] = (altered[at % altered.length] as number) ^ 1;
        const without = chunks.filter((each) => each !== chunk);
        expect(assemble(manifest, without)).toBeUndefined();
        expect(assemble(manifest, [...chunks, chunk])).toBeUndefined();
        expect(assemble(manifest, [...without, { index, bytes: altered }])).toBeUndefined();
        expect(assemble(manifest, [...without, { index, bytes: chunk.bytes.subarray(1) }])).toBeUndefined();
        expect(assemble(manifest, [...without, { index: chunks.length, bytes: chunk.bytes }])).toBeUndefined();
      }),
    );
  });

  it('has chunks of one length, but for the last', () => {
    const manifest = { totalBytes: 40_000, chunkBytes: 16_384, hash: HASH };
    expect([0, 1, 2, 3, 4].map((index) => chunkLength(manifest, index))).toEqual([16_384, 16_384, 7_232, 0, 0]);
    expect(chunkCount(manifest)).toBe(3);
    expect(chunkCount({ ...manifest, totalBytes: 32_768 })).toBe(2);
  });
});

describe('the name of a chunk', () => {
  it('leads to its message, and the message’s to it', () => {
    fc.assert(
      fc.property(fc.nat(), sequence, fc.nat(40), (time, of, index) => {
        const creation = { time, sequence: of };
        const message = bundleKey({ source: SOURCE, creation });
        const chunk = { source: SOURCE, creation: chunkCreation(creation, index) ?? creation };
        expect(messageOfChunk(chunk, index)).toBe(message);
        expect(messageOfChunk(chunk, index + 1)).not.toBe(message);
        expect(messageOfChunk({ ...chunk, source: deviceEid(BEN, 'laptop') }, index)).not.toBe(message);
        const manifest = { totalBytes: (index + 1) * MIN_CHUNK_BYTES, chunkBytes: MIN_CHUNK_BYTES, hash: HASH };
        expect(chunkKeys(SOURCE, creation, manifest)?.at(index)).toBe(bundleKey(chunk));
      }),
    );
  });

  it('does not exist past the last sequence number, or before the first', () => {
    const last = { time: 0, sequence: 2n ** 64n - 2n };
    expect(chunkCreation(last, 0)).toEqual({ time: 0, sequence: 2n ** 64n - 1n });
    expect(chunkCreation(last, 1)).toBeUndefined();
    const manifest = { totalBytes: 2 * MIN_CHUNK_BYTES, chunkBytes: MIN_CHUNK_BYTES, hash: HASH };
    expect(chunkKeys(SOURCE, last, manifest)).toBeUndefined();
    expect(messageOfChunk({ source: SOURCE, creation: { time: 0, sequence: 3 } }, 3)).toBeUndefined();
  });

  it('is in its destination', () => {
    const message = bundleKey({ source: SOURCE, creation: { time: 1, sequence: 2 } });
    expect(chunkOf(formatEid(chunkEndpoint(BEN, message)))).toEqual({ person: BEN, message });
    for (const other of [`dtn://${BEN}/~chat`, `dtn://${BEN}/~chunk/${message}0`, `dtn://ben/~chunk/${message}`]) {
      expect(chunkOf(other)).toBeUndefined();
    }
  });
});

describe('a manifest', () => {
  it('comes out as it went in, also from the record of an assembly', () => {
    const manifests = fc.record({
      totalBytes: fc.integer({ min: 1, max: MAX_BODY_BYTES }),
      chunkBytes: fc.integer({ min: MIN_CHUNK_BYTES, max: MAX_CHUNK_BYTES }),
      hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    });
    fc.assert(
      fc.property(manifests, sequence, fc.boolean(), (manifest, of, forOthers) => {
        expect(isManifest(encodeManifest(manifest))).toBe(true);
        expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
        const record = { manifest, creation: { time: 5, sequence: of }, forOthers };
        expect(decodeAssembly(encodeAssembly(record))).toEqual(record);
      }),
    );
  });

  it('may say more than is known today', () => {
    expect(decodeManifest(encodeCbor([2, 20_000, 16_384, HASH, 'later']))).toMatchObject({ totalBytes: 20_000 });
  });

  it.each([
    ['of nothing', [2, 0, 16_384, HASH]],
    ['of more than a message may have', [2, MAX_BODY_BYTES + 16 * 1024 + 1, 16_384, HASH]],
    ['of a length beyond numbers', [2, 2n ** 60n, 16_384, HASH]],
    ['of chunks too small', [2, 20_000, MIN_CHUNK_BYTES - 1, HASH]],
    ['of chunks too large', [2, 20_000, MAX_CHUNK_BYTES + 1, HASH]],
    ['with half a hash', [2, 20_000, 16_384, HASH.subarray(16)]],
    ['without a hash', [2, 20_000, 16_384]],
    ['that goes on and on', [2, 20_000, 16_384, HASH, new Uint8Array(300)]],
  ])('%s is refused', (_, value) => {
    expect(() => decodeManifest(encodeCbor(value))).toThrow(DecodeError);
  });

  it('is never taken for sealed content, or the other way round', () => {
    const box = boxKeyPairFromSeed(new Uint8Array(32).fill(7));
    const random = { bytes: (count: number) => new Uint8Array(count).fill(3), unit: () => 0.5 };
    const sealed = seal(Uint8Array.of(1), [{ keyId: new Uint8Array(8), publicKey: box.publicKey }], random);
    expect(isManifest(sealed)).toBe(false);
    expect(isManifest(new Uint8Array(0))).toBe(false);
  });
});

it.each([
  ['with a third element', [0, HASH, 1]],
  ['of nothing', [0, new Uint8Array(0)]],
  ['of too much', [0, new Uint8Array(MAX_CHUNK_BYTES + 1)]],
  ['beyond the largest content', [3000, HASH]],
  ['before the first', [-1, HASH]],
  ['of text', [0, 'text']],
])('a chunk %s is refused', (_, value) => {
  expect(() => decodeChunk(encodeCbor(value))).toThrow(DecodeError);
});

it('the vectors of chunks hold', () => {
  const device = deviceNameOf(testKey(2).publicKey);
  const source = deviceEid(ANA, device);
  const sealed = Uint8Array.from({ length: 9_000 }, (_, at) => at % 251);
  const manifest = manifestFor(sealed, 4096);
  const creation = { time: 852_076_800_000, sequence: 65_540 };
  const sign = (spec: { creation: typeof creation; payload: Uint8Array; destination: typeof source }): Uint8Array =>
    encodeBundle(
      signBundle(createBundle({ ...spec, source, lifetimeMs: 86_400_000, ageMs: 0, hopLimit: 64 }), {
        privateKey: testKey(2),
        keyId: sha256(testKey(2).publicKey).slice(0, 8),
        certificate: issueDeviceCertificate(testKey(1), device, testKey(2).publicKey),
        securitySource: source,
      }),
    );
  const messageKey = bundleKey({ source, creation });
  const destination = chunkEndpoint(BEN, messageKey);
  const last = chunkCreation(creation, 2) as typeof creation;
  const made = {
    about:
      'Ana and her device as in chat.json. The sealed content stands for any: 9,000 bytes, each its position mod 251.',
    manifest: toHex(encodeManifest(manifest)),
    messageBundle: toHex(sign({ creation, payload: encodeManifest(manifest), destination: chatEndpoint(BEN) })),
    messageKey,
    chunkDestination: formatEid(destination),
    chunkKeys: chunkKeys(source, creation, manifest),
    lastChunkBundle: toHex(sign({ creation: last, payload: encodeChunk(sealed, manifest, 2), destination })),
  };
  expect(storedVectors('chunks', made)).toEqual(made);
});
