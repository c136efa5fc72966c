/** How a recipient of a COSE_Encrypt or COSE_Mac comes to the content key, and how a sender gives it (RFC 9053 §6). */
import { privateDecrypt } from 'node:crypto';
import { concatBytes, HearsayError, type Random } from '../../base/index.js';
import { CborReader, CborWriter } from '../../cbor/index.js';
import type { Eid } from '../types.js';
import { agree, ephemeralKey, hkdf, readHeaderKey } from './cose-agreement.js';
import { RECIPIENT_ALGORITHMS, type RecipientAlgorithm } from './cose-algorithms.js';
import { type CoseRecipient, Header, type HeaderMap } from './cose-message.js';
import { kdfContext } from './cose-structures.js';
import { unwrapKey, wrapKey } from './key-wrap.js';
import { type KeyMaterial, KeyOperation, type Keyring, permits, type SecurityKey } from './keyring.js';
import { readBytes } from './rfc9173.js';
import { keyWrapAlgorithm, symmetric } from './symmetric-key.js';

/** RSA_PKCS1_OAEP_PADDING of OpenSSL. */
const OAEP_PADDING = 4;
const NO_BYTES = new Uint8Array(0);

/** What both sides know of the content layer. */
export interface ContentLayer {
  readonly algorithm: number;
  readonly keyBytes: number;
  readonly source: Eid;
  /** `SuppPubInfo.other` of the key derivation. */
  readonly publicOther: Uint8Array;
}

export interface ContentKey {
  readonly key: Uint8Array;
  /** Of the key that led to it. */
  readonly keyId: Uint8Array;
}

/** Every content key that this recipient's structure gives with the keys we have; none, if it is not for us. */
export function contentKeysFor(
  recipient: CoseRecipient,
  additional: HeaderMap,
  layer: ContentLayer,
  keys: Keyring,
): readonly ContentKey[] {
  const headers: HeaderMap = new Map([...additional, ...recipient.unprotected, ...recipient.protected]);
  const algorithm = integer(headers.get(Header.Alg));
  const known = algorithm === undefined ? undefined : RECIPIENT_ALGORITHMS.get(algorithm);
  if (algorithm === undefined || known === undefined || headers.has(Header.Critical)) return [];
  // §6.1.1, §6.2.1: these have nowhere to protect a header in.
  const unprotectable = known.kind === 'direct' || known.kind === 'key-wrap' || known.kind === 'oaep';
  if (unprotectable && recipient.protectedBytes.length > 0) return [];
  const keyId = bytes(headers.get(Header.KeyId));
  const kind = known.kind === 'ecdh' ? 'curve' : known.kind === 'oaep' ? 'rsa' : 'symmetric';
  return keys.candidates({ keyId, source: layer.source, kind }).flatMap((key) => {
    const content = openRecipient(recipient, headers, { algorithm, known }, key, layer, keys);
    return content === undefined ? [] : [{ key: content, keyId: key.id }];
  });
}

interface Chosen {
  readonly algorithm: number;
  readonly known: RecipientAlgorithm;
}

function openRecipient(
  recipient: CoseRecipient,
  headers: HeaderMap,
  { algorithm, known }: Chosen,
  key: SecurityKey,
  layer: ContentLayer,
  keys: Keyring,
): Uint8Array | undefined {
  const { ciphertext, protectedBytes } = recipient;
  const { material } = key;
  switch (known.kind) {
    case 'direct':
      return ciphertext.length === 0 && permitsContent(key, layer) ? symmetric(key) : undefined;
    case 'key-wrap':
      return keyWrapAlgorithm(key) === algorithm &&
        permits(key, algorithm, KeyOperation.WrapKey, KeyOperation.UnwrapKey)
        ? unwrapKey(symmetric(key), ciphertext)
        : undefined;
    case 'direct-hkdf':
      if (ciphertext.length > 0 || !permitsDerivation(key, algorithm)) return undefined;
      return derive(known.hash, symmetric(key), headers, protectedBytes, layer.algorithm, layer.keyBytes, layer);
    case 'oaep':
      return permits(key, algorithm, KeyOperation.UnwrapKey, KeyOperation.Decrypt)
        ? openOaep(known.hash, material, ciphertext)
        : undefined;
    case 'ecdh': {
      if (!permitsDerivation(key, algorithm) || material.kind !== 'curve' || material.privateKey === undefined) {
        return undefined;
      }
      const sender = senderKey(known.sender, headers, keys);
      const secret = sender === undefined ? undefined : agree(material.privateKey, material.curve, sender);
      return secret === undefined ? undefined : fromAgreed(known, secret, headers, recipient, layer);
    }
  }
}

/** What was agreed on is the content key, or what that is wrapped with. */
function fromAgreed(
  known: Extract<RecipientAlgorithm, { kind: 'ecdh' }>,
  secret: Uint8Array,
  headers: HeaderMap,
  { protectedBytes, ciphertext }: CoseRecipient,
  layer: ContentLayer,
): Uint8Array | undefined {
  const { wrap, hash } = known;
  if (wrap !== undefined) {
    const kek = derive(hash, secret, headers, protectedBytes, wrap.algorithm, wrap.keyBytes, layer);
    return unwrapKey(kek, ciphertext);
  }
  if (ciphertext.length > 0) return undefined;
  return derive(hash, secret, headers, protectedBytes, layer.algorithm, layer.keyBytes, layer);
}

function derive(
  hash: string,
  secret: Uint8Array,
  headers: HeaderMap,
  recipientProtected: Uint8Array,
  algorithm: number,
  keyBytes: number,
  { publicOther }: ContentLayer,
): Uint8Array {
  const info = kdfContext({ algorithm, keyBytes, recipientProtected, publicOther, headers });
  return hkdf(hash, secret, bytes(headers.get(Header.Salt)), info, keyBytes);
}

function senderKey(kind: 'ephemeral' | 'static', headers: HeaderMap, keys: Keyring): KeyMaterial | undefined {
  if (kind === 'ephemeral') {
    const value = headers.get(Header.EphemeralKey);
    return value === undefined ? undefined : readHeaderKey(value);
  }
  // A static key that came in the bundle itself would say nothing of who sent it.
  const keyId = bytes(headers.get(Header.StaticKeyId));
  if (keyId === undefined) return undefined;
  return keys.candidates({ keyId, source: undefined, kind: 'curve' })[0]?.material;
}

function openOaep(hash: string, material: KeyMaterial, ciphertext: Uint8Array): Uint8Array | undefined {
  if (material.kind !== 'rsa' || material.privateKey === undefined) return undefined;
  try {
    return concatBytes(privateDecrypt({ key: material.privateKey, padding: OAEP_PADDING, oaepHash: hash }, ciphertext));
  } catch {
    return undefined;
  }
}

function permitsDerivation(key: SecurityKey, algorithm: number): boolean {
  return permits(key, algorithm, KeyOperation.DeriveKey, KeyOperation.DeriveBits);
}

function permitsContent(key: SecurityKey, layer: ContentLayer): boolean {
  return key.algorithm === undefined || key.algorithm === layer.algorithm;
}

/** To whom the content key is given, and how. RSA-OAEP is opened here but not made: its padding draws randomness. */
export type RecipientSpec =
  /** The content key is the shared key itself. */
  | { readonly kind: 'direct'; readonly key: SecurityKey }
  /** The algorithm follows from the length of the key. */
  | { readonly kind: 'key-wrap'; readonly key: SecurityKey }
  | {
      readonly kind: 'direct-hkdf';
      readonly algorithm: -10 | -11;
      readonly key: SecurityKey;
      readonly salt: Uint8Array;
    }
  | {
      readonly kind: 'ecdh';
      /** −25 to −34 */
      readonly algorithm: number;
      /** The recipient's public key. */
      readonly key: SecurityKey;
      /** For the static algorithms the sender's own key; for the ephemeral ones the raw secret, or where to draw it. */
      readonly sender: SecurityKey | Uint8Array | Random;
      readonly salt?: Uint8Array;
    };

/** @returns the content key, and a writer of the COSE_recipient for it. */
export function makeRecipient(
  spec: RecipientSpec,
  contentKey: Uint8Array | undefined,
  layer: ContentLayer,
): { readonly contentKey: Uint8Array; readonly encoded: Uint8Array } {
  if (spec.kind === 'direct') {
    return { contentKey: symmetric(spec.key), encoded: recipientBytes(NO_BYTES, [algItem(-6), ...kidItem(spec.key)]) };
  }
  if (spec.kind === 'key-wrap') {
    const given = required(contentKey);
    const unprotected = [algItem(keyWrapAlgorithm(spec.key)), ...kidItem(spec.key)];
    return { contentKey: given, encoded: recipientBytes(NO_BYTES, unprotected, wrapKey(symmetric(spec.key), given)) };
  }
  const protectedBytes = new CborWriter(8).map(1).uint(Header.Alg).int(spec.algorithm).finish();
  const salt = spec.salt === undefined ? [] : [bytesHeader(Header.Salt, spec.salt)];
  if (spec.kind === 'direct-hkdf') {
    const unprotected = [...kidItem(spec.key), ...salt];
    const { hash } = RECIPIENT_ALGORITHMS.get(spec.algorithm) as Extract<RecipientAlgorithm, { kind: 'direct-hkdf' }>;
    const headers: HeaderMap = new Map(unprotected);
    const derived = derive(hash, symmetric(spec.key), headers, protectedBytes, layer.algorithm, layer.keyBytes, layer);
    return { contentKey: derived, encoded: recipientBytes(protectedBytes, unprotected) };
  }
  return makeAgreement(spec, contentKey, layer, protectedBytes, salt);
}

function makeAgreement(
  spec: Extract<RecipientSpec, { kind: 'ecdh' }>,
  contentKey: Uint8Array | undefined,
  layer: ContentLayer,
  protectedBytes: Uint8Array,
  salt: readonly HeaderItem[],
): { readonly contentKey: Uint8Array; readonly encoded: Uint8Array } {
  const known = RECIPIENT_ALGORITHMS.get(spec.algorithm);
  const { material } = spec.key;
  if (known?.kind !== 'ecdh' || material.kind !== 'curve') {
    throw new HearsayError('ERR_BPSEC_KEY', `the key cannot be agreed with by COSE algorithm ${spec.algorithm}`);
  }
  const { secret, senderItem } = agreeAsSender(spec, known.sender, material);
  const unprotected = [...kidItem(spec.key), senderItem, ...salt];
  const headers: HeaderMap = new Map(unprotected);
  const { wrap, hash } = known;
  if (wrap === undefined) {
    const derived = derive(hash, secret, headers, protectedBytes, layer.algorithm, layer.keyBytes, layer);
    return { contentKey: derived, encoded: recipientBytes(protectedBytes, unprotected) };
  }
  const given = required(contentKey);
  const kek = derive(hash, secret, headers, protectedBytes, wrap.algorithm, wrap.keyBytes, layer);
  return { contentKey: given, encoded: recipientBytes(protectedBytes, unprotected, wrapKey(kek, given)) };
}

function agreeAsSender(
  { sender }: Extract<RecipientSpec, { kind: 'ecdh' }>,
  kind: 'ephemeral' | 'static',
  recipient: Extract<KeyMaterial, { kind: 'curve' }>,
): { readonly secret: Uint8Array; readonly senderItem: HeaderItem } {
  if (kind === 'ephemeral' && !('material' in sender)) {
    const own = ephemeralKey(recipient.curve, sender);
    const secret = agree(own.privateKey, own.curve, recipient);
    if (secret !== undefined) return { secret, senderItem: [Header.EphemeralKey, own.header] };
  } else if (kind === 'static' && 'material' in sender && sender.material.kind === 'curve') {
    const { privateKey, curve } = sender.material;
    const secret = privateKey === undefined ? undefined : agree(privateKey, curve, recipient);
    if (secret !== undefined) return { secret, senderItem: bytesHeader(Header.StaticKeyId, sender.id) };
  }
  throw new HearsayError('ERR_BPSEC_KEY', 'sender and recipient have no keys to agree with');
}

/** A header by label, its value encoded. */
export type HeaderItem = readonly [number, Uint8Array];

export function bytesHeader(label: number, value: Uint8Array): HeaderItem {
  return [label, new CborWriter(value.length + 9).byteString(value).finish()];
}

function algItem(algorithm: number): HeaderItem {
  return [Header.Alg, new CborWriter(8).int(algorithm).finish()];
}

export function kidItem(key: SecurityKey): readonly HeaderItem[] {
  return key.id.length === 0 ? [] : [bytesHeader(Header.KeyId, key.id)];
}

/** A header map in deterministic order: 1, 2, 3 … −1, −2 …. */
export function headerBytes(items: readonly HeaderItem[]): Uint8Array {
  const sorted = [...items].sort(([a], [b]) => (a >= 0 !== b >= 0 ? (a >= 0 ? -1 : 1) : Math.abs(a) - Math.abs(b)));
  const writer = new CborWriter(128).map(sorted.length);
  for (const [label, value] of sorted) writer.int(label).raw(value);
  return writer.finish();
}

function recipientBytes(
  protectedBytes: Uint8Array,
  unprotected: readonly HeaderItem[],
  ciphertext: Uint8Array = NO_BYTES,
): Uint8Array {
  const writer = new CborWriter(256).array(3).byteString(protectedBytes).raw(headerBytes(unprotected));
  return writer.byteString(ciphertext).finish();
}

function required(contentKey: Uint8Array | undefined): Uint8Array {
  if (contentKey === undefined)
    throw new HearsayError('ERR_BPSEC_KEY', 'this recipient needs a content key to be given');
  return contentKey;
}

/** The integer that a header value is; undefined when it is something else. */
export function integer(value: Uint8Array | undefined): number | undefined {
  if (value === undefined) return undefined;
  const reader = new CborReader(value);
  return reader.peekMajor() <= 1 ? Number(reader.int()) : undefined;
}

/** @throws DecodeError when the header is no byte string. */
export function bytes(value: Uint8Array | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : readBytes(value);
}
