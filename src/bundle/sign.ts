/**
 * Signing as Hearsay does: one COSE_Sign1 with EdDSA over the primary block, the payload and the topic. Profile:
 * docs/protocol/bundles.md.
 */
import { DecodeError, invariant } from '../base/index.js';
import { CborReader, CborWriter, freshBytes } from '../cbor/index.js';
import { SIGNATURE_BYTES, type SigningKey, sign } from '../crypto/index.js';
import { blockOf, payloadBlockOf } from './blocks.js';
import { CoseResult, coseMessage, Header } from './bpsec/cose-message.js';
import { AadFlag, type EncodedScope, encodeAadScope, externalAad, SCOPE_TARGET } from './bpsec/cose-scope.js';
import { sigStructure, sigStructureHead } from './bpsec/cose-structures.js';
import { CoseParameter } from './bpsec/cose-verify.js';
import { SecurityContextId } from './bpsec/outcome.js';
import { extensionBlock, freeBlockNumber } from './create.js';
import { writeEid } from './eid.js';
import { encodeAround, encodeBundle, encodedSize } from './encode.js';
import { PAYLOAD_NUMBER } from './payload-signature.js';
import { encodeSecurityBlock } from './security-block.js';
import { BlockType, type Bundle, type CanonicalBlock, CrcType, type Eid } from './types.js';

/** What is the same for all bundles of a signer is kept with this object: one that is used again signs a little faster. */
export interface BundleSigner {
  readonly privateKey: SigningKey;
  readonly keyId: Uint8Array;
  /** A CWT that certifies the key: one CBOR item. */
  readonly certificate?: Uint8Array;
  readonly securitySource: Eid;
}

/** `{1: -8}` */
const PROTECTED_EDDSA = Uint8Array.of(0xa1, Header.Alg, 0x27);
const NO_BYTES = new Uint8Array(0);
const NO_SIGNATURE = new Uint8Array(SIGNATURE_BYTES);
const CERTIFICATE_DEPTH = 12;
/** To copy fewer bytes once more costs less than to find their place first. */
const WORTH_ONE_COPY = 4_096;
/** Nearly every bundle has no topic. */
const SCOPE_WITHOUT_TOPIC = scopeWith(undefined);

/**
 * Signs primary block, payload and, if there is one, the topic.
 *
 * The payload block loses its CRC, which the signature replaces (RFC 9173 §3.8.1).
 *
 * @throws InvariantError when the payload is signed already, or the certificate is not one CBOR item.
 */
export function signBundle(bundle: Bundle, signer: BundleSigner): Bundle {
  const draft = prepare(bundle, signer);
  const payload = payloadBlockOf(bundle).data;
  const signature = coveredBy(draft, (aad) =>
    sigStructure(PROTECTED_EDDSA, undefined, aad, payload).lend((message) => sign(signer.privateKey, message)),
  );
  setSignature(draft, signature);
  return draft.signed;
}

/**
 * The encoding of {@link signBundle}'s bundle, with one copy of the payload in all unless it is short: what is signed has
 * to lie in one piece, so it is put together where the bundle will be, and what goes before the payload is written over it
 * afterwards.
 *
 * @throws InvariantError as {@link signBundle}.
 */
export function encodeSigned(bundle: Bundle, signer: BundleSigner): Uint8Array {
  const payload = payloadBlockOf(bundle).data;
  if (payload.length < WORTH_ONE_COPY) return encodeBundle(signBundle(bundle, signer));
  const draft = prepare(bundle, signer);
  const size = encodedSize(draft.signed);
  return coveredBy(draft, (aad) =>
    sigStructureHead(PROTECTED_EDDSA, aad, payload.length).lend((head) => {
      const payloadAt = size - 1 - payload.length;
      const start = payloadAt - head.length;
      // What is signed beside the payload is in the bundle before it too, and there is the signature's room as well.
      invariant(start >= 0, 'a signed bundle is longer than what it signs');
      const encoded = freshBytes(size);
      encoded.set(payload, payloadAt);
      encoded.set(head, start);
      const signature = sign(signer.privateKey, encoded.subarray(start, payloadAt + payload.length));
      setSignature(draft, signature);
      encodeAround(encoded, draft.signed);
      return encoded;
    }),
  );
}

/** A bundle, and the same with an integrity block in which the signature is still zeros. */
interface Draft {
  readonly bundle: Bundle;
  readonly signed: Bundle;
  readonly integrity: CanonicalBlock;
  readonly scope: EncodedScope;
  readonly securitySource: Eid;
  readonly sourceBytes: Uint8Array;
}

function prepare(bundle: Bundle, signer: BundleSigner): Draft {
  invariant(bundle.primary.fragment === undefined, 'a fragment is not signed');
  invariant(blockOf(bundle, BlockType.BlockIntegrity) === undefined, 'the bundle has an integrity block already');
  const topic = blockOf(bundle, BlockType.Topic);
  const { scope, sourceBytes, data } =
    topic === undefined ? usualTemplate(signer) : templateFor(signer, scopeWith(topic));
  const ownData = freshBytes(data.length);
  ownData.set(data);
  const integrity = extensionBlock(BlockType.BlockIntegrity, freeBlockNumber(bundle.blocks), ownData);
  const blocks = bundle.blocks.slice(0, -1);
  blocks.push(integrity, { ...payloadBlockOf(bundle), crcType: CrcType.None });
  const signed = { primary: bundle.primary, blocks };
  return { bundle, signed, integrity, scope, securitySource: signer.securitySource, sourceBytes };
}

/** What all integrity blocks of one signer and one scope have in common: everything but the signature. */
interface Template {
  readonly scope: EncodedScope;
  readonly sourceBytes: Uint8Array;
  readonly data: Uint8Array;
}

const usualTemplates = new WeakMap<BundleSigner, Template>();

function usualTemplate(signer: BundleSigner): Template {
  const known = usualTemplates.get(signer);
  if (known !== undefined) return known;
  const template = templateFor(signer, SCOPE_WITHOUT_TOPIC);
  usualTemplates.set(signer, template);
  return template;
}

function templateFor(signer: BundleSigner, scope: EncodedScope): Template {
  if (signer.certificate !== undefined) checkItem(signer.certificate);
  const source = new CborWriter(48);
  writeEid(source, signer.securitySource);
  const data = lendSign1(signer, (value) =>
    encodeSecurityBlock({
      targets: [PAYLOAD_NUMBER],
      contextId: SecurityContextId.Cose,
      source: signer.securitySource,
      parameters: [{ id: CoseParameter.AadScope, value: scope.bytes }],
      results: [[{ id: CoseResult.Sign1, value }]],
    }),
  );
  return { scope, sourceBytes: source.finish(), data };
}

function coveredBy<Result>(
  { bundle, integrity, scope, securitySource, sourceBytes }: Draft,
  use: (aad: Uint8Array) => Result,
): Result {
  const input = {
    bundle,
    securityBlock: integrity,
    contextId: SecurityContextId.Cose,
    source: securitySource,
    sourceBytes,
    parameters: [],
    target: { kind: 'block', block: payloadBlockOf(bundle) },
  } as const;
  const aad = externalAad(input, scope, NO_BYTES);
  invariant(aad !== undefined, 'our own scope names blocks that are there');
  return aad.lend(use);
}

function lendSign1<Result>({ keyId, certificate }: BundleSigner, use: (value: Uint8Array) => Result): Result {
  const headers = CborWriter.toLend(320).map(certificate === undefined ? 1 : 2);
  headers.uint(Header.KeyId).byteString(keyId);
  if (certificate !== undefined) headers.uint(Header.Certificate).raw(certificate);
  return headers.lend((unprotected) =>
    coseMessage(CoseResult.Sign1, { protectedBytes: PROTECTED_EDDSA, unprotected }, (writer) =>
      writer.byteString(NO_SIGNATURE),
    ).lend(use),
  );
}

/** The signature is what the message, the results and with them the block's data end with. */
function setSignature({ integrity }: Draft, signature: Uint8Array): void {
  integrity.data.set(signature, integrity.data.length - SIGNATURE_BYTES);
}

function scopeWith(topic: CanonicalBlock | undefined): EncodedScope {
  const scope = new Map<number, number>([
    [0, AadFlag.Metadata],
    [SCOPE_TARGET, AadFlag.Metadata],
  ]);
  if (topic !== undefined) scope.set(topic.number, AadFlag.Metadata | AadFlag.Content);
  return encodeAadScope(scope);
}

function checkItem(certificate: Uint8Array): void {
  try {
    const reader = new CborReader(certificate);
    reader.skip(CERTIFICATE_DEPTH);
    reader.expectEnd('the certificate');
  } catch (error) {
    invariant(!(error instanceof DecodeError), 'a certificate is one CBOR item');
    throw error;
  }
}
