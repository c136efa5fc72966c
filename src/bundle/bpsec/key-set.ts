/** Key files: a JWK set (RFC 7517) with a few members of ours, or COSE_Keys. The format is in docs/protocol/bpsec.md. */
import type { JsonWebKey } from 'node:crypto';
import { DecodeError, fromHex, HearsayError, messageOf, utf8 } from '../../base/index.js';
import { type CborValue, decodeCbor } from '../../cbor/index.js';
import { importCoseKey, importJwkMaterial, isKnownCoseKind, isKnownJwkKind, keyError } from './key-import.js';
import type { SecurityKey } from './keyring.js';

/** JWK's names of the algorithms that COSE numbers (RFC 7518 §3.1, §4.1, §5.1; RFC 9864). */
const JWK_ALGORITHMS: Readonly<Record<string, number>> = {
  HS256: 5,
  HS384: 6,
  HS512: 7,
  ES256: -7,
  ES384: -35,
  ES512: -36,
  EdDSA: -8,
  Ed25519: -19,
  Ed448: -53,
  PS256: -37,
  PS384: -38,
  PS512: -39,
  A128KW: -3,
  A192KW: -4,
  A256KW: -5,
  A128GCM: 1,
  A192GCM: 2,
  A256GCM: 3,
  'ECDH-ES+A128KW': -29,
  'ECDH-ES+A192KW': -30,
  'ECDH-ES+A256KW': -31,
  'RSA-OAEP': -40,
  'RSA-OAEP-256': -41,
  'RSA-OAEP-512': -42,
};

const MAX_KEYS = 4_096;

interface KeyEntry extends Omit<JsonWebKey, 'kty'> {
  readonly kty?: string;
  readonly kid?: unknown;
  readonly kidHex?: unknown;
  readonly kHex?: unknown;
  readonly alg?: unknown;
  readonly baseIvHex?: unknown;
  readonly sources?: unknown;
  readonly coseKeyHex?: unknown;
}

/**
 * Keys of a type or a curve that we do not know are left out of a set (RFC 7517 §5, RFC 9052 §7): it may have keys for
 * others too. Alone, or where nothing else is left, such a key is an error.
 *
 * @param json the parsed content of a key file: `{"keys": […]}`, a list, or one key.
 * @throws HearsayError `ERR_KEY`, with the place in the list.
 */
export function loadKeySet(json: unknown): readonly SecurityKey[] {
  const entries = entriesOf(json);
  if (entries.length > MAX_KEYS) throw keyError(`a key file has at most ${MAX_KEYS} keys`);
  const keys = entries.flatMap((entry, index) => {
    try {
      return keysOf(entry, entries.length > 1);
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      throw keyError(`key ${index + 1}: ${error.message}`, error);
    }
  });
  if (keys.length === 0 && entries.length > 0) throw keyError('no key of a type that is known');
  return keys;
}

function entriesOf(json: unknown): readonly KeyEntry[] {
  const list = Array.isArray(json) ? json : isObject(json) && Array.isArray(json.keys) ? json.keys : [json];
  if (!list.every(isObject)) throw keyError('a key file is a list of objects');
  return list as readonly KeyEntry[];
}

function keysOf(entry: KeyEntry, inSet: boolean): readonly SecurityKey[] {
  const sources = sourcesOf(entry);
  if (entry.coseKeyHex !== undefined) return coseKeys(textOf(entry.coseKeyHex, 'coseKeyHex'), sources);
  if ('1' in entry) return importCoseKeys([labelledKey(entry)], sources, inSet);
  if (inSet && entry.kHex === undefined && !isKnownJwkKind(entry as JsonWebKey)) return [];
  const algorithm = typeof entry.alg === 'string' ? JWK_ALGORITHMS[entry.alg] : entry.alg;
  if (entry.alg !== undefined && !Number.isSafeInteger(algorithm)) throw keyError('alg is not known');
  const base = {
    id: idOf(entry),
    ...(algorithm === undefined ? {} : { algorithm: algorithm as number }),
    ...(entry.baseIvHex === undefined ? {} : { baseIv: fromHex(textOf(entry.baseIvHex, 'baseIvHex')) }),
    ...(sources === undefined ? {} : { sources }),
  };
  if (entry.kHex !== undefined) {
    return [{ ...base, material: { kind: 'symmetric', bytes: fromHex(textOf(entry.kHex, 'kHex')) } }];
  }
  return [{ ...base, material: importJwkMaterial(entry as JsonWebKey) }];
}

/** One COSE_Key, or a COSE_KeySet. */
function coseKeys(hex: string, sources: readonly string[] | undefined): readonly SecurityKey[] {
  let value: CborValue;
  try {
    value = decodeCbor(fromHex(hex));
  } catch (error) {
    if (error instanceof DecodeError) throw keyError(`not a COSE_Key: ${messageOf(error)}`, error);
    throw error;
  }
  return Array.isArray(value) ? importCoseKeys(value, sources, true) : importCoseKeys([value], sources, false);
}

function importCoseKeys(
  values: readonly CborValue[],
  sources: readonly string[] | undefined,
  inSet: boolean,
): readonly SecurityKey[] {
  return values.flatMap((value) => {
    if (!(value instanceof Map)) throw keyError('a COSE_Key is a map');
    return inSet && !isKnownCoseKind(value) ? [] : [importCoseKey(value, sources)];
  });
}

/** A COSE_Key as JSON: labels are names of members, byte strings hexadecimal, bare or as `{"bstr": …}`. */
function labelledKey(entry: KeyEntry): CborValue {
  const labels = Object.entries(entry).filter(([name]) => /^-?\d{1,9}$/.test(name));
  return new Map(labels.map(([label, value]) => [Number(label), labelledValue(value)]));
}

function labelledValue(value: unknown): CborValue {
  if (typeof value === 'string') return fromHex(value);
  if (isObject(value) && 'bstr' in value) return fromHex(textOf(value.bstr, 'bstr'));
  if (Array.isArray(value) && value.every((one) => Number.isSafeInteger(one))) return value;
  if (Number.isSafeInteger(value) || typeof value === 'boolean') return value as number | boolean;
  throw keyError('a parameter of a COSE_Key is an integer, bytes in hexadecimal, or a list of integers');
}

function idOf(entry: KeyEntry): Uint8Array {
  if (entry.kidHex !== undefined) return fromHex(textOf(entry.kidHex, 'kidHex'));
  return entry.kid === undefined ? new Uint8Array(0) : utf8(textOf(entry.kid, 'kid'));
}

function sourcesOf(entry: KeyEntry): readonly string[] | undefined {
  if (entry.sources === undefined) return undefined;
  const { sources } = entry;
  if (!Array.isArray(sources) || !sources.every((one) => typeof one === 'string')) {
    throw keyError('sources is a list of endpoint id patterns');
  }
  return sources;
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw keyError(`${name} is a text`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
