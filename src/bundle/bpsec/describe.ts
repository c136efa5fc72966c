/** Security blocks in words: parameters, results and verdicts by name, for `bundle inspect`. JSON-able. */
import { DecodeError, toHex, utf8Decode } from '../../base/index.js';
import type { CborUint } from '../../cbor/index.js';
import { formatEid } from '../eid.js';
import type { SecurityBlock, SecurityItem } from '../security-block.js';
import { BlockType, type Bundle } from '../types.js';
import { GcmParameter } from './aes-gcm.js';
import { algorithmName } from './cose-algorithms.js';
import {
  CoseResult,
  Header,
  type HeaderMap,
  type Headers,
  isCoseResult,
  parseCoseMessage,
  readProtected,
} from './cose-message.js';
import { bytes, integer } from './cose-recipients.js';
import { AadFlag, readAadScope, SCOPE_SECURITY_BLOCK, SCOPE_TARGET } from './cose-scope.js';
import { CoseParameter } from './cose-verify.js';
import { HmacParameter } from './hmac-sha2.js';
import type { Keyring } from './keyring.js';
import { SecurityContextId } from './outcome.js';
import { openBundle } from './process.js';
import { readBytes, readScopeFlags, readUint, ScopeFlag } from './rfc9173.js';

type Described = Readonly<Record<string, unknown>>;

const SHA_NAMES: Readonly<Record<number, string>> = { 5: 'HMAC 256/256', 6: 'HMAC 384/384', 7: 'HMAC 512/512' };
const AES_NAMES: Readonly<Record<number, string>> = { 1: 'A128GCM', 3: 'A256GCM' };
const MESSAGE_NAMES = new Map<number, string>(Object.entries(CoseResult).map(([name, id]) => [id, `COSE_${name}`]));

export interface SecurityDescription {
  readonly context: string;
  /** By name; what does not parse as what it should be is missing here. */
  readonly parameters: Described;
  /** For each target in turn. */
  readonly results: readonly (Described & { readonly target: number })[];
}

/** @param blockType 11 or 12: the contexts of RFC 9173 are for one each. */
export function describeSecurity(security: SecurityBlock, blockType: number): SecurityDescription {
  const { context, parameter, result } = vocabularyOf(security.contextId, blockType);
  return {
    context,
    parameters: Object.assign({}, ...security.parameters.map((item) => tolerant(() => parameter(item)))),
    results: security.targets.map((target, i) => ({
      target,
      ...Object.assign({}, ...(security.results[i] ?? []).map((item) => tolerant(() => result(item)))),
    })),
  };
}

export interface OperationVerdict {
  readonly block: number;
  readonly target: number | null;
  readonly service: 'integrity' | 'confidentiality' | null;
  /** As {@link SecurityDescription.context}. */
  readonly securityContext: string | null;
  readonly securitySource: string | null;
  readonly verdict: string;
  readonly message: string;
  readonly reasonCode: number | null;
  /** Of the key that did it, in hexadecimal. */
  readonly keyId: string | null;
  /** What was encrypted, in hexadecimal. */
  readonly plaintext: string | null;
}

/** What these keys say of every operation. */
export function securityVerdicts(bundle: Bundle, keys: Keyring): readonly OperationVerdict[] {
  const { reports, unreadable } = openBundle(bundle, keys);
  const verdicts = reports.map(({ operation, outcome }): OperationVerdict => {
    const { block, target, service, source, contextId } = operation;
    const type = service === 'integrity' ? BlockType.BlockIntegrity : BlockType.BlockConfidentiality;
    const securityContext = vocabularyOf(contextId, type).context;
    const base = { block, target, service, securityContext, securitySource: formatEid(source) };
    if (!outcome.ok) {
      const { code, message, reason } = outcome;
      return { ...base, verdict: code, message, reasonCode: reason, keyId: null, plaintext: null };
    }
    const message = service === 'integrity' ? 'the target is genuine' : 'the target was decrypted';
    const plaintext = outcome.plaintext === undefined ? null : toHex(outcome.plaintext);
    return { ...base, verdict: 'ok', message, reasonCode: null, keyId: toHex(outcome.keyId), plaintext };
  });
  const silent = unreadable.map(({ block, refused }): OperationVerdict => {
    const nothing = { target: null, service: null, securityContext: null, securitySource: null };
    const empty = { keyId: null, plaintext: null };
    return { block, ...nothing, ...empty, verdict: refused.code, message: refused.message, reasonCode: refused.reason };
  });
  return [...verdicts, ...silent];
}

interface Vocabulary {
  readonly context: string;
  readonly parameter: (item: SecurityItem) => Described;
  readonly result: (item: SecurityItem) => Described;
}

function vocabularyOf(contextId: CborUint, blockType: number): Vocabulary {
  const integrity = blockType === BlockType.BlockIntegrity;
  if (contextId === SecurityContextId.BibHmacSha2 && integrity) {
    return { context: 'BIB-HMAC-SHA2', parameter: hmacParameter, result: ({ value }) => ({ hmac: hex(value) }) };
  }
  if (contextId === SecurityContextId.BcbAesGcm && !integrity) {
    const result = ({ value }: SecurityItem): Described => ({ authenticationTag: hex(value) });
    return { context: 'BCB-AES-GCM', parameter: gcmParameter, result };
  }
  if (contextId === SecurityContextId.Cose) return { context: 'COSE', parameter: coseParameter, result: coseResult };
  return { context: 'unknown', parameter: () => ({}), result: () => ({}) };
}

function hmacParameter({ id, value }: SecurityItem): Described {
  if (id === HmacParameter.ShaVariant) return { shaVariant: named(readUint(value), SHA_NAMES) };
  if (id === HmacParameter.WrappedKey) return { wrappedKey: hex(value) };
  return id === HmacParameter.ScopeFlags ? { integrityScope: scopeNames(value) } : {};
}

function gcmParameter({ id, value }: SecurityItem): Described {
  if (id === GcmParameter.Iv) return { initializationVector: hex(value) };
  if (id === GcmParameter.AesVariant) return { aesVariant: named(readUint(value), AES_NAMES) };
  if (id === GcmParameter.WrappedKey) return { wrappedKey: hex(value) };
  return id === GcmParameter.ScopeFlags ? { aadScope: scopeNames(value) } : {};
}

function scopeNames(value: Uint8Array): readonly string[] {
  const flags = readScopeFlags(value);
  const names = [
    [ScopeFlag.PrimaryBlock, 'primary-block'],
    [ScopeFlag.TargetHeader, 'target-header'],
    [ScopeFlag.SecurityHeader, 'security-header'],
  ] as const;
  return names.flatMap(([flag, name]) => ((flags & flag) === 0 ? [] : [name]));
}

function coseParameter({ id, value }: SecurityItem): Described {
  if (id === CoseParameter.AadScope) return { aadScope: coverageNames(value) };
  if (id === CoseParameter.AdditionalProtected)
    return { additionalProtected: headerView(readProtected(readBytes(value))) };
  if (id !== CoseParameter.AdditionalUnprotected) return {};
  return { additionalUnprotected: headerView(readProtected(readBytes(value))) };
}

function coverageNames(value: Uint8Array): readonly Described[] {
  return [...readAadScope(value)].map(([key, flags]) => ({
    block: key === SCOPE_TARGET ? 'target' : key === SCOPE_SECURITY_BLOCK ? 'security-block' : key,
    covers: [
      ...((flags & AadFlag.Metadata) === 0 ? [] : ['metadata']),
      ...((flags & AadFlag.Content) === 0 ? [] : ['content']),
    ],
  }));
}

function coseResult({ id, value }: SecurityItem): Described {
  if (!isCoseResult(id)) return {};
  const message = parseCoseMessage(id, value);
  const view: Record<string, unknown> = { message: MESSAGE_NAMES.get(id), ...layerView(message) };
  if ('tag' in message) view.tag = toHex(message.tag);
  if ('signature' in message) view.signature = toHex(message.signature);
  if ('signatures' in message) {
    view.signatures = message.signatures.map((one) => ({ ...layerView(one), signature: toHex(one.signature) }));
  }
  if ('recipients' in message) {
    view.recipients = message.recipients.map((one) => ({ ...layerView(one), ciphertext: toHex(one.ciphertext) }));
  }
  return view;
}

function layerView(headers: Headers): Described {
  return headerView(new Map([...headers.unprotected, ...headers.protected]));
}

const BYTE_HEADERS = [
  [Header.Iv, 'iv'],
  [Header.PartialIv, 'partialIv'],
  [Header.Salt, 'salt'],
  [Header.StaticKeyId, 'senderKeyId'],
] as const;

function headerView(headers: HeaderMap): Described {
  const view: Record<string, unknown> = {};
  const algorithm = integer(headers.get(Header.Alg));
  if (algorithm !== undefined) view.alg = { id: algorithm, name: algorithmName(algorithm) };
  const keyId = bytes(headers.get(Header.KeyId));
  if (keyId !== undefined) {
    view.keyId = toHex(keyId);
    const text = utf8Decode(keyId);
    if (text !== undefined && /^[\x20-\x7e]+$/.test(text)) view.keyIdText = text;
  }
  for (const [label, name] of BYTE_HEADERS) {
    const value = bytes(headers.get(label));
    if (value !== undefined) view[name] = toHex(value);
  }
  return view;
}

function named(id: number, names: Readonly<Record<number, string>>): Described {
  return { id, name: names[id] ?? 'unknown' };
}

function hex(value: Uint8Array): string {
  return toHex(readBytes(value));
}

/** A view is for looking at what is broken, too. */
function tolerant(describe: () => Described): Described {
  try {
    return describe();
  } catch (error) {
    if (error instanceof DecodeError) return {};
    throw error;
  }
}
