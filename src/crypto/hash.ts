/** Hashes and the ids made of them. */
import { hash } from 'node:crypto';
import { toBase32 } from '../base/index.js';

export function sha256(bytes: Uint8Array): Uint8Array {
  const digest = hash('sha256', bytes, 'buffer');
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
}

/** PersonId and NodeId (architecture §3): base32 of the first 16 bytes of the key's SHA-256, 26 characters. */
export function idOfKey(publicKey: Uint8Array): string {
  return toBase32(sha256(publicKey).subarray(0, 16));
}
