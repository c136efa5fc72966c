/** AES key wrap, RFC 3394: how RFC 9173 and COSE carry a content key under a key-encryption key. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concatBytes, invariant } from '../../base/index.js';

const DEFAULT_IV = new Uint8Array(8).fill(0xa6);
const KEY_LENGTHS = new Set([16, 24, 32]);
/** What wrapping adds. */
const OVERHEAD = 8;

export function isAesKey(key: Uint8Array): boolean {
  return KEY_LENGTHS.has(key.length);
}

export function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  invariant(isAesKey(kek), 'a key-encryption key has 16, 24 or 32 bytes');
  invariant(key.length >= 16 && key.length % 8 === 0, 'a wrapped key has a multiple of 8 bytes, 16 at least');
  const cipher = createCipheriv(`id-aes${kek.length * 8}-wrap`, kek, DEFAULT_IV);
  return concatBytes(cipher.update(key), cipher.final());
}

/** @returns undefined when it was not wrapped with this key. */
export function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  if (!isAesKey(kek) || wrapped.length < 16 + OVERHEAD || wrapped.length % 8 !== 0) return undefined;
  const decipher = createDecipheriv(`id-aes${kek.length * 8}-wrap`, kek, DEFAULT_IV);
  try {
    return concatBytes(decipher.update(wrapped), decipher.final());
  } catch {
    return undefined;
  }
}
