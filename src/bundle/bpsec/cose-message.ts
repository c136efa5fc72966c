/**
 * COSE messages with detached content (RFC 9052 §4 to §6), as security results carry them: untagged, inside a byte
 * string.
 */
import { CborReader, CborWriter, Major } from '../../cbor/index.js';
import { readBytes } from './rfc9173.js';

/** Result ids are the CBOR tags of the messages. */
export const CoseResult = { Encrypt0: 16, Mac0: 17, Sign1: 18, Encrypt: 96, Mac: 97, Sign: 98 } as const;
export type CoseResultId = (typeof CoseResult)[keyof typeof CoseResult];

/** COSE header labels (RFC 9052 §3.1, RFC 9053 §5 and §6). */
export const Header = {
  Alg: 1,
  Critical: 2,
  KeyId: 4,
  Iv: 5,
  PartialIv: 6,
  /** `kcwt`: a CWT that certifies the key (RFC 9528). */
  Certificate: 13,
  EphemeralKey: -1,
  StaticKey: -2,
  StaticKeyId: -3,
  Salt: -20,
  PartyUIdentity: -21,
  PartyUNonce: -22,
  PartyUOther: -23,
  PartyVIdentity: -24,
  PartyVNonce: -25,
  PartyVOther: -26,
} as const;

/** Values as they are encoded, by label. */
export type HeaderMap = ReadonlyMap<number | string, Uint8Array>;

export interface Headers {
  /** The content of the protected header's byte string, empty for an empty map. */
  readonly protectedBytes: Uint8Array;
  readonly protected: HeaderMap;
  readonly unprotected: HeaderMap;
}

export interface CoseSignature extends Headers {
  readonly signature: Uint8Array;
}

export interface CoseRecipient extends Headers {
  /** The encrypted content key; empty where the recipient's algorithm needs none. */
  readonly ciphertext: Uint8Array;
}

export type CoseMessage = Headers &
  (
    | { readonly id: 16 }
    | { readonly id: 17; readonly tag: Uint8Array }
    | { readonly id: 18; readonly signature: Uint8Array }
    | { readonly id: 96; readonly recipients: readonly CoseRecipient[] }
    | { readonly id: 97; readonly tag: Uint8Array; readonly recipients: readonly CoseRecipient[] }
    | { readonly id: 98; readonly signatures: readonly CoseSignature[] }
  );

const NO_BYTES = new Uint8Array(0);
const NO_HEADERS: HeaderMap = new Map();
const MAX_DEPTH = 12;
/** Each one may cost a verification or a key agreement. */
const MAX_PARTIES = 16;
const EMPTY_MAP = 0xa0;

const ELEMENTS: Readonly<Record<CoseResultId, number>> = { 16: 3, 17: 4, 18: 4, 96: 4, 97: 5, 98: 4 };

export function isCoseResult(id: number | bigint): id is CoseResultId {
  return typeof id === 'number' && Object.hasOwn(ELEMENTS, id);
}

/**
 * @param value the encoded security result: a byte string around the message.
 * @throws DecodeError `ERR_BUNDLE_SECURITY` or `ERR_CBOR_…`.
 */
export function parseCoseMessage(id: CoseResultId, value: Uint8Array): CoseMessage {
  const reader = new CborReader(readBytes(value));
  reader.arrayOf(ELEMENTS[id], 'a COSE message');
  const headers = readHeaders(reader);
  const contentAt = reader.offset;
  if (reader.simple() !== null) reader.fail('ERR_BUNDLE_SECURITY', 'the content is detached here', contentAt);
  const message = readRest(reader, id, headers);
  reader.expectEnd('the COSE message');
  return message;
}

function readRest(reader: CborReader, id: CoseResultId, headers: Headers): CoseMessage {
  switch (id) {
    case CoseResult.Encrypt0:
      return { id, ...headers };
    case CoseResult.Mac0:
      return { id, ...headers, tag: reader.byteString() };
    case CoseResult.Sign1:
      return { id, ...headers, signature: reader.byteString() };
    case CoseResult.Encrypt:
      return { id, ...headers, recipients: readParties(reader, readRecipient) };
    case CoseResult.Mac:
      return { id, ...headers, tag: reader.byteString(), recipients: readParties(reader, readRecipient) };
    case CoseResult.Sign:
      return { id, ...headers, signatures: readParties(reader, readSignature) };
  }
}

function readParties<Party>(reader: CborReader, read: (reader: CborReader) => Party): readonly Party[] {
  const start = reader.offset;
  const count = reader.array();
  if (count === 0) reader.fail('ERR_BUNDLE_SECURITY', 'a COSE message has at least one recipient or signer', start);
  if (count > MAX_PARTIES) reader.fail('ERR_BUNDLE_SECURITY', `more than ${MAX_PARTIES} recipients or signers`, start);
  return Array.from({ length: count }, () => read(reader));
}

function readSignature(reader: CborReader): CoseSignature {
  reader.arrayOf(3, 'a COSE_Signature');
  return { ...readHeaders(reader), signature: reader.byteString() };
}

/** Recipients of recipients are legal in COSE; no algorithm here needs them. */
function readRecipient(reader: CborReader): CoseRecipient {
  reader.arrayOf(3, 'a COSE_recipient');
  const headers = readHeaders(reader);
  if (reader.peekMajor() === Major.Bytes) return { ...headers, ciphertext: reader.byteString() };
  const start = reader.offset;
  if (reader.simple() !== null) reader.fail('ERR_CBOR_TYPE', 'a ciphertext is a byte string or null', start);
  return { ...headers, ciphertext: NO_BYTES };
}

function readHeaders(reader: CborReader): Headers {
  const bytes = reader.byteString();
  const protectedMap = readProtected(bytes);
  const at = reader.offset;
  const unprotected = readHeaderMap(reader);
  for (const label of unprotected.keys()) {
    // RFC 9052 §3: a label in two places would let two readers pick different values.
    if (protectedMap.has(label)) reader.fail('ERR_BUNDLE_SECURITY', `COSE header ${label} is there twice`, at);
  }
  return { protectedBytes: canonicalProtected(bytes), protected: protectedMap, unprotected };
}

/** The content of `empty_or_serialized_map`. @throws DecodeError */
export function readProtected(bytes: Uint8Array): HeaderMap {
  if (bytes.length === 0) return NO_HEADERS;
  const reader = new CborReader(bytes);
  const map = readHeaderMap(reader);
  reader.expectEnd('a COSE header');
  return map;
}

function readHeaderMap(reader: CborReader): HeaderMap {
  const pairs = reader.map();
  const map = new Map<number | string, Uint8Array>();
  for (let i = 0; i < pairs; i++) {
    const start = reader.offset;
    const label = reader.peekMajor() === Major.Text ? reader.text() : Number(reader.int());
    if (map.has(label)) reader.fail('ERR_BUNDLE_SECURITY', `COSE header ${label} is there twice`, start);
    const valueAt = reader.offset;
    reader.skip(MAX_DEPTH);
    map.set(label, reader.bytes.subarray(valueAt, reader.offset));
  }
  return map;
}

/** In the structures that are signed an empty map is an empty string (RFC 9052 §4.4, §5.3, §6.3). */
function canonicalProtected(bytes: Uint8Array): Uint8Array {
  return bytes.length === 1 && bytes[0] === EMPTY_MAP ? NO_BYTES : bytes;
}

export interface EncodableHeaders {
  readonly protectedBytes: Uint8Array;
  readonly unprotected: Uint8Array;
}

/** @param write what follows the content. @returns the encoded result: a byte string around the message. */
export function encodeCoseMessage(
  id: CoseResultId,
  headers: EncodableHeaders,
  write: (writer: CborWriter) => void,
): Uint8Array {
  return coseMessage(id, headers, write).finish();
}

/** The same as a writer, to be lent out. */
export function coseMessage(
  id: CoseResultId,
  headers: EncodableHeaders,
  write: (writer: CborWriter) => void,
): CborWriter {
  const writer = CborWriter.toLend(512).array(ELEMENTS[id]);
  writeHeaders(writer, headers);
  write(writer.null());
  return writer.lend((message) => CborWriter.toLend(message.length + 9).byteString(message));
}

export function writeHeaders(writer: CborWriter, headers: EncodableHeaders): void {
  writer.byteString(headers.protectedBytes).raw(headers.unprotected);
}
