/**
 * Keys from outside: COSE_Key (RFC 9052 §7) and JWK (RFC 7517). Both become a JWK first, which `node:crypto` checks and
 * imports once; what comes out holds the imported key.
 */
import { createPrivateKey, createPublicKey, ECDH, type JsonWebKey, type KeyObject } from 'node:crypto';
import { asBuffer, HearsayError, messageOf, printable } from '../../base/index.js';
import type { CborValue } from '../../cbor/index.js';
import type { Curve, KeyMaterial, SecurityKey } from './keyring.js';

const KTY = { 1: 'OKP', 2: 'EC', 3: 'RSA', 4: 'oct' } as const;
const CURVES = new Map<number, Curve>([
  [1, 'P-256'],
  [2, 'P-384'],
  [3, 'P-521'],
  [4, 'X25519'],
  [5, 'X448'],
  [6, 'Ed25519'],
  [7, 'Ed448'],
]);
/** Names by which OpenSSL knows the curves whose points COSE may compress. */
const OPENSSL_CURVES = new Map<Curve, string>([
  ['P-256', 'prime256v1'],
  ['P-384', 'secp384r1'],
  ['P-521', 'secp521r1'],
]);
const KNOWN_CURVES: ReadonlySet<string> = new Set(CURVES.values());
/** COSE labels of RSA's numbers, RFC 8230 §4. */
const RSA_MEMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;

export type CoseKeyMap = ReadonlyMap<number | string, CborValue>;

export function keyError(message: string, cause?: unknown): HearsayError {
  return new HearsayError('ERR_KEY', message, { cause });
}

/** @throws HearsayError `ERR_KEY`. */
export function importCoseKey(map: CoseKeyMap, sources?: readonly string[]): SecurityKey {
  const id = map.get(2) ?? new Uint8Array(0);
  if (!(id instanceof Uint8Array)) throw keyError('the key id of a COSE_Key is a byte string');
  const algorithm = map.get(3);
  const operations = map.get(4);
  const baseIv = map.get(5);
  return {
    id: id.slice(),
    ...(typeof algorithm === 'number' ? { algorithm } : {}),
    ...(Array.isArray(operations) ? { operations: operations.filter((one) => typeof one === 'number') } : {}),
    ...(baseIv instanceof Uint8Array ? { baseIv: baseIv.slice() } : {}),
    ...(sources === undefined ? {} : { sources }),
    material: importCoseMaterial(map),
  };
}

/** Whether a key is of a type, and on a curve, that we know. What it holds may still be wrong. */
export function isKnownCoseKind(map: CoseKeyMap): boolean {
  const kty = KTY[map.get(1) as keyof typeof KTY];
  if (kty === 'oct' || kty === 'RSA') return true;
  return kty !== undefined && CURVES.has(map.get(-1) as number);
}

export function isKnownJwkKind({ kty, crv }: JsonWebKey): boolean {
  if (kty === 'oct' || kty === 'RSA') return true;
  return (kty === 'OKP' || kty === 'EC') && KNOWN_CURVES.has(crv ?? '');
}

/** @throws HearsayError `ERR_KEY`. */
export function importCoseMaterial(map: CoseKeyMap): KeyMaterial {
  const kty = KTY[map.get(1) as keyof typeof KTY];
  const text = (label: number): string => base64url(bytesOf(map, label));
  const optional = (label: number, name: string): Record<string, string> =>
    map.has(label) ? { [name]: text(label) } : {};
  if (kty === 'oct') return { kind: 'symmetric', bytes: bytesOf(map, -1).slice() };
  if (kty === 'RSA') {
    return importJwkMaterial(Object.assign({ kty }, ...RSA_MEMBERS.map((name, i) => optional(-1 - i, name))));
  }
  const curve = CURVES.get(map.get(-1) as number);
  if (curve === undefined) throw keyError('a COSE_Key of a type or curve that is not known');
  if (kty === 'OKP') return importJwkMaterial({ kty, crv: curve, x: text(-2), ...optional(-4, 'd') });
  if (kty !== 'EC') throw keyError('a COSE_Key of a type that is not known');
  const { x, y } = pointOf(map, curve);
  return importJwkMaterial({ kty, crv: curve, x: base64url(x), y: base64url(y), ...optional(-4, 'd') });
}

/** @throws HearsayError `ERR_KEY`. */
export function importJwkMaterial(jwk: JsonWebKey): KeyMaterial {
  if (jwk.kty === 'oct') {
    if (typeof jwk.k !== 'string') throw keyError('a symmetric key has a member k');
    return { kind: 'symmetric', bytes: new Uint8Array(Buffer.from(jwk.k, 'base64url')) };
  }
  const { publicKey, privateKey } = importPair(jwk);
  const both = privateKey === undefined ? { publicKey } : { publicKey, privateKey };
  if (jwk.kty === 'RSA') return { kind: 'rsa', ...both };
  const curve = jwk.crv ?? '';
  if (!KNOWN_CURVES.has(curve)) throw keyError(`curve ${printable(curve)} is not known`);
  const raw = jwk.kty === 'OKP' && typeof jwk.x === 'string' ? { rawPublic: Buffer.from(jwk.x, 'base64url') } : {};
  return { kind: 'curve', curve: curve as Curve, ...raw, ...both };
}

function importPair(jwk: JsonWebKey): { readonly publicKey: KeyObject; readonly privateKey: KeyObject | undefined } {
  try {
    const publicKey = createPublicKey({ key: withoutPrivate(jwk), format: 'jwk' });
    const privateKey = jwk.d === undefined ? undefined : createPrivateKey({ key: jwk, format: 'jwk' });
    return { publicKey, privateKey };
  } catch (error) {
    throw keyError(`the key cannot be imported: ${messageOf(error)}`, error);
  }
}

function withoutPrivate(jwk: JsonWebKey): JsonWebKey {
  const { kty, crv, x, y, n, e } = jwk;
  const members = { kty, crv, x, y, n, e };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonWebKey;
}

/** The y of an EC2 key may be just its sign (RFC 9053 §7.1.1). */
function pointOf(map: CoseKeyMap, curve: Curve): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const x = bytesOf(map, -2);
  const y = map.get(-3);
  if (y instanceof Uint8Array) return { x, y };
  const name = OPENSSL_CURVES.get(curve);
  if (typeof y !== 'boolean' || name === undefined) throw keyError('an EC2 key needs x and y');
  try {
    const compressed = Buffer.concat([Buffer.of(y ? 3 : 2), x]);
    const point = ECDH.convertKey(compressed, name, undefined, undefined, 'uncompressed') as Buffer;
    return { x, y: point.subarray(1 + x.length) };
  } catch (error) {
    throw keyError('a compressed point is not on its curve', error);
  }
}

function bytesOf(map: CoseKeyMap, label: number): Uint8Array {
  const value = map.get(label);
  if (!(value instanceof Uint8Array)) throw keyError(`a COSE_Key lacks its parameter ${label}`);
  return value;
}

function base64url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url');
}
