/**
 * Whether a bundle is signed as Hearsay wants it: a BPSec block integrity block (RFC 9172) in the COSE context (id 3,
 * draft-ietf-dtn-bpsec-cose), whose one COSE_Sign1 covers the primary block, the payload and the topic. Profile:
 * docs/protocol/bundles.md.
 */
import { DecodeError } from '../base/index.js';
import { type Verify, verify } from '../crypto/index.js';
import type { SignatureJob } from './batch.js';
import { blockOf, payloadBlockOf } from './blocks.js';
import { AadFlag, type AadScope, externalAad } from './bpsec/cose-scope.js';
import { sigStructure } from './bpsec/cose-structures.js';
import type { OperationInput } from './bpsec/target.js';
import { findPayloadSignature, isEd25519, type PayloadSignature } from './payload-signature.js';
import { BlockType, type Bundle, type Eid } from './types.js';

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
  return covered(bundle, resolve, ({ found, claim }, publicKey, aad) => {
    const { protectedBytes, signature } = found.sign1;
    const structure = sigStructure(protectedBytes, undefined, aad, payloadBlockOf(bundle).data);
    const genuine = structure.lend((message) => check(publicKey, message, signature));
    return finishVerification({ claim, job: { publicKey } }, genuine);
  });
}

/** A signature that is still to be verified, by whoever and whenever. */
export interface PreparedVerification {
  readonly claim: SignatureClaim;
  readonly job: SignatureJob;
}

/** All of {@link verifyBundle} that comes before the cryptography. */
export function prepareVerification(
  bundle: Bundle,
  resolve: (claim: SignatureClaim) => Uint8Array | undefined,
): PreparedVerification | (VerifyOutcome & { ok: false }) {
  return covered(bundle, resolve, ({ found, claim }, publicKey, aad) => {
    const { protectedBytes, signature } = found.sign1;
    const message = sigStructure(protectedBytes, undefined, aad, payloadBlockOf(bundle).data).finish();
    return { claim, job: { publicKey, message, signature } };
  });
}

/** All that comes after it. */
export function finishVerification(
  { claim, job }: { readonly claim: SignatureClaim; readonly job: Pick<SignatureJob, 'publicKey'> },
  genuine: boolean,
): VerifyOutcome {
  if (!genuine) return refuse('bad-signature', 'the signature does not match');
  return { ok: true, securitySource: claim.securitySource, publicKey: job.publicKey };
}

interface ClaimedSignature {
  readonly found: PayloadSignature;
  readonly claim: SignatureClaim;
}

/** Finds the signature, what it covers and its key; `use` may keep nothing of the `aad` that it is lent. */
function covered<Result>(
  bundle: Bundle,
  resolve: (claim: SignatureClaim) => Uint8Array | undefined,
  use: (claimed: ClaimedSignature, publicKey: Uint8Array, aad: Uint8Array) => Result,
): Result | (VerifyOutcome & { ok: false }) {
  const claimed = claimedSignature(bundle);
  if ('ok' in claimed) return claimed;
  const { found, claim } = claimed;
  const external = externalAad(inputOf(bundle, found), found.parameters, found.parameters.additionalProtected);
  if (external === undefined) return refuse('malformed', 'the scope of the signature names what it cannot cover');
  return external.lend((aad) => {
    const publicKey = resolve(claim);
    return publicKey === undefined
      ? refuse('unknown-key', 'no trusted key for the signature')
      : use(claimed, publicKey, aad);
  });
}

/** What is judged without any cryptography: whether there is a signature whose verdict would mean something to us. */
function claimedSignature(bundle: Bundle): ClaimedSignature | (VerifyOutcome & { ok: false }) {
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
  const { scope } = found.parameters;
  for (const flags of scope.values()) {
    if (flags < AadFlag.Metadata || flags > (AadFlag.Metadata | AadFlag.Content)) {
      return refuse('malformed', 'the scope of the signature has flags that are not known');
    }
  }
  const gap = coverageGap(bundle, scope);
  if (gap !== undefined) return refuse('bad-scope', gap);
  if (!isEd25519(found.algorithm)) return refuse('malformed', 'the signature algorithm is not EdDSA');
  const { security, keyId, certificate } = found;
  return { found, claim: { securitySource: security.source, keyId, certificate } };
}

/** What a topic says decides what a store deletes, so an unsigned topic on a signed bundle is refused. */
function coverageGap(bundle: Bundle, coverage: AadScope): string | undefined {
  if (((coverage.get(0) ?? 0) & AadFlag.Metadata) === 0) return 'the signature does not cover the primary block';
  const topic = blockOf(bundle, BlockType.Topic);
  if (topic !== undefined && coverage.get(topic.number) !== (AadFlag.Metadata | AadFlag.Content)) {
    return 'the signature does not cover the topic';
  }
  return undefined;
}

function inputOf(bundle: Bundle, { block, security }: PayloadSignature): OperationInput {
  const { contextId, source, sourceBytes, parameters } = security;
  const target = { kind: 'block', block: payloadBlockOf(bundle) } as const;
  return { bundle, securityBlock: block, contextId, source, sourceBytes, parameters, target };
}

function refuse(code: VerifyFailure, message: string): VerifyOutcome & { ok: false } {
  return { ok: false, code, message };
}
