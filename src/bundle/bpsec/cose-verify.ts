/** The COSE context, id 3, as verifier and acceptor (draft-ietf-dtn-bpsec-cose, checked against its draft 17). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { concatBytes, toHex, utf8Decode } from '../../base/index.js';
import { CborReader, CborWriter } from '../../cbor/index.js';
import type { SecurityItem } from '../security-block.js';
import { openGcm, splitTag } from './aead.js';
import {
  algorithmName,
  CIPHER_ALGORITHMS,
  GCM_IV_BYTES,
  MAC_ALGORITHMS,
  type MacAlgorithm,
  SIGNATURE_ALGORITHMS,
} from './cose-algorithms.js';
import {
  type CoseMessage,
  type CoseRecipient,
  Header,
  type HeaderMap,
  type Headers,
  isCoseResult,
  parseCoseMessage,
  readProtected,
} from './cose-message.js';
import { bytes, type ContentKey, type ContentLayer, contentKeysFor, integer } from './cose-recipients.js';
import { ENCODED_DEFAULT_SCOPE, type EncodedScope, externalAad, readAadScope } from './cose-scope.js';
import { fitsSignature, verifySignature } from './cose-sign.js';
import { encStructure, macStructure, sigStructure } from './cose-structures.js';
import { KeyOperation, type Keyring, permits, type SecurityKey } from './keyring.js';
import { type ContextVerdict, refuse } from './outcome.js';
import { itemsById, readBytes } from './rfc9173.js';
import { contentOf, type OperationInput } from './target.js';

export const CoseParameter = { AdditionalProtected: 3, AdditionalUnprotected: 4, AadScope: 5 } as const;

/** The parameters of a security block in the COSE context, with their defaults. */
export interface CoseParameters extends EncodedScope {
  readonly additionalProtected: Uint8Array;
  /** Both additional maps; COSE sees them as unprotected headers of the innermost layer. */
  readonly additional: HeaderMap;
}

const PARAMETER_IDS = Object.values(CoseParameter);
const NO_BYTES = new Uint8Array(0);

/** @throws DecodeError */
export function readCoseParameters(items: readonly SecurityItem[]): CoseParameters {
  const parameters = itemsById(items, PARAMETER_IDS);
  const additionalProtected = contentOfItem(parameters.get(CoseParameter.AdditionalProtected));
  const unprotected = contentOfItem(parameters.get(CoseParameter.AdditionalUnprotected));
  const value = parameters.get(CoseParameter.AadScope);
  const { scope, bytes } = value === undefined ? ENCODED_DEFAULT_SCOPE : { scope: readAadScope(value), bytes: value };
  return { additionalProtected, additional: joined(additionalProtected, unprotected), scope, bytes };
}

function joined(protectedBytes: Uint8Array, unprotected: Uint8Array): HeaderMap {
  const additional = readProtected(protectedBytes);
  if (unprotected.length === 0) return additional;
  const both = new Map(additional);
  for (const [label, value] of readProtected(unprotected)) {
    if (both.has(label)) {
      new CborReader(unprotected).fail('ERR_BUNDLE_SECURITY', `additional header ${label} is there twice`);
    }
    both.set(label, value);
  }
  return both;
}

/** `SuppPubInfo.other`: "BPSec", the security source, the additional protected header. */
export function publicOther(sourceBytes: Uint8Array, additionalProtected: Uint8Array): Uint8Array {
  return new CborWriter(96).text('BPSec').raw(sourceBytes).byteString(additionalProtected).finish();
}

/** @throws DecodeError when parameters or results do not parse. */
export function verifyCose(
  service: 'integrity' | 'confidentiality',
  input: OperationInput,
  results: readonly SecurityItem[],
  keys: Keyring,
): ContextVerdict {
  const parameters = readCoseParameters(input.parameters);
  const [result] = results;
  if (result === undefined || results.length !== 1 || !isCoseResult(result.id)) {
    return refuse('malformed', 'an operation of the COSE context has one result, a COSE message');
  }
  const message = parseCoseMessage(result.id, result.value);
  const encrypts = message.id === 16 || message.id === 96;
  if (encrypts !== (service === 'confidentiality')) {
    return refuse('malformed', `COSE message ${message.id} has no place in this kind of security block`);
  }
  const external = externalAad(input, parameters, parameters.additionalProtected);
  if (external === undefined) return refuse('malformed', 'the AAD scope names what is not there or cannot be covered');
  return external.lend((aad) => {
    const operation: CoseOperation = { input, aad, keys, additional: parameters.additional, parameters };
    if (message.id === 16 || message.id === 96) return open(message, operation);
    return message.id === 17 || message.id === 97 ? verifyMac(message, operation) : verifySigned(message, operation);
  });
}

interface CoseOperation {
  readonly input: OperationInput;
  readonly aad: Uint8Array;
  readonly keys: Keyring;
  readonly additional: HeaderMap;
  readonly parameters: CoseParameters;
}

type MessageOf<Id extends number> = Extract<CoseMessage, { id: Id }>;

/** One genuine signature of a COSE_Sign is enough: signers are alternatives, for verifiers with different keys. */
function verifySigned(message: MessageOf<18> | MessageOf<98>, operation: CoseOperation): ContextVerdict {
  const payload = contentOf(operation.input.target);
  const { aad, additional } = operation;
  if (message.id === 18) {
    return sigStructure(message.protectedBytes, undefined, aad, payload).lend((toBeSigned) =>
      verifyOne(message, additional, toBeSigned, message.signature, operation),
    );
  }
  const critical = criticalGap(message, new Map());
  if (critical !== undefined) return refuse('unsupported', critical);
  let last: ContextVerdict = refuse('malformed', 'the message has no signer');
  for (const signer of message.signatures) {
    const verdict = sigStructure(message.protectedBytes, signer.protectedBytes, aad, payload).lend((toBeSigned) =>
      verifyOne(signer, additional, toBeSigned, signer.signature, operation),
    );
    if (verdict.ok) return verdict;
    last = last.ok || last.code !== 'failed' ? verdict : last;
  }
  return last;
}

function verifyOne(
  headers: Headers,
  additional: HeaderMap,
  toBeSigned: Uint8Array,
  signature: Uint8Array,
  { input, keys }: CoseOperation,
): ContextVerdict {
  const critical = criticalGap(headers, additional);
  if (critical !== undefined) return refuse('unsupported', critical);
  const id = protectedAlgorithm(headers);
  const algorithm = id === undefined ? undefined : SIGNATURE_ALGORITHMS.get(id);
  if (id === undefined) return refuse('malformed', 'the algorithm is not in the protected header');
  if (algorithm === undefined) return refuse('unsupported', `COSE algorithm ${algorithmName(id)} is not supported`);
  const keyId = headerBytesOf(headers, additional, Header.KeyId);
  const candidates = keys
    .candidates({ keyId, source: input.source, kind: 'any' })
    .filter((key) => fitsSignature(algorithm, key.material))
    .filter((key) => permits(key, id, KeyOperation.Verify, KeyOperation.Sign));
  if (candidates.length === 0) return refuse('unknown-key', `no key for the signature${named(keyId)}`);
  for (const key of candidates) {
    if (verifySignature(algorithm, key.material, toBeSigned, signature)) return { ok: true, keyId: key.id };
  }
  return refuse('failed', 'the signature does not match');
}

function verifyMac(message: MessageOf<17> | MessageOf<97>, operation: CoseOperation): ContextVerdict {
  const layer = contentLayer(message, operation, MAC_ALGORITHMS);
  if ('ok' in layer) return layer;
  const { known, id } = layer;
  const context = message.id === 17 ? 'MAC0' : 'MAC';
  const keys =
    message.id === 17
      ? directKeys(message, operation, id, KeyOperation.MacCreate, KeyOperation.MacVerify)
      : recipientKeys(message.recipients, operation, { id, keyBytes: known.keyBytes });
  if (keys.length === 0) return refuse('unknown-key', `no key for the MAC${named(keyIdOf(message, operation))}`);
  const content = contentOf(operation.input.target);
  const good = macStructure(context, message.protectedBytes, operation.aad, content).lend((toBeMaced) =>
    keys.find(({ key }) => {
      const found = coseMac(known, key, toBeMaced);
      return found.length === message.tag.length && timingSafeEqual(found, message.tag);
    }),
  );
  return good === undefined ? refuse('failed', 'the MAC does not match') : { ok: true, keyId: good.keyId };
}

export function coseMac(algorithm: MacAlgorithm, key: Uint8Array, toBeMaced: Uint8Array): Uint8Array {
  return concatBytes(createHmac(algorithm.hash, key).update(toBeMaced).digest().subarray(0, algorithm.tagBytes));
}

function open(message: MessageOf<16> | MessageOf<96>, operation: CoseOperation): ContextVerdict {
  const content = contentLayer(message, operation, CIPHER_ALGORITHMS);
  if ('ok' in content) return content;
  const { known, id } = content;
  const sealed = splitTag(contentOf(operation.input.target));
  if (sealed === undefined) return refuse('failed', 'the ciphertext is too short for its authentication tag');
  const context = message.id === 16 ? 'Encrypt0' : 'Encrypt';
  const aad = encStructure(context, message.protectedBytes, operation.aad);
  const keys =
    message.id === 16
      ? directKeys(message, operation, id, KeyOperation.Encrypt, KeyOperation.Decrypt)
      : recipientKeys(message.recipients, operation, { id, keyBytes: known.keyBytes });
  const fitting = keys.filter(({ key }) => key.length === known.keyBytes);
  if (fitting.length === 0) {
    return refuse('unknown-key', `no key for the ciphertext${named(keyIdOf(message, operation))}`);
  }
  const additional = message.id === 16 ? operation.additional : new Map();
  const full = headerBytesOf(message, additional, Header.Iv);
  const partial = headerBytesOf(message, additional, Header.PartialIv);
  if (full !== undefined && partial !== undefined) return refuse('malformed', 'an IV and a partial IV');
  for (const { key, keyId, baseIv } of fitting) {
    const iv = full ?? (partial === undefined ? undefined : completeIv(baseIv, partial));
    if (iv === undefined || iv.length !== GCM_IV_BYTES) continue;
    const plaintext = openGcm(key, iv, aad, sealed);
    if (plaintext !== undefined) return { ok: true, keyId, plaintext };
  }
  return refuse('failed', 'the ciphertext is not authentic');
}

/** RFC 9052 §3.1: the partial IV, padded on the left, exclusive-or the base IV of the key. */
export function completeIv(baseIv: Uint8Array | undefined, partial: Uint8Array): Uint8Array | undefined {
  if (baseIv === undefined || baseIv.length !== GCM_IV_BYTES || partial.length > GCM_IV_BYTES) return undefined;
  const iv = baseIv.slice();
  const at = GCM_IV_BYTES - partial.length;
  partial.forEach((byte, i) => {
    iv[at + i] = (iv[at + i] as number) ^ byte;
  });
  return iv;
}

interface UsableKey extends ContentKey {
  readonly baseIv?: Uint8Array;
}

function directKeys(
  headers: Headers,
  { keys, input, additional }: CoseOperation,
  algorithm: number,
  ...uses: readonly number[]
): readonly UsableKey[] {
  const keyId = headerBytesOf(headers, additional, Header.KeyId);
  return keys
    .candidates({ keyId, source: input.source, kind: 'symmetric' })
    .filter((key) => permits(key, algorithm, ...uses))
    .flatMap(usable);
}

function usable(key: SecurityKey): readonly UsableKey[] {
  if (key.material.kind !== 'symmetric') return [];
  const { baseIv } = key;
  return [{ key: key.material.bytes, keyId: key.id, ...(baseIv === undefined ? {} : { baseIv }) }];
}

function recipientKeys(
  recipients: readonly CoseRecipient[],
  { input, keys, additional, parameters }: CoseOperation,
  content: { readonly id: number; readonly keyBytes: number },
): readonly UsableKey[] {
  const layer: ContentLayer = {
    algorithm: content.id,
    keyBytes: content.keyBytes,
    source: input.source,
    publicOther: publicOther(input.sourceBytes, parameters.additionalProtected),
  };
  return recipients.flatMap((recipient) => contentKeysFor(recipient, additional, layer, keys));
}

function contentLayer<Known>(
  message: MessageOf<16> | MessageOf<17> | MessageOf<96> | MessageOf<97>,
  { additional }: CoseOperation,
  algorithms: ReadonlyMap<number, Known>,
): { readonly known: Known; readonly id: number } | ReturnType<typeof refuse> {
  const single = message.id === 16 || message.id === 17;
  const critical = criticalGap(message, single ? additional : new Map());
  if (critical !== undefined) return refuse('unsupported', critical);
  const id = protectedAlgorithm(message);
  if (id === undefined) return refuse('malformed', 'the algorithm is not in the protected header');
  const known = algorithms.get(id);
  return known === undefined
    ? refuse('unsupported', `COSE algorithm ${algorithmName(id)} is not supported`)
    : { known, id };
}

/** Of a message that names its key itself; recipients name theirs. */
function keyIdOf(
  message: MessageOf<16> | MessageOf<17> | MessageOf<96> | MessageOf<97>,
  { additional }: CoseOperation,
) {
  return message.id === 16 || message.id === 17 ? headerBytesOf(message, additional, Header.KeyId) : undefined;
}

function named(keyId: Uint8Array | undefined): string {
  if (keyId === undefined) return '';
  const text = utf8Decode(keyId);
  return text !== undefined && /^[\x21-\x7e]{1,64}$/.test(text)
    ? ` with the id "${text}"`
    : ` with the id ${toHex(keyId.subarray(0, 64))}`;
}

/** An algorithm that is not protected could be exchanged for a weaker one. */
function protectedAlgorithm(headers: Headers): number | undefined {
  return integer(headers.protected.get(Header.Alg));
}

function headerBytesOf(headers: Headers, additional: HeaderMap, label: number): Uint8Array | undefined {
  return bytes(headers.protected.get(label) ?? headers.unprotected.get(label) ?? additional.get(label));
}

const UNDERSTOOD: ReadonlySet<number | string> = new Set([Header.Alg, Header.KeyId, Header.Iv, Header.PartialIv]);

/** What keeps us from honouring the critical headers (RFC 9052 §3.1), if there are any. */
function criticalGap(headers: Headers, additional: HeaderMap): string | undefined {
  if (headers.unprotected.has(Header.Critical) || additional.has(Header.Critical))
    return 'an unprotected list of critical headers';
  const value = headers.protected.get(Header.Critical);
  if (value === undefined) return undefined;
  const reader = new CborReader(value);
  const count = reader.array();
  if (count === 0) return 'an empty list of critical headers';
  for (let i = 0; i < count; i++) {
    const label = reader.peekMajor() === 3 ? reader.text() : Number(reader.int());
    if (!UNDERSTOOD.has(label) || !headers.protected.has(label))
      return `critical COSE header ${label} is not understood`;
  }
  return undefined;
}

function contentOfItem(value: Uint8Array | undefined): Uint8Array {
  return value === undefined ? NO_BYTES : readBytes(value);
}
