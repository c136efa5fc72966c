/** Key agreement for COSE recipients (RFC 9053 §6.3): ECDH on the NIST curves, X25519 and X448, then HKDF. */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';
import { asBuffer, concatBytes, fromHex, HearsayError, type Random } from '../../base/index.js';
import { type CborValue, decodeCbor, encodeCbor } from '../../cbor/index.js';
import { importCoseMaterial } from './key-import.js';
import type { Curve, KeyMaterial } from './keyring.js';

const OPENSSL_CURVES: Readonly<Partial<Record<Curve, { readonly name: string; readonly bytes: number }>>> = {
  'P-256': { name: 'prime256v1', bytes: 32 },
  'P-384': { name: 'secp384r1', bytes: 48 },
  'P-521': { name: 'secp521r1', bytes: 66 },
};
/** PKCS #8 before the raw secret, RFC 8410 §7. */
const MONTGOMERY: Readonly<Partial<Record<Curve, { readonly prefix: Uint8Array; readonly bytes: number }>>> = {
  X25519: { prefix: fromHex('302e020100300506032b656e04220420'), bytes: 32 },
  X448: { prefix: fromHex('3046020100300506032b656f043a0438'), bytes: 56 },
};
const COSE_CURVES: Readonly<Partial<Record<Curve, number>>> = {
  'P-256': 1,
  'P-384': 2,
  'P-521': 3,
  X25519: 4,
  X448: 5,
};

export function hkdf(
  hash: string,
  secret: Uint8Array,
  salt: Uint8Array | undefined,
  info: Uint8Array,
  bytes: number,
): Uint8Array {
  return new Uint8Array(hkdfSync(hash, secret, salt ?? new Uint8Array(0), info, bytes));
}

/** @returns undefined when the keys are of different curves, or agree on nothing (a point of small order). */
export function agree(privateKey: KeyObject, own: Curve, other: KeyMaterial): Uint8Array | undefined {
  if (other.kind !== 'curve' || other.curve !== own) return undefined;
  try {
    return concatBytes(diffieHellman({ privateKey, publicKey: other.publicKey }));
  } catch {
    return undefined;
  }
}

/** The sender's public key as a COSE_Key in a header; undefined when it is none. */
export function readHeaderKey(value: Uint8Array): KeyMaterial | undefined {
  try {
    const map = decodeCbor(value, { maxDepth: 3, maxItems: 16 });
    return map instanceof Map ? importCoseMaterial(map) : undefined;
  } catch (error) {
    if (error instanceof HearsayError) return undefined;
    throw error;
  }
}

export interface EphemeralKey {
  readonly privateKey: KeyObject;
  readonly curve: Curve;
  /** The public key as an encoded COSE_Key. */
  readonly header: Uint8Array;
}

/** @param secret the raw private key; drawn, when it is a {@link Random}. */
export function ephemeralKey(curve: Curve, secret: Uint8Array | Random): EphemeralKey {
  const nist = OPENSSL_CURVES[curve];
  if (nist !== undefined) return nistKey(curve, nist, secret);
  const montgomery = MONTGOMERY[curve];
  if (montgomery === undefined) throw new HearsayError('ERR_BPSEC_KEY', `${curve} is no curve for key agreement`);
  const raw = secret instanceof Uint8Array ? secret : secret.bytes(montgomery.bytes);
  const der = asBuffer(concatBytes(montgomery.prefix, raw));
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const x = createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '';
  return { privateKey, curve, header: header(curve, 1, [[-2, new Uint8Array(Buffer.from(x, 'base64url'))]]) };
}

function nistKey(
  curve: Curve,
  { name, bytes }: { name: string; bytes: number },
  secret: Uint8Array | Random,
): EphemeralKey {
  const ecdh = createECDH(name);
  let raw = secret instanceof Uint8Array ? secret : drawn(secret, bytes);
  while (!accepts(ecdh, raw)) {
    if (secret instanceof Uint8Array) throw new HearsayError('ERR_BPSEC_KEY', 'not a private key of this curve');
    raw = drawn(secret, bytes);
  }
  const point = new Uint8Array(ecdh.getPublicKey());
  const x = point.slice(1, 1 + bytes);
  const y = point.slice(1 + bytes);
  const [d64, x64, y64] = [raw, x, y].map((part) => asBuffer(part).toString('base64url'));
  const privateKey = createPrivateKey({
    key: { kty: 'EC', crv: curve, d: d64, x: x64, y: y64 } as never,
    format: 'jwk',
  });
  return {
    privateKey,
    curve,
    header: header(curve, 2, [
      [-2, x],
      [-3, y],
    ]),
  };
}

/** P-521 has one bit in its first byte; with more of them nearly every draw would be refused. */
function drawn(random: Random, bytes: number): Uint8Array {
  const raw = random.bytes(bytes).slice();
  if (bytes === 66) raw[0] = (raw[0] as number) & 1;
  return raw;
}

function accepts(ecdh: ReturnType<typeof createECDH>, secret: Uint8Array): boolean {
  try {
    ecdh.setPrivateKey(secret);
    return true;
  } catch {
    return false;
  }
}

function header(curve: Curve, kty: number, coordinates: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  return encodeCbor(new Map<number, CborValue>([[1, kty], [-1, COSE_CURVES[curve] as number], ...coordinates]));
}
