/** Builders and generators of bundles for tests. */
import fc from 'fast-check';
import { toHex } from '../../src/base/index.js';
import {
  type Bundle,
  type BundleSigner,
  type BundleSpec,
  type CanonicalBlock,
  CrcType,
  createBundle,
  dtnEid,
  type Eid,
  NULL_EID,
  type PrimaryBlock,
  signBundle,
  type Uint64,
} from '../../src/bundle/index.js';
import { idOfKey, type SigningKey, signingKeyFromSeed } from '../../src/crypto/index.js';

/** The seeds of the test people: 32 times one byte. */
export function testKey(byte: number): SigningKey {
  return signingKeyFromSeed(new Uint8Array(32).fill(byte));
}

export const ANA = testKey(1);
export const BEN = testKey(2);
export const NODE = testKey(3);

export const ANA_EID = dtnEid(idOfKey(ANA.publicKey), 'laptop');
export const BEN_CHAT = dtnEid(idOfKey(BEN.publicKey), '~chat');
export const NODE_EID = dtnEid(idOfKey(NODE.publicKey), '');

/** Some CWT: to the bundle layer it is just one CBOR item. */
export const CERTIFICATE = Uint8Array.of(0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0, 0x41, 0x00, 0x41, 0x01);

export function chatSpec(change: Partial<BundleSpec> = {}): BundleSpec {
  return {
    source: ANA_EID,
    destination: BEN_CHAT,
    creation: { time: 848_750_400_000, sequence: 7 },
    lifetimeMs: 1_209_600_000,
    payload: new TextEncoder().encode('the bridge is open again'),
    previousNode: NODE_EID,
    ageMs: 1_500,
    hopLimit: 32,
    topic: { name: 'presence', version: 3 },
    copies: 8,
    ...change,
  };
}

export const ANA_SIGNER: BundleSigner = {
  privateKey: ANA,
  keyId: ANA.publicKey.subarray(0, 8),
  certificate: CERTIFICATE,
  securitySource: ANA_EID,
};

export function signedChat(change: Partial<BundleSpec> = {}): Bundle {
  return signBundle(createBundle(chatSpec(change)), ANA_SIGNER);
}

/** All that a verified bundle is trusted for, as text. */
export function trustedContent(bundle: Bundle): string {
  const { primary, blocks } = bundle;
  const kept = blocks.filter(({ type }) => type === 1 || type === 232);
  return JSON.stringify([{ ...primary }, kept.map(({ type, data }) => [type, toHex(data)])], (_, value) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,30}$/);
const demux = fc.stringMatching(/^[!-}][!-~]{0,30}$/).filter((text) => !text.startsWith('~'));
const uint32 = fc.nat({ max: 0xffff_ffff });

export const uint64: fc.Arbitrary<Uint64> = fc
  .bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
  .map((value) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value));

const singletonEid: fc.Arbitrary<Eid> = fc.oneof(
  fc.tuple(name, fc.oneof(fc.constant(''), demux)).map(([node, service]) => dtnEid(node, service)),
  fc.record({
    scheme: fc.constant('ipn' as const),
    kind: fc.constant('ipn' as const),
    allocator: uint32,
    node: fc.integer({ min: 1, max: 0xffff_ffff }),
    service: uint32,
    elements: fc.constantFrom(2 as const, 3 as const),
  }),
);

export const anyEid: fc.Arbitrary<Eid> = fc.oneof(
  singletonEid,
  fc.constant(NULL_EID),
  fc.constant({ scheme: 'ipn' as const, kind: 'null' as const }),
  fc.tuple(name, demux).map(([node, service]) => dtnEid(node, `~${service}`)),
);

const withCrc = fc.constantFrom(CrcType.Crc16, CrcType.Crc32c);

const primary: fc.Arbitrary<PrimaryBlock> = fc.record({
  // Neither fragment nor administrative record; reserved bits may be anything.
  flags: fc.nat({ max: 0x7fff_ffff }).map((flags) => flags & ~0x3),
  crcType: withCrc,
  destination: anyEid,
  source: singletonEid,
  reportTo: anyEid,
  creation: fc.record({ time: uint64.filter((time) => time !== 0), sequence: uint64 }),
  lifetimeMs: uint64,
});

/** Blocks of types that nobody knows. */
const unknownBlock = fc.record({
  type: fc.integer({ min: 194, max: 231 }),
  flags: fc.nat({ max: 255 }),
  crcType: fc.constantFrom(CrcType.None, CrcType.Crc16, CrcType.Crc32c),
  data: fc.uint8Array({ maxLength: 64 }),
});

/** Any valid bundle with unknown extension blocks. */
export const anyBundle: fc.Arbitrary<Bundle> = fc
  .record({
    primary,
    extensions: fc.array(unknownBlock, { maxLength: 5 }),
    payload: fc.uint8Array({ maxLength: 300 }),
    payloadCrc: fc.constantFrom(CrcType.None, CrcType.Crc16, CrcType.Crc32c),
  })
  .map(({ primary: first, extensions, payload, payloadCrc }) => {
    const blocks: CanonicalBlock[] = extensions.map((block, index) => ({ ...block, number: 2 + index * 3 }));
    blocks.push({ type: 1, number: 1, flags: 0, crcType: payloadCrc, data: payload });
    return { primary: first, blocks };
  });
