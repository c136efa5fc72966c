/**
 * Sealing: content that only the named recipients can read (docs/protocol/bundles.md, "Sealed content").
 *
 * A fresh content key encrypts the content once; `nacl.box` under a fresh ephemeral key wraps the content key for each
 * recipient. The sender's own key takes no part: who wrote it is what the bundle's signature says.
 */
import nacl from 'tweetnacl';
import { DecodeError, invariant, type Random } from '../base/index.js';
import { CborReader, CborWriter } from '../cbor/index.js';

// Randomness is an argument everywhere (architecture §1); a call that would draw its own is a bug of ours.
nacl.setPRNG(() => invariant(false, 'tweetnacl was asked to draw its own randomness'));

export interface BoxKeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

export interface SealRecipient {
  /** Eight bytes by which the recipient finds its key; not secret. */
  readonly keyId: Uint8Array;
  /** X25519. */
  readonly publicKey: Uint8Array;
}

export type OpenOutcome =
  | { readonly ok: true; readonly plaintext: Uint8Array }
  | { readonly ok: false; readonly code: 'not-for-us' | 'malformed' | 'forged' };

const VERSION = 1;
export const MAX_SEAL_RECIPIENTS = 64;
export const KEY_ID_BYTES = 8;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const MAC_BYTES = 16;
const WRAPPED_BYTES = KEY_BYTES + MAC_BYTES;

export function boxKeyPairFromSeed(seed: Uint8Array): BoxKeyPair {
  invariant(seed.length === KEY_BYTES, 'an X25519 secret key has 32 bytes');
  return nacl.box.keyPair.fromSecretKey(new Uint8Array(seed));
}

/** @throws InvariantError when there is no recipient, or more than 64, or a key of the wrong length. */
export function seal(plaintext: Uint8Array, recipients: readonly SealRecipient[], random: Random): Uint8Array {
  invariant(recipients.length > 0 && recipients.length <= MAX_SEAL_RECIPIENTS, 'content is sealed to 1 to 64 keys');
  const ephemeral = boxKeyPairFromSeed(random.bytes(KEY_BYTES));
  const contentKey = random.bytes(KEY_BYTES);
  const nonce = random.bytes(NONCE_BYTES);
  const writer = new CborWriter(plaintext.length + 128 + recipients.length * 64);
  writer.array(5).uint(VERSION).byteString(ephemeral.publicKey).byteString(nonce).array(recipients.length);
  recipients.forEach(({ keyId, publicKey }, index) => {
    invariant(keyId.length === KEY_ID_BYTES && publicKey.length === KEY_BYTES, 'a recipient has a key id and a key');
    const wrapped = nacl.box(contentKey, wrapNonce(nonce, index), publicKey, ephemeral.secretKey);
    writer.array(2).byteString(keyId).byteString(wrapped);
  });
  writer.byteString(nacl.secretbox(plaintext, nonce, contentKey));
  contentKey.fill(0);
  ephemeral.secretKey.fill(0);
  return writer.finish();
}

/**
 * @param keys the secret key for a key id, if this node has it.
 * @returns `not-for-us` when none of the named keys is ours; `forged` when one is but the content does not open.
 */
export function openSealed(sealed: Uint8Array, keys: (keyId: Uint8Array) => Uint8Array | undefined): OpenOutcome {
  const parts = parse(sealed);
  if (parts === undefined) return { ok: false, code: 'malformed' };
  let named = false;
  for (const [index, { keyId, wrapped }] of parts.recipients.entries()) {
    const secretKey = keys(keyId);
    if (secretKey === undefined) continue;
    named = true;
    const contentKey = nacl.box.open(wrapped, wrapNonce(parts.nonce, index), parts.ephemeral, secretKey);
    // Eight bytes of key id may collide: another entry may still be the one for us.
    if (contentKey === null) continue;
    const plaintext = nacl.secretbox.open(parts.body, parts.nonce, contentKey);
    return plaintext === null ? { ok: false, code: 'forged' } : { ok: true, plaintext };
  }
  return { ok: false, code: named ? 'forged' : 'not-for-us' };
}

/** A nonce of its own for each recipient: the last four bytes XOR the index, counted from 1. */
function wrapNonce(nonce: Uint8Array, index: number): Uint8Array {
  const own = new Uint8Array(nonce);
  const view = new DataView(own.buffer);
  view.setUint32(NONCE_BYTES - 4, view.getUint32(NONCE_BYTES - 4) ^ (index + 1));
  return own;
}

interface SealedParts {
  readonly ephemeral: Uint8Array;
  readonly nonce: Uint8Array;
  readonly recipients: readonly { readonly keyId: Uint8Array; readonly wrapped: Uint8Array }[];
  readonly body: Uint8Array;
}

function parse(sealed: Uint8Array): SealedParts | undefined {
  try {
    const reader = new CborReader(sealed);
    reader.arrayOf(5, 'sealed content');
    if (reader.uint() !== VERSION) return undefined;
    const ephemeral = reader.byteString();
    const nonce = reader.byteString();
    const count = reader.array();
    if (ephemeral.length !== KEY_BYTES || nonce.length !== NONCE_BYTES) return undefined;
    if (count === 0 || count > MAX_SEAL_RECIPIENTS) return undefined;
    const recipients: { keyId: Uint8Array; wrapped: Uint8Array }[] = [];
    for (let i = 0; i < count; i++) {
      reader.arrayOf(2, 'a recipient');
      const keyId = reader.byteString();
      const wrapped = reader.byteString();
      if (keyId.length !== KEY_ID_BYTES || wrapped.length !== WRAPPED_BYTES) return undefined;
      recipients.push({ keyId, wrapped });
    }
    const body = reader.byteString();
    reader.expectEnd('sealed content');
    return body.length < MAC_BYTES ? undefined : { ephemeral, nonce, recipients, body };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
