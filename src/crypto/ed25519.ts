/**
 * Ed25519 (RFC 8032) on `node:crypto`, with imported keys kept: importing one costs as much as a verification.
 *
 * Rules for what verifies: docs/decisions/0001-ed25519-verification-rules.md.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { asBuffer, concatBytes, fromHex, invariant } from '../base/index.js';
import { isAcceptablePoint, isCanonicalScalar } from './curve.js';

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
const SEED_BYTES = 32;

/** The DER wrapping of a raw key, RFC 8410 §4 and §7. */
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420');
const SPKI_PREFIX = fromHex('302a300506032b6570032100');

/** Imported keys are about 1 KiB of native memory each, in two generations: a few MiB for a mesh of thousands. */
const GENERATION_KEYS = 2_048;

/** A private key: opaque, and without any way to print it. */
export interface SigningKey {
  /** The raw 32-byte public key. */
  readonly publicKey: Uint8Array;
  /** @returns the 64-byte signature. */
  sign(message: Uint8Array): Uint8Array;
}

class Ed25519Key implements SigningKey {
  readonly publicKey: Uint8Array;
  readonly #key: KeyObject;

  constructor(seed: Uint8Array) {
    invariant(seed.length === SEED_BYTES, 'an Ed25519 seed has 32 bytes');
    const der = concatBytes(PKCS8_PREFIX, seed);
    this.#key = createPrivateKey({ key: asBuffer(der), format: 'der', type: 'pkcs8' });
    der.fill(0);
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
  }

  sign(message: Uint8Array): Uint8Array {
    const signature = nodeSign(null, message, this.#key);
    return new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength);
  }
}

export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
  return new Ed25519Key(seed);
}

export function sign(key: SigningKey, message: Uint8Array): Uint8Array {
  return key.sign(message);
}

/** Whether a signature of these bytes could verify at all: lengths, S < L, and points by our rules. */
export function passesPrechecks(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === SIGNATURE_BYTES &&
    publicKey.length === PUBLIC_KEY_BYTES &&
    isCanonicalScalar(signature, 32) &&
    isAcceptablePoint(signature, 0) &&
    isAcceptablePoint(publicKey, 0)
  );
}

/** @returns whether the signature is genuine; never throws, whatever the bytes are. */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!passesPrechecks(publicKey, signature)) return false;
  const key = importedKey(publicKey);
  return key !== undefined && nodeVerify(null, message, key, signature);
}

/** The same verdict, found in Node's thread pool. The bytes must not change before that. */
export function verifyInPool(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const key = passesPrechecks(publicKey, signature) ? importedKey(publicKey) : undefined;
  if (key === undefined) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    nodeVerify(null, message, key, signature, (error, genuine) => {
      if (error === null) resolve(genuine);
      else reject(error);
    });
  });
}

/**
 * Two generations: a key in use moves to the young one, and when that is full the old one is forgotten. It keeps what a
 * least-recently-used list would, without writing on every hit.
 */
let young = new Map<string, KeyObject>();
let old = new Map<string, KeyObject>();

function importedKey(publicKey: Uint8Array): KeyObject | undefined {
  const name = asBuffer(publicKey).toString('latin1');
  const known = young.get(name);
  if (known !== undefined) return known;
  const key = old.get(name) ?? importKey(publicKey);
  if (key === undefined) return undefined;
  if (young.size >= GENERATION_KEYS) {
    old = young;
    young = new Map();
  }
  young.set(name, key);
  return key;
}

function importKey(publicKey: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: asBuffer(concatBytes(SPKI_PREFIX, publicKey)), format: 'der', type: 'spki' });
  } catch {
    // OpenSSL may refuse a key at import; for us that is a signature that does not verify.
    return undefined;
  }
}
