/**
 * Device certificates: a person's key says that a device key speaks for them.
 *
 * A CWT (RFC 8392) in a COSE_Sign1 (RFC 9052 §4.2), untagged, with the person's public key as `kid` and the device key
 * in the `cnf` claim (RFC 8747). It rides in every bundle (COSE header `kcwt`), so that every bundle is acceptable
 * alone, from anybody, offline. Layout: docs/protocol/addresses.md.
 */
import { DecodeError, toHex } from '../base/index.js';
import { type CborValue, decodeCbor, encodeCbor } from '../cbor/index.js';
import { type SigningKey, sha256, sign, type Verify, verify } from '../crypto/index.js';
import { personIdOf } from './ids.js';
import type { PersonId } from './types.js';

export interface DeviceCertificate {
  readonly person: PersonId;
  readonly personKey: Uint8Array;
  readonly device: string;
  readonly deviceKey: Uint8Array;
}

const ALG_EDDSA = -8;
const HEADER_ALG = 1;
const HEADER_KID = 4;
const CLAIM_SUB = 2;
const CLAIM_CNF = 8;
const CNF_COSE_KEY = 1;
const KEY_TYPE = 1;
const KEY_TYPE_OKP = 1;
const KEY_CURVE = -1;
const CURVE_ED25519 = 6;
const KEY_X = -2;
const MAX_CERTIFICATE_BYTES = 512;
const DEVICE_PATTERN = /^[a-z0-9][a-z0-9-]{0,23}$/;

const PROTECTED = encodeCbor(new Map([[HEADER_ALG, ALG_EDDSA]]));

function signedBytes(claims: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', PROTECTED, new Uint8Array(0), claims]);
}

/** @returns the certificate's bytes, about 170 of them. */
export function issueDeviceCertificate(personKey: SigningKey, device: string, deviceKey: Uint8Array): Uint8Array {
  const coseKey = new Map<number, CborValue>([
    [KEY_TYPE, KEY_TYPE_OKP],
    [KEY_CURVE, CURVE_ED25519],
    [KEY_X, deviceKey],
  ]);
  const claims = encodeCbor(
    new Map<number, CborValue>([
      [CLAIM_SUB, device],
      [CLAIM_CNF, new Map([[CNF_COSE_KEY, coseKey]])],
    ]),
  );
  const signature = sign(personKey, signedBytes(claims));
  return encodeCbor([PROTECTED, new Map([[HEADER_KID, personKey.publicKey]]), claims, signature]);
}

/** @throws DecodeError `ERR_CERTIFICATE` when it is malformed or its signature does not verify. */
export function readDeviceCertificate(bytes: Uint8Array, check: Verify = verify): DeviceCertificate {
  if (bytes.length > MAX_CERTIFICATE_BYTES) throw refuse('is too long');
  const outer = decodeCbor(bytes);
  if (!Array.isArray(outer) || outer.length !== 4) throw refuse('is not a COSE_Sign1');
  const [protectedHeader, unprotected, claims, signature] = outer as readonly CborValue[];
  if (!(protectedHeader instanceof Uint8Array) || toHex(protectedHeader) !== toHex(PROTECTED)) {
    throw refuse('is not signed with EdDSA');
  }
  const personKey = unprotected instanceof Map ? unprotected.get(HEADER_KID) : undefined;
  if (!isKey(personKey) || !(claims instanceof Uint8Array) || !(signature instanceof Uint8Array)) {
    throw refuse('lacks its key, claims or signature');
  }
  const { device, deviceKey } = readClaims(claims);
  if (!check(personKey, signedBytes(claims), signature)) throw refuse('has a bad signature');
  return { person: personIdOf(personKey), personKey, device, deviceKey };
}

function readClaims(bytes: Uint8Array): { device: string; deviceKey: Uint8Array } {
  const claims = decodeCbor(bytes);
  const device = claims instanceof Map ? claims.get(CLAIM_SUB) : undefined;
  const confirmation = claims instanceof Map ? claims.get(CLAIM_CNF) : undefined;
  const coseKey = confirmation instanceof Map ? confirmation.get(CNF_COSE_KEY) : undefined;
  if (typeof device !== 'string' || !DEVICE_PATTERN.test(device)) throw refuse('names no device');
  if (!(coseKey instanceof Map) || coseKey.get(KEY_TYPE) !== KEY_TYPE_OKP || coseKey.get(KEY_CURVE) !== CURVE_ED25519) {
    throw refuse('holds no Ed25519 key');
  }
  const deviceKey = coseKey.get(KEY_X);
  if (!isKey(deviceKey)) throw refuse('holds no Ed25519 key');
  return { device, deviceKey };
}

function isKey(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32;
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_CERTIFICATE', `the device certificate ${what}`, 0);
}

/**
 * Remembers verified certificates, so that a bundle costs one signature check and not two. Bounded; forgetting one
 * costs a check, never a verdict.
 */
export class CertificateCache {
  readonly #verified = new Map<string, DeviceCertificate>();
  readonly #check: Verify;
  readonly #capacity: number;

  constructor(check: Verify = verify, capacity = 4096) {
    this.#check = check;
    this.#capacity = capacity;
  }

  /** @throws DecodeError as {@link readDeviceCertificate}. */
  read(bytes: Uint8Array): DeviceCertificate {
    const name = toHex(sha256(bytes));
    const known = this.#verified.get(name);
    if (known !== undefined) return known;
    const certificate = readDeviceCertificate(bytes, this.#check);
    if (this.#verified.size >= this.#capacity) {
      const oldest = this.#verified.keys().next().value;
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.set(name, certificate);
    return certificate;
  }
}
