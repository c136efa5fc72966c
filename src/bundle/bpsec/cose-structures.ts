/**
 * The bytes that COSE signs, authenticates and derives keys from (RFC 9052 §4.4, §5.3, §6.3; RFC 9053 §5.2).
 *
 * What is needed for one computation only comes as a writer to be lent out. The payload is copied into it once.
 */
import { CborWriter, headSize } from '../../cbor/index.js';
import { Header, type HeaderMap } from './cose-message.js';

/** `Sig_structure` for a COSE_Sign1 (`signer` undefined) or one signer of a COSE_Sign. */
export function sigStructure(
  body: Uint8Array,
  signer: Uint8Array | undefined,
  externalAad: Uint8Array,
  payload: Uint8Array,
): CborWriter {
  const context = signer === undefined ? 'Signature1' : 'Signature';
  const writer = structure(context, signer === undefined ? 4 : 5, [body, signer, externalAad, payload]);
  writer.byteString(body);
  if (signer !== undefined) writer.byteString(signer);
  return writer.byteString(externalAad).byteString(payload);
}

/** The `Sig_structure` of a COSE_Sign1 up to its payload, whose bytes are to follow. */
export function sigStructureHead(body: Uint8Array, externalAad: Uint8Array, payloadBytes: number): CborWriter {
  const writer = structure('Signature1', 4, [body, externalAad]);
  return writer.byteString(body).byteString(externalAad).byteStringHead(payloadBytes);
}

export function macStructure(
  context: 'MAC0' | 'MAC',
  body: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): CborWriter {
  const writer = structure(context, 4, [body, externalAad, payload]);
  return writer.byteString(body).byteString(externalAad).byteString(payload);
}

/** `Enc_structure`: the associated data of the cipher. */
export function encStructure(context: 'Encrypt0' | 'Encrypt', body: Uint8Array, externalAad: Uint8Array): Uint8Array {
  return structure(context, 3, [body, externalAad]).byteString(body).byteString(externalAad).finish();
}

export interface KdfContext {
  /** What the derived key is for. */
  readonly algorithm: number;
  readonly keyBytes: number;
  readonly recipientProtected: Uint8Array;
  /** `SuppPubInfo.other`: what the COSE context of BPSec adds. */
  readonly publicOther: Uint8Array;
  readonly headers: HeaderMap;
}

/** `COSE_KDF_Context` */
export function kdfContext(context: KdfContext): Uint8Array {
  const writer = new CborWriter(256).array(4).int(context.algorithm);
  const { headers } = context;
  writeParty(writer, headers, [Header.PartyUIdentity, Header.PartyUNonce, Header.PartyUOther]);
  writeParty(writer, headers, [Header.PartyVIdentity, Header.PartyVNonce, Header.PartyVOther]);
  writer
    .array(3)
    .uint(context.keyBytes * 8)
    .byteString(context.recipientProtected)
    .byteString(context.publicOther);
  return writer.finish();
}

function writeParty(writer: CborWriter, headers: HeaderMap, labels: readonly number[]): void {
  writer.array(labels.length);
  for (const label of labels) {
    const value = headers.get(label);
    if (value === undefined) writer.null();
    else writer.raw(value);
  }
}

/** The longest context is "Signature1". */
const STRUCTURE_HEAD_BYTES = 12;

function structure(context: string, elements: number, parts: readonly (Uint8Array | undefined)[]): CborWriter {
  let size = STRUCTURE_HEAD_BYTES + 9;
  for (const part of parts) if (part !== undefined) size += headSize(part.length) + part.length;
  return CborWriter.toLend(size).array(elements).text(context);
}
