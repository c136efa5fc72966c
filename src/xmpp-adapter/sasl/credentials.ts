/**
 * What a server keeps instead of a password (RFC 5802 §3, RFC 7677): enough to check a proof, not enough to make one.
 */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { InvariantError } from '../../base/index.js';

export type ScramHash = 'sha1' | 'sha256';

export interface ScramKeys {
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export interface ScramCredentials {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly sha1: ScramKeys;
  readonly sha256: ScramKeys;
}

/** RFC 7677 §4: at least 4096. Passwords here are made by machines, so more would only cost time. */
export const SCRAM_ITERATIONS = 4096;

const KEY_BYTES: Readonly<Record<ScramHash, number>> = { sha1: 20, sha256: 32 };

/** The same password, salt and iterations always give the same credentials. */
export function scramCredentials(
  password: string,
  salt: Uint8Array,
  iterations: number = SCRAM_ITERATIONS,
): ScramCredentials {
  if (iterations < SCRAM_ITERATIONS) throw new InvariantError(`fewer than ${SCRAM_ITERATIONS} SCRAM iterations`);
  return {
    salt,
    iterations,
    sha1: scramKeys('sha1', password, salt, iterations),
    sha256: scramKeys('sha256', password, salt, iterations),
  };
}

export function scramKeys(hash: ScramHash, password: string, salt: Uint8Array, iterations: number): ScramKeys {
  const salted = pbkdf2Sync(prepared(password), salt, iterations, KEY_BYTES[hash], hash);
  const clientKey = hmac(hash, salted, 'Client Key');
  return { storedKey: digest(hash, clientKey), serverKey: hmac(hash, salted, 'Server Key') };
}

/**
 * The part of SASLprep (RFC 4013) that matters here: one normal form, and spaces that are spaces. Both sides of a
 * comparison go through it.
 */
export function prepared(text: string): string {
  return text
    .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, ' ')
    .replace(/\u00ad/g, '')
    .normalize('NFKC');
}

export function hmac(hash: ScramHash, key: Uint8Array, message: string): Uint8Array {
  return new Uint8Array(createHmac(hash, key).update(message, 'utf8').digest());
}

export function digest(hash: ScramHash, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(hash).update(message).digest());
}
