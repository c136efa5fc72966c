import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/index.js';
import { externalAad } from '../../src/bundle/bpsec/cose-scope.js';
import { readCoseParameters } from '../../src/bundle/bpsec/cose-verify.js';
import { targetOf } from '../../src/bundle/bpsec/target.js';
import {
  BlockType,
  type Bundle,
  type CanonicalBlock,
  CrcType,
  createBundle,
  decodeBundle,
  encodeBundle,
  encodeSigned,
  formatEid,
  parseEid,
  type SignatureClaim,
  signBundle,
  verifyBundle,
  withTransit,
} from '../../src/bundle/index.js';
import { parseSecurityBlock } from '../../src/bundle/security-block.js';
import { CborReader, encodeCbor } from '../../src/cbor/index.js';
import { signingKeyFromSeed } from '../../src/crypto/index.js';
import { ANA, ANA_EID, ANA_SIGNER, BEN, CERTIFICATE, chatSpec, NODE_EID, signedChat } from '../support/bundles.js';
import { describeWithShared } from '../support/optional.js';

const knowsAna = (): Uint8Array => ANA.publicKey;

function code(bundle: Bundle, resolve: (claim: SignatureClaim) => Uint8Array | undefined = knowsAna): string {
  const outcome = verifyBundle(bundle, resolve);
  return outcome.ok ? 'ok' : outcome.code;
}

function mapBlocks(bundle: Bundle, change: (block: CanonicalBlock) => CanonicalBlock): Bundle {
  return { primary: bundle.primary, blocks: bundle.blocks.map(change) };
}

function integrityBlock(bundle: Bundle): CanonicalBlock {
  const block = bundle.blocks.find(({ type }) => type === BlockType.BlockIntegrity);
  if (block === undefined) throw new Error('not signed');
  return block;
}

interface Positive {
  readonly name: string;
  readonly kid: string;
  readonly public_key: string;
  readonly private_key_seed: string;
  readonly bundle: string;
}

interface Edge {
  readonly name: string;
  readonly bundle: string;
  readonly verifies: boolean;
}

describeWithShared('signatures computed elsewhere', 'vectors/bpsec_cose_extra_generated.json', (path) => {
  const { positive, negative_or_edge } = JSON.parse(readFileSync(path, 'utf8')) as {
    positive: readonly Positive[];
    negative_or_edge: readonly Edge[];
  };
  const ed25519 = positive.filter(({ public_key }) => public_key.length === 64);

  it.each(ed25519)('verify: $name', ({ bundle, public_key, kid }) => {
    let claimed: SignatureClaim | undefined;
    const outcome = verifyBundle(decodeBundle(fromHex(bundle)), (claim) => {
      claimed = claim;
      return fromHex(public_key);
    });
    expect(outcome).toEqual({ ok: true, securitySource: parseEid('dtn://src/'), publicKey: fromHex(public_key) });
    expect(claimed?.keyId).toEqual(utf8(kid));
    expect(claimed?.certificate).toBeUndefined();
  });

  it.each(ed25519)('do not verify once the lifetime, the payload or the signature differs: $name', (vector) => {
    const bundle = decodeBundle(fromHex(vector.bundle));
    const key = (): Uint8Array => fromHex(vector.public_key);
    const younger = { ...bundle, primary: { ...bundle.primary, lifetimeMs: 1 } };
    expect(code(younger, key)).toBe('bad-signature');
    const said = mapBlocks(bundle, (block) => (block.type === 1 ? { ...block, data: utf8('hullo!') } : block));
    expect(code(said, key)).toBe('bad-signature');
    const flagged = mapBlocks(bundle, (block) => (block.type === 1 ? { ...block, flags: 1 } : block));
    expect(code(flagged, key)).toBe('bad-signature');
  });

  it('refuse Ed448, which we do not speak', () => {
    const ed448 = positive.filter(({ public_key }) => public_key.length !== 64);
    expect(ed448).toHaveLength(1);
    for (const { bundle, public_key } of ed448) {
      expect(code(decodeBundle(fromHex(bundle)), () => fromHex(public_key))).toBe('bad-signature');
    }
  });

  it('come out of our signer for the same key, certificate and scope', () => {
    const vector = ed25519[0] as Positive;
    const theirs = decodeBundle(fromHex(vector.bundle));
    const unsigned = { primary: theirs.primary, blocks: theirs.blocks.filter(({ type }) => type === 1) };
    const ours = signBundle(unsigned, {
      privateKey: signingKeyFromSeed(fromHex(vector.private_key_seed)),
      keyId: utf8(vector.kid),
      securitySource: parseEid('dtn://src/'),
    });
    expect(toHex(integrityBlock(ours).data)).toBe(toHex(integrityBlock(theirs).data));
  });

  it.each(negative_or_edge)('protect the same bytes as a MAC: $name', ({ bundle, verifies }) => {
    expect(macMatches(decodeBundle(fromHex(bundle)))).toBe(verifies);
  });
});

describeWithShared("the draft's own MACs", 'vectors/bpsec_cose_draft17.json', (path) => {
  const { examples } = JSON.parse(readFileSync(path, 'utf8')) as {
    examples: readonly { readonly id: string; readonly final_bundle: string }[];
  };

  it.each(examples.filter(({ id }) => ['A.1', 'A.11', 'A.12'].includes(id)))(
    'come out over our AAD: $id',
    ({ final_bundle }) => {
      expect(macMatches(decodeBundle(fromHex(final_bundle)))).toBe(true);
    },
  );
});

/** The key of the draft's example A.1, HMAC 384/384. */
const MAC_KEY = '3a5c74e32ab4558a99581ec3a816576812aabe895db04494cda25b711d7b5ed4077466e677860648412f1bf8c91d0624';

/** Recomputes a COSE_Mac0 over the external AAD as signatures have it. */
function macMatches(bundle: Bundle): boolean {
  const block = integrityBlock(bundle);
  const security = parseSecurityBlock(block.data);
  const number = security.targets[0] as number;
  const target = targetOf(bundle, number);
  if (target?.kind !== 'block') throw new Error('no such target');
  const parameters = readCoseParameters(security.parameters);
  const input = { bundle, securityBlock: block, ...security, target };
  const aad = externalAad(input, parameters, parameters.additionalProtected)?.finish();
  const result = new CborReader(new CborReader(security.results[0]?.[0]?.value ?? fromHex('')).byteString());
  result.arrayOf(4, 'a COSE_Mac0');
  const protectedHeader = result.byteString();
  result.skip(4);
  result.simple();
  const structure = encodeCbor(['MAC0', protectedHeader, aad as Uint8Array, target.block.data]);
  const mac = createHmac('sha384', fromHex(MAC_KEY)).update(structure).digest('hex');
  return mac === toHex(result.byteString());
}

describe('signing and encoding in one', () => {
  it.each([0, 24, 4_095, 4_096, 70_000])(
    'gives the same bytes as one after the other, with %i bytes of payload',
    (size) => {
      const payload = new Uint8Array(size).fill(0x5a);
      for (const change of [
        {},
        { topic: undefined },
        { previousNode: undefined, ageMs: undefined, hopLimit: undefined },
      ]) {
        const bundle = createBundle(chatSpec({ payload, ...change } as never));
        const { certificate: _, ...bare } = ANA_SIGNER;
        for (const signer of [ANA_SIGNER, bare]) {
          expect(toHex(encodeSigned(bundle, signer))).toBe(toHex(encodeBundle(signBundle(bundle, signer))));
        }
      }
    },
  );

  it('finds room for what is signed before the payload of the shortest bundle too', () => {
    // The shortest key id, no certificate, and a topic of which the signed structure repeats all.
    const bundle = createBundle({
      ...{ source: parseEid('ipn:1.1'), destination: parseEid('ipn:2.1'), creation: { time: 1, sequence: 0 } },
      ...{ lifetimeMs: 1, payload: new Uint8Array(5_000), topic: { name: 't'.repeat(64), version: 1 } },
    });
    const signer = { privateKey: ANA, keyId: new Uint8Array(0), securitySource: parseEid('ipn:1.1') };
    const bytes = encodeSigned(bundle, signer);
    expect(toHex(bytes)).toBe(toHex(encodeBundle(signBundle(bundle, signer))));
    expect(code(decodeBundle(bytes))).toBe('ok');
  });

  it('leaves the payload that it was given as it is', () => {
    const payload = new Uint8Array(70_000).fill(1);
    encodeSigned(createBundle(chatSpec({ payload })), ANA_SIGNER);
    expect(payload.every((byte) => byte === 1)).toBe(true);
  });
});

describe('a signed bundle', () => {
  it('verifies after a trip over the wire, and tells the resolver what it claims', () => {
    let claimed: SignatureClaim | undefined;
    const outcome = verifyBundle(decodeBundle(encodeBundle(signedChat())), (claim) => {
      claimed = claim;
      return ANA.publicKey;
    });
    expect(outcome).toEqual({ ok: true, securitySource: ANA_EID, publicKey: ANA.publicKey });
    expect(claimed).toEqual({
      securitySource: ANA_EID,
      keyId: ANA.publicKey.subarray(0, 8),
      certificate: CERTIFICATE,
    });
  });

  it('has a payload without CRC, and CRC-32C everywhere else', () => {
    const { primary, blocks } = signedChat();
    expect(primary.crcType).toBe(CrcType.Crc32c);
    for (const { type, crcType } of blocks) {
      expect(crcType).toBe(type === BlockType.Payload ? CrcType.None : CrcType.Crc32c);
    }
  });

  it('verifies whatever happens to age, hops, copies and previous node', () => {
    const changed = withTransit(signedChat(), {
      previousNode: ANA_EID,
      ageMs: 99_999,
      hopCount: { limit: 32, count: 9 },
      copies: 1,
    });
    expect(code(decodeBundle(encodeBundle(changed)))).toBe('ok');
    const stripped = { ...changed, blocks: changed.blocks.filter(({ type }) => [1, 11, 232].includes(type)) };
    expect(code(decodeBundle(encodeBundle(stripped)))).toBe('ok');
  });

  it('verifies with blocks that others add', () => {
    const bundle = signedChat();
    const foreign = { type: 193, number: 77, flags: 0, crcType: CrcType.None, data: utf8('QoS') };
    expect(code({ ...bundle, blocks: [foreign, ...bundle.blocks] })).toBe('ok');
  });

  it('is unknown when nobody vouches for the key, and forged with the key of another', () => {
    expect(code(signedChat(), () => undefined)).toBe('unknown-key');
    expect(code(signedChat(), () => BEN.publicKey)).toBe('bad-signature');
    expect(code(signedChat(), () => new Uint8Array(7))).toBe('bad-signature');
  });

  it('does not verify with another topic, source, creation time or security source', () => {
    const bundle = signedChat();
    const { primary } = bundle;
    const otherTopic = mapBlocks(bundle, (block) =>
      block.type === BlockType.Topic ? { ...block, data: encodeCbor(['presence', 4]) } : block,
    );
    expect(code(otherTopic)).toBe('bad-signature');
    expect(code({ ...bundle, primary: { ...primary, source: NODE_EID } })).toBe('bad-signature');
    expect(code({ ...bundle, primary: { ...primary, creation: { time: 1, sequence: 7 } } })).toBe('bad-signature');
    const otherSigner = signBundle(createBundle(chatSpec()), { ...ANA_SIGNER, securitySource: NODE_EID });
    const swapped = mapBlocks(bundle, (block) =>
      block.type === BlockType.BlockIntegrity ? { ...block, data: replaceSource(block.data, otherSigner) } : block,
    );
    expect(code(swapped)).toBe('bad-signature');
  });

  it('is refused with a topic that was added after signing', () => {
    const signed = signedChat({ topic: undefined } as never);
    const topic = createBundle(chatSpec()).blocks.find(({ type }) => type === BlockType.Topic) as CanonicalBlock;
    const added = { ...signed, blocks: [{ ...topic, number: 9 }, ...signed.blocks] };
    expect(code(decodeBundle(encodeBundle(added)))).toBe('bad-scope');
  });

  it('does not verify once its topic is taken away', () => {
    const bundle = signedChat();
    const without = { ...bundle, blocks: bundle.blocks.filter(({ type }) => type !== BlockType.Topic) };
    expect(code(without)).toBe('malformed');
  });

  it('is refused when a second integrity block targets the payload', () => {
    const bundle = signedChat();
    const twice = { ...bundle, blocks: [{ ...integrityBlock(bundle), number: 40 }, ...bundle.blocks] };
    expect(code(decodeBundle(encodeBundle(twice)))).toBe('malformed');
  });

  it('is refused when the scope leaves out the primary block', () => {
    const bundle = signedChat({ topic: undefined } as never);
    const narrowed = mapBlocks(bundle, (block) =>
      block.type === BlockType.BlockIntegrity ? { ...block, data: rescope(block.data, 'a12001') } : block,
    );
    expect(code(narrowed)).toBe('bad-scope');
    const disordered = mapBlocks(bundle, (block) =>
      block.type === BlockType.BlockIntegrity ? { ...block, data: rescope(block.data, 'a220010001') } : block,
    );
    expect(code(disordered)).toBe('malformed');
  });

  it('reads a scope that covers the security block too', () => {
    const bundle = signedChat({ topic: undefined } as never);
    const wider = mapBlocks(bundle, (block) =>
      block.type === BlockType.BlockIntegrity ? { ...block, data: rescope(block.data, 'a3000120012101') } : block,
    );
    // In order and readable, but not what was signed.
    expect(code(wider)).toBe('bad-signature');
  });

  it('leaves an unsigned bundle unsigned, and a fragment until it is whole', () => {
    expect(code(createBundle(chatSpec()))).toBe('unsigned');
    const signed = signedChat();
    const fragment = { ...signed.primary, flags: 1, fragment: { offset: 0, totalLength: 99 } };
    expect(code({ ...signed, primary: fragment })).toBe('unsigned');
  });

  it('calls an integrity block that does not parse malformed', () => {
    const broken = mapBlocks(signedChat(), (block) =>
      block.type === BlockType.BlockIntegrity ? { ...block, data: utf8('??') } : block,
    );
    expect(code(broken)).toBe('malformed');
  });

  it('is signed once, and with a certificate that is one CBOR item', () => {
    expect(() => signBundle(signedChat(), ANA_SIGNER)).toThrow('integrity block already');
    const badCertificate = { ...ANA_SIGNER, certificate: fromHex('8401') };
    expect(() => signBundle(createBundle(chatSpec()), badCertificate)).toThrow('one CBOR item');
  });

  it('names its signer in the security block', () => {
    expect(formatEid(parseSecurityBlock(integrityBlock(signedChat()).data).source)).toBe(formatEid(ANA_EID));
  });
});

/** The security block of one bundle with the security source of another. */
function replaceSource(data: Uint8Array, other: Bundle): Uint8Array {
  const { sourceBytes } = parseSecurityBlock(data);
  const wanted = parseSecurityBlock(integrityBlock(other).data).sourceBytes;
  return fromHex(toHex(data).replace(toHex(sourceBytes), toHex(wanted)));
}

function rescope(data: Uint8Array, scope: string): Uint8Array {
  const hex = toHex(data);
  expect(hex).toContain('8205a200012001');
  return fromHex(hex.replace('8205a200012001', `8205${scope}`));
}
