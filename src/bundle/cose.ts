/**
 * The part of COSE (RFC 9052) that signatures over bundles use: COSE_Sign1 with detached payload, its headers, and the
 * structure that is signed.
 */
import { CborReader, type CborUint, CborWriter, headSize, Major } from '../cbor/index.js';

/** EdDSA (RFC 9053 §2.2), and its fully specified successor (RFC 9864), which only we read. */
const ALG_EDDSA = -8;
const ALG_ED25519 = -19;
const HEADER_ALG = 1;
const HEADER_CRITICAL = 2;
const HEADER_KEY_ID = 4;
/** `kcwt`: a CWT that certifies the key (RFC 9528). */
const HEADER_CERTIFICATE = 13;
const MAX_DEPTH = 12;

/** `{1: -8}` */
export const PROTECTED_EDDSA = Uint8Array.of(0xa1, HEADER_ALG, 0x27);

export interface CoseHeaders {
  alg?: CborUint;
  keyId?: Uint8Array;
  /** The CWT as it is encoded. */
  certificate?: Uint8Array;
}

export interface Sign1 {
  /** The content of the protected header's byte string. */
  readonly protected: Uint8Array;
  readonly headers: CoseHeaders;
  readonly signature: Uint8Array;
}

export function isEd25519(alg: CborUint | undefined): boolean {
  return alg === ALG_EDDSA || alg === ALG_ED25519;
}

/**
 * @param value the encoding of a byte string that holds a COSE_Sign1, untagged, payload nil.
 * @param outer headers from the security block's own parameters, protected and not.
 * @throws DecodeError `ERR_BUNDLE_SECURITY` or `ERR_CBOR_…`.
 */
export function parseSign1(
  value: Uint8Array,
  outer: { readonly protected: Uint8Array; readonly unprotected: Uint8Array },
): Sign1 {
  const wrapper = new CborReader(value);
  const message = new CborReader(wrapper.byteString());
  message.arrayOf(4, 'a COSE_Sign1');
  const protectedBytes = message.byteString();
  const headers: CoseHeaders = {};
  const seen = new Set<number | string>();
  readHeaders(new CborReader(outer.protected), headers, seen, true);
  readHeaders(new CborReader(outer.unprotected), headers, seen, false);
  readHeaders(new CborReader(protectedBytes), headers, seen, true);
  readHeaderMap(message, headers, seen, false);
  if (message.simple() !== null) message.fail('ERR_BUNDLE_SECURITY', 'the payload of a COSE_Sign1 is detached here');
  const signature = message.byteString();
  message.expectEnd('the COSE_Sign1');
  return { protected: protectedBytes, headers, signature };
}

/** @returns the encoding of a byte string that holds the COSE_Sign1. */
export function encodeSign1(keyId: Uint8Array, certificate: Uint8Array | undefined, signature: Uint8Array): Uint8Array {
  const writer = new CborWriter(128 + (certificate?.length ?? 0));
  writer
    .array(4)
    .byteString(PROTECTED_EDDSA)
    .map(certificate === undefined ? 1 : 2);
  writer.uint(HEADER_KEY_ID).byteString(keyId);
  if (certificate !== undefined) writer.uint(HEADER_CERTIFICATE).raw(certificate);
  const message = writer.null().byteString(signature).finish();
  return new CborWriter(message.length + 5).byteString(message).finish();
}

/** `Sig_structure` (RFC 9052 §4.4): the bytes that are signed. The payload is copied once. */
export function sigStructure(protectedBytes: Uint8Array, externalAad: Uint8Array, payload: Uint8Array): Uint8Array {
  const size = 12 + lengthOf(protectedBytes) + lengthOf(externalAad) + lengthOf(payload);
  return new CborWriter(size)
    .array(4)
    .text('Signature1')
    .byteString(protectedBytes)
    .byteString(externalAad)
    .byteString(payload)
    .finish();
}

function lengthOf(byteString: Uint8Array): number {
  return headSize(byteString.length) + byteString.length;
}

/** Reads a header map, or nothing: an empty protected header is an empty byte string. */
function readHeaders(reader: CborReader, into: CoseHeaders, seen: Set<number | string>, isProtected: boolean): void {
  if (reader.atEnd) return;
  readHeaderMap(reader, into, seen, isProtected);
  reader.expectEnd('a COSE header');
}

function readHeaderMap(reader: CborReader, into: CoseHeaders, seen: Set<number | string>, isProtected: boolean): void {
  const pairs = reader.map();
  for (let i = 0; i < pairs; i++) {
    const start = reader.offset;
    const label = reader.peekMajor() === Major.Text ? reader.text() : Number(reader.int());
    // RFC 9052 §3: a label in two places would let two readers pick different values.
    if (seen.has(label)) reader.fail('ERR_BUNDLE_SECURITY', `COSE header ${label} is there twice`, start);
    seen.add(label);
    readHeader(reader, label, into, isProtected, start);
  }
}

function readHeader(
  reader: CborReader,
  label: number | string,
  into: CoseHeaders,
  isProtected: boolean,
  start: number,
): void {
  if (label === HEADER_ALG) {
    if (!isProtected) reader.fail('ERR_BUNDLE_SECURITY', 'the algorithm must be protected', start);
    into.alg = reader.int();
  } else if (label === HEADER_CRITICAL) {
    reader.fail('ERR_BUNDLE_SECURITY', 'critical COSE headers are not known here', start);
  } else if (label === HEADER_KEY_ID) {
    into.keyId = reader.byteString();
  } else {
    const valueAt = reader.offset;
    reader.skip(MAX_DEPTH);
    if (label === HEADER_CERTIFICATE) into.certificate = reader.bytes.subarray(valueAt, reader.offset);
  }
}
