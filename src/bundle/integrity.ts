/**
 * Signed bundles: a BPSec block integrity block (RFC 9172) in the COSE context (id 3, draft-ietf-dtn-bpsec-cose), whose
 * one COSE_Sign1 covers the primary block, the payload and the topic. Profile: docs/protocol/bundles.md.
 */
import { DecodeError, invariant } from '../base/index.js';
import { CborReader, CborWriter } from '../cbor/index.js';
import { type SigningKey, sign, type Verify, verify } from '../crypto/index.js';
import { blockOf } from './blocks.js';
import { encodeSign1, isEd25519, PROTECTED_EDDSA, parseSign1, type Sign1, sigStructure } from './cose.js';
import { extensionBlock, freeBlockNumber } from './create.js';
import { writeEid } from './eid.js';
import { coverageGap, externalAad, readScope, scopeFor } from './scope.js';
import { encodeSecurityBlock, parseSecurityBlock, type SecurityBlock } from './security-block.js';
import { BlockType, type Bundle, type CanonicalBlock, CrcType, type Eid } from './types.js';

export const COSE_CONTEXT = 3;
/** The COSE tag of COSE_Sign1, which is also the id of a result that holds one. */
const RESULT_SIGN1 = 18;
const PARAMETER_PROTECTED = 3;
const PARAMETER_UNPROTECTED = 4;
const PARAMETER_SCOPE = 5;

const PAYLOAD_NUMBER = 1;
const EMPTY = new Uint8Array(0);

export interface BundleSigner {
  readonly privateKey: SigningKey;
  readonly keyId: Uint8Array;
  /** A CWT that certifies the key: one CBOR item. */
  readonly certificate?: Uint8Array;
  readonly securitySource: Eid;
}

/** What a signature claims of its key, before anything is verified. */
export interface SignatureClaim {
  readonly securitySource: Eid;
  readonly keyId: Uint8Array | undefined;
  readonly certificate: Uint8Array | undefined;
}

export type VerifyFailure = 'unsigned' | 'unknown-key' | 'bad-signature' | 'bad-scope' | 'malformed';

export type VerifyOutcome =
  | { readonly ok: true; readonly securitySource: Eid; readonly publicKey: Uint8Array }
  | { readonly ok: false; readonly code: VerifyFailure; readonly message: string };

/**
 * Signs primary block, payload and, if there is one, the topic.
 *
 * The payload block loses its CRC, which the signature replaces (RFC 9173 §3.8.1).
 *
 * @throws InvariantError when the payload is signed already, or the certificate is not one CBOR item.
 */
export function signBundle(bundle: Bundle, signer: BundleSigner): Bundle {
  invariant(bundle.primary.fragment === undefined, 'a fragment is not signed');
  const payload = bundle.blocks[bundle.blocks.length - 1];
  invariant(payload?.type === BlockType.Payload, 'the last block of a bundle is its payload');
  invariant(blockOf(bundle, BlockType.BlockIntegrity) === undefined, 'the bundle has an integrity block already');
  if (signer.certificate !== undefined) checkItem(signer.certificate);

  const scope = scopeFor(blockOf(bundle, BlockType.Topic));
  const sourceWriter = new CborWriter(48);
  writeEid(sourceWriter, signer.securitySource);
  const number = freeBlockNumber(bundle.blocks);
  const aad = externalAad(bundle, sourceWriter.finish(), scope, EMPTY, payload, { number, flags: 0 });
  invariant(aad !== undefined, 'our own scope names blocks that are there');
  const signature = sign(signer.privateKey, sigStructure(PROTECTED_EDDSA, aad, payload.data));
  const data = encodeSecurityBlock({
    targets: [PAYLOAD_NUMBER],
    contextId: COSE_CONTEXT,
    source: signer.securitySource,
    parameters: [{ id: PARAMETER_SCOPE, value: scope }],
    results: [[{ id: RESULT_SIGN1, value: encodeSign1(signer.keyId, signer.certificate, signature) }]],
  });
  return {
    primary: bundle.primary,
    blocks: [
      ...bundle.blocks.slice(0, -1),
      extensionBlock(BlockType.BlockIntegrity, number, data),
      { ...payload, crcType: CrcType.None },
    ],
  };
}

/**
 * @param resolve the raw public key to verify with, or undefined when the claim is not believed. A certificate in the
 *   claim is unverified: the resolver judges it.
 * @param check how one signature is verified.
 * @returns never throws. `bad-scope`: genuine or not, the signature would not cover the primary block or the topic.
 */
export function verifyBundle(
  bundle: Bundle,
  resolve: (claim: SignatureClaim) => Uint8Array | undefined,
  check: Verify = verify,
): VerifyOutcome {
  if (bundle.primary.fragment !== undefined) {
    return refuse('unsigned', 'what a fragment is part of is verified after reassembly');
  }
  let found: PayloadSignature | undefined;
  try {
    found = findPayloadSignature(bundle);
  } catch (error) {
    if (error instanceof DecodeError) return refuse('malformed', error.message);
    throw error;
  }
  if (found === undefined) return refuse('unsigned', 'no signature in the COSE context covers the payload');
  return verifySignature(bundle, found, resolve, check);
}

export interface PayloadSignature {
  readonly block: CanonicalBlock;
  readonly security: SecurityBlock;
  readonly sign1: Sign1;
  readonly scope: Uint8Array;
  readonly additionalProtected: Uint8Array;
}

/**
 * The one signature over the payload.
 *
 * @throws DecodeError when an integrity block does not parse, or two target the payload.
 */
export function findPayloadSignature(bundle: Bundle): PayloadSignature | undefined {
  let found: PayloadSignature | undefined;
  let targeted = false;
  for (const block of bundle.blocks) {
    if (block.type !== BlockType.BlockIntegrity) continue;
    const security = parseSecurityBlock(block.data);
    const at = security.targets.indexOf(PAYLOAD_NUMBER);
    if (at < 0) continue;
    // RFC 9172: a block is the target of one integrity operation at most. Two would leave a verifier to choose.
    if (targeted) throw new DecodeError('ERR_BUNDLE_SECURITY', 'two integrity blocks target the payload', 0);
    targeted = true;
    found = readPayloadSignature(block, security, at);
  }
  return found;
}

function readPayloadSignature(
  block: CanonicalBlock,
  security: SecurityBlock,
  at: number,
): PayloadSignature | undefined {
  if (security.contextId !== COSE_CONTEXT) return undefined;
  const results = security.results[at] ?? [];
  const result = results[0];
  if (results.length !== 1 || result?.id !== RESULT_SIGN1) return undefined;
  const seen = new Set<number | bigint>();
  let scope: Uint8Array = EMPTY;
  let additionalProtected: Uint8Array = EMPTY;
  let additionalUnprotected: Uint8Array = EMPTY;
  for (const { id, value } of security.parameters) {
    if (seen.has(id)) throw new DecodeError('ERR_BUNDLE_SECURITY', `parameter ${id} is there twice`, 0);
    seen.add(id);
    if (id === PARAMETER_SCOPE) scope = value;
    else if (id === PARAMETER_PROTECTED) additionalProtected = new CborReader(value).byteString();
    else if (id === PARAMETER_UNPROTECTED) additionalUnprotected = new CborReader(value).byteString();
    else throw new DecodeError('ERR_BUNDLE_SECURITY', `parameter ${id} is not known`, 0);
  }
  const sign1 = parseSign1(result.value, { protected: additionalProtected, unprotected: additionalUnprotected });
  return { block, security, sign1, scope, additionalProtected };
}

function verifySignature(
  bundle: Bundle,
  found: PayloadSignature,
  resolve: (claim: SignatureClaim) => Uint8Array | undefined,
  check: Verify,
): VerifyOutcome {
  const { security, sign1, scope } = found;
  const payload = bundle.blocks[bundle.blocks.length - 1] as CanonicalBlock;
  const coverage = readScope(scope);
  if (coverage === undefined) return refuse('malformed', 'the scope of the signature does not parse');
  const gap = coverageGap(bundle, coverage);
  if (gap !== undefined) return refuse('bad-scope', gap);
  if (!isEd25519(sign1.headers.alg)) return refuse('malformed', 'the signature algorithm is not EdDSA');
  const aad = externalAad(bundle, security.sourceBytes, scope, found.additionalProtected, payload, found.block);
  if (aad === undefined) return refuse('malformed', 'the scope names a block that is not there');
  const { keyId, certificate } = sign1.headers;
  const publicKey = resolve({ securitySource: security.source, keyId, certificate });
  if (publicKey === undefined) return refuse('unknown-key', 'no trusted key for the signature');
  if (!check(publicKey, sigStructure(sign1.protected, aad, payload.data), sign1.signature)) {
    return refuse('bad-signature', 'the signature does not match');
  }
  return { ok: true, securitySource: security.source, publicKey };
}

function refuse(code: VerifyFailure, message: string): VerifyOutcome {
  return { ok: false, code, message };
}

function checkItem(certificate: Uint8Array): void {
  try {
    const reader = new CborReader(certificate);
    reader.skip(12);
    reader.expectEnd('the certificate');
  } catch (error) {
    invariant(!(error instanceof DecodeError), 'a certificate is one CBOR item');
    throw error;
  }
}
