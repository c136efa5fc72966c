/** Signatures of the COSE algorithms, made and verified (RFC 9053 §2, RFC 8230 §2, RFC 9864). */
import { sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { concatBytes, HearsayError } from '../../base/index.js';
import { verify as verifyEd25519 } from '../../crypto/index.js';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './cose-algorithms.js';
import type { KeyMaterial } from './keyring.js';

/** RSA_PKCS1_PSS_PADDING of OpenSSL. */
const PSS_PADDING = 6;
/** RFC 8230 §2: shorter keys are not to be used. */
const MIN_RSA_BITS = 2_048;

/** Whether the algorithm can be used with this key: its kind, and its curve where the algorithm names one. */
export function fitsSignature(algorithm: SignatureAlgorithm, material: KeyMaterial): boolean {
  if (algorithm.kind === 'pss') {
    return material.kind === 'rsa' && (material.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
  }
  if (material.kind !== 'curve') return false;
  if (algorithm.curve !== undefined) return material.curve === algorithm.curve;
  return algorithm.kind === 'eddsa' ? material.curve.startsWith('Ed') : material.curve.startsWith('P-');
}

/** @returns whether it is genuine; never throws, whatever the bytes are. Ed25519 by our strict rules (decision 1). */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  material: KeyMaterial,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (material.kind === 'symmetric' || !fitsSignature(algorithm, material)) return false;
  if (material.kind === 'curve' && material.curve === 'Ed25519') {
    return material.rawPublic !== undefined && verifyEd25519(material.rawPublic, message, signature);
  }
  try {
    const key = material.publicKey;
    if (algorithm.kind === 'ecdsa') {
      return nodeVerify(algorithm.hash, message, { key, dsaEncoding: 'ieee-p1363' }, signature);
    }
    if (algorithm.kind === 'eddsa') return nodeVerify(null, message, key, signature);
    const options = { key, padding: PSS_PADDING, saltLength: algorithm.saltBytes };
    return nodeVerify(algorithm.hash, message, options, signature);
  } catch {
    return false;
  }
}

/**
 * ECDSA and PSS draw their own randomness inside OpenSSL, so two calls give two signatures: they are for interoperation.
 * What Hearsay signs is EdDSA, which is deterministic.
 *
 * @throws HearsayError `ERR_BPSEC_KEY` when the key cannot sign so.
 */
export function makeSignature(algorithm: number, material: KeyMaterial, message: Uint8Array): Uint8Array {
  const known = SIGNATURE_ALGORITHMS.get(algorithm);
  const key = material.kind === 'symmetric' ? undefined : material.privateKey;
  if (known === undefined || key === undefined || !fitsSignature(known, material)) {
    throw new HearsayError('ERR_BPSEC_KEY', `the key cannot sign with COSE algorithm ${algorithm}`);
  }
  if (known.kind === 'ecdsa') return concatBytes(nodeSign(known.hash, message, { key, dsaEncoding: 'ieee-p1363' }));
  if (known.kind === 'eddsa') return concatBytes(nodeSign(null, message, key));
  return concatBytes(nodeSign(known.hash, message, { key, padding: PSS_PADDING, saltLength: known.saltBytes }));
}
