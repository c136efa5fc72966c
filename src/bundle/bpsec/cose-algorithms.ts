/** The COSE algorithms (IANA registry; RFC 9053, 8230, 9864) that the COSE context uses here. */

export interface MacAlgorithm {
  readonly name: string;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly keyBytes: number;
  readonly tagBytes: number;
}

export const MAC_ALGORITHMS: ReadonlyMap<number, MacAlgorithm> = new Map<number, MacAlgorithm>([
  [4, { name: 'HMAC 256/64', hash: 'sha256', keyBytes: 32, tagBytes: 8 }],
  [5, { name: 'HMAC 256/256', hash: 'sha256', keyBytes: 32, tagBytes: 32 }],
  [6, { name: 'HMAC 384/384', hash: 'sha384', keyBytes: 48, tagBytes: 48 }],
  [7, { name: 'HMAC 512/512', hash: 'sha512', keyBytes: 64, tagBytes: 64 }],
]);

export interface CipherAlgorithm {
  readonly name: string;
  readonly keyBytes: 16 | 24 | 32;
}

/** AES-GCM only: the draft asks for AEAD in the content layer. */
export const CIPHER_ALGORITHMS: ReadonlyMap<number, CipherAlgorithm> = new Map<number, CipherAlgorithm>([
  [1, { name: 'A128GCM', keyBytes: 16 }],
  [2, { name: 'A192GCM', keyBytes: 24 }],
  [3, { name: 'A256GCM', keyBytes: 32 }],
]);
export const GCM_IV_BYTES = 12;

export type SignatureAlgorithm =
  | { readonly name: string; readonly kind: 'ecdsa'; readonly hash: string; readonly curve?: string }
  | { readonly name: string; readonly kind: 'eddsa'; readonly curve?: 'Ed25519' | 'Ed448' }
  | { readonly name: string; readonly kind: 'pss'; readonly hash: string; readonly saltBytes: number };

export const SIGNATURE_ALGORITHMS: ReadonlyMap<number, SignatureAlgorithm> = new Map<number, SignatureAlgorithm>([
  [-7, { name: 'ES256', kind: 'ecdsa', hash: 'sha256' }],
  [-35, { name: 'ES384', kind: 'ecdsa', hash: 'sha384' }],
  [-36, { name: 'ES512', kind: 'ecdsa', hash: 'sha512' }],
  [-9, { name: 'ESP256', kind: 'ecdsa', hash: 'sha256', curve: 'P-256' }],
  [-51, { name: 'ESP384', kind: 'ecdsa', hash: 'sha384', curve: 'P-384' }],
  [-52, { name: 'ESP512', kind: 'ecdsa', hash: 'sha512', curve: 'P-521' }],
  [-8, { name: 'EdDSA', kind: 'eddsa' }],
  [-19, { name: 'Ed25519', kind: 'eddsa', curve: 'Ed25519' }],
  [-53, { name: 'Ed448', kind: 'eddsa', curve: 'Ed448' }],
  [-37, { name: 'PS256', kind: 'pss', hash: 'sha256', saltBytes: 32 }],
  [-38, { name: 'PS384', kind: 'pss', hash: 'sha384', saltBytes: 48 }],
  [-39, { name: 'PS512', kind: 'pss', hash: 'sha512', saltBytes: 64 }],
]);

/** How a recipient gets at the content key. */
export type RecipientAlgorithm =
  | { readonly name: string; readonly kind: 'direct' }
  | { readonly name: string; readonly kind: 'key-wrap'; readonly keyBytes: number }
  | { readonly name: string; readonly kind: 'direct-hkdf'; readonly hash: string }
  | {
      readonly name: string;
      readonly kind: 'ecdh';
      readonly sender: 'ephemeral' | 'static';
      readonly hash: string;
      /** The key wrap that follows the agreement; without it what is agreed on is the content key. */
      readonly wrap?: { readonly algorithm: number; readonly keyBytes: number };
    }
  | { readonly name: string; readonly kind: 'oaep'; readonly hash: string };

const KEY_WRAPS = [
  { algorithm: -3, keyBytes: 16, name: 'A128KW' },
  { algorithm: -4, keyBytes: 24, name: 'A192KW' },
  { algorithm: -5, keyBytes: 32, name: 'A256KW' },
] as const;

export const RECIPIENT_ALGORITHMS: ReadonlyMap<number, RecipientAlgorithm> = new Map<number, RecipientAlgorithm>([
  [-6, { name: 'direct', kind: 'direct' }],
  ...KEY_WRAPS.map(({ algorithm, keyBytes, name }) => [algorithm, { name, kind: 'key-wrap', keyBytes }] as const),
  [-10, { name: 'direct+HKDF-SHA-256', kind: 'direct-hkdf', hash: 'sha256' }],
  [-11, { name: 'direct+HKDF-SHA-512', kind: 'direct-hkdf', hash: 'sha512' }],
  [-25, { name: 'ECDH-ES + HKDF-256', kind: 'ecdh', sender: 'ephemeral', hash: 'sha256' }],
  [-26, { name: 'ECDH-ES + HKDF-512', kind: 'ecdh', sender: 'ephemeral', hash: 'sha512' }],
  [-27, { name: 'ECDH-SS + HKDF-256', kind: 'ecdh', sender: 'static', hash: 'sha256' }],
  [-28, { name: 'ECDH-SS + HKDF-512', kind: 'ecdh', sender: 'static', hash: 'sha512' }],
  ...KEY_WRAPS.map(
    (wrap, i) =>
      [-29 - i, { name: `ECDH-ES + ${wrap.name}`, kind: 'ecdh', sender: 'ephemeral', hash: 'sha256', wrap }] as const,
  ),
  ...KEY_WRAPS.map(
    (wrap, i) =>
      [-32 - i, { name: `ECDH-SS + ${wrap.name}`, kind: 'ecdh', sender: 'static', hash: 'sha256', wrap }] as const,
  ),
  [-40, { name: 'RSAES-OAEP w/ SHA-1', kind: 'oaep', hash: 'sha1' }],
  [-41, { name: 'RSAES-OAEP w/ SHA-256', kind: 'oaep', hash: 'sha256' }],
  [-42, { name: 'RSAES-OAEP w/ SHA-512', kind: 'oaep', hash: 'sha512' }],
]);

/** For showing a message: the registered name, or the number. */
export function algorithmName(algorithm: number | bigint): string {
  if (typeof algorithm === 'bigint') return String(algorithm);
  const known =
    MAC_ALGORITHMS.get(algorithm) ??
    CIPHER_ALGORITHMS.get(algorithm) ??
    SIGNATURE_ALGORITHMS.get(algorithm) ??
    RECIPIENT_ALGORITHMS.get(algorithm);
  return known?.name ?? (algorithm === -50 ? 'ML-DSA-87' : String(algorithm));
}
