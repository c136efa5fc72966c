/**
 * The keys that security operations are done with. Whoever verifies asks a keyring for candidates; what a key may be used
 * for is written on the key.
 */
import type { KeyObject } from 'node:crypto';
import { toHex } from '../../base/index.js';
import { formatEid } from '../eid.js';
import type { Eid } from '../types.js';
import { matchesEid } from './eid-pattern.js';

export type Curve = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'Ed448' | 'X25519' | 'X448';

export type KeyMaterial =
  | { readonly kind: 'symmetric'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'curve';
      readonly curve: Curve;
      /** The public key of an Edwards or Montgomery curve, raw. */
      readonly rawPublic?: Uint8Array;
      readonly publicKey: KeyObject;
      readonly privateKey?: KeyObject;
    }
  | { readonly kind: 'rsa'; readonly publicKey: KeyObject; readonly privateKey?: KeyObject };

export interface SecurityKey {
  /** COSE kid; empty when the key has none. */
  readonly id: Uint8Array;
  /** The only COSE algorithm it may be used with (RFC 9052 §7.1). */
  readonly algorithm?: number;
  /** The only COSE key operations it may be used for. */
  readonly operations?: readonly number[];
  /** What a partial IV is added to (RFC 9052 §7.1). */
  readonly baseIv?: Uint8Array;
  /** Patterns of the security sources it may vouch for or be used by; all, when absent. */
  readonly sources?: readonly string[];
  readonly material: KeyMaterial;
}

export interface KeyQuery {
  /** Undefined where the bundle names no key, as in the contexts of RFC 9173. */
  readonly keyId: Uint8Array | undefined;
  /** The security source of the operation; undefined for keys of others, such as the sender's in a key agreement. */
  readonly source: Eid | undefined;
  readonly kind: KeyMaterial['kind'] | 'any';
}

export interface Keyring {
  /** The keys worth trying, best first. Each one costs an operation, so they are few. */
  candidates(query: KeyQuery): readonly SecurityKey[];
}

/** A bundle must not make us try a whole keyring. */
const MAX_CANDIDATES = 16;

export function createKeyring(keys: readonly SecurityKey[]): Keyring {
  const byId = new Map<string, SecurityKey[]>();
  for (const key of keys) {
    const id = toHex(key.id);
    const same = byId.get(id);
    if (same === undefined) byId.set(id, [key]);
    else same.push(key);
  }
  return {
    candidates({ keyId, source, kind }) {
      const named = keyId === undefined ? keys : (byId.get(toHex(keyId)) ?? []);
      const text = source === undefined ? undefined : formatEid(source);
      const allowed = named.filter(
        (key) =>
          (kind === 'any' || key.material.kind === kind) &&
          (text === undefined || key.sources === undefined || key.sources.some((one) => matchesEid(one, text))),
      );
      return allowed.slice(0, MAX_CANDIDATES);
    },
  };
}

export const NO_KEYS: Keyring = createKeyring([]);

/** COSE key operations, RFC 9052 §7.1. */
export const KeyOperation = {
  Sign: 1,
  Verify: 2,
  Encrypt: 3,
  Decrypt: 4,
  WrapKey: 5,
  UnwrapKey: 6,
  DeriveKey: 7,
  DeriveBits: 8,
  MacCreate: 9,
  MacVerify: 10,
} as const;

/** Whether what is written on the key allows this use of it. */
export function permits(key: SecurityKey, algorithm: number, ...operations: readonly number[]): boolean {
  if (key.algorithm !== undefined && canonicalAlgorithm(key.algorithm) !== canonicalAlgorithm(algorithm)) return false;
  const allowed = key.operations;
  return allowed === undefined || allowed.length === 0 || operations.some((operation) => allowed.includes(operation));
}

/** Fully specified algorithms (RFC 9864) beside the older ids that leave the curve to the key. */
const OLDER_ID = new Map<number, number>([
  [-9, -7],
  [-51, -35],
  [-52, -36],
  [-19, -8],
  [-53, -8],
]);

export function canonicalAlgorithm(algorithm: number): number {
  return OLDER_ID.get(algorithm) ?? algorithm;
}
