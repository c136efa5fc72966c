/** AES-GCM with a tag of 128 bits, as both RFC 9173 and COSE use it. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { invariant } from '../../base/index.js';

export const TAG_BYTES = 16;

export function isGcmKey(key: Uint8Array): boolean {
  return key.length === 16 || key.length === 24 || key.length === 32;
}

export interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export function sealGcm(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed {
  invariant(isGcmKey(key), 'an AES key has 16, 24 or 32 bytes');
  const cipher = createCipheriv(algorithm(key), key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  const ciphertext = plainBytes(cipher.update(plaintext));
  cipher.final();
  return { ciphertext, tag: plainBytes(cipher.getAuthTag()) };
}

/** @returns undefined when key, nonce, associated data, ciphertext and tag do not belong together. */
export function openGcm(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Uint8Array | undefined {
  if (!isGcmKey(key) || iv.length === 0 || sealed.tag.length !== TAG_BYTES) return undefined;
  const decipher = createDecipheriv(algorithm(key), key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.tag);
  try {
    const plaintext = plainBytes(decipher.update(sealed.ciphertext));
    // Adds nothing in GCM, but checks the tag.
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}

/** The same memory without what `Buffer` changes of a `Uint8Array`. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Ciphertext with its tag behind it, apart; undefined when there is no room for a tag. */
export function splitTag(bytes: Uint8Array): Sealed | undefined {
  const at = bytes.length - TAG_BYTES;
  return at < 0 ? undefined : { ciphertext: bytes.subarray(0, at), tag: bytes.subarray(at) };
}

function algorithm(key: Uint8Array): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  return key.length === 16 ? 'aes-128-gcm' : key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm';
}
