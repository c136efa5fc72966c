/** The bytes that COSE signs, authenticates and derives keys from (RFC 9052 §4.4, §5.3, §6.3; RFC 9053 §5.2). */
import { CborWriter } from '../../cbor/index.js';
import { Header, type HeaderMap } from './cose-message.js';

/** `Sig_structure` for a COSE_Sign1 (`signer` undefined) or one signer of a COSE_Sign. */
export function sigStructure(
  body: Uint8Array,
  signer: Uint8Array | undefined,
  externalAad: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const writer = structure(signer === undefined ? 'Signature1' : 'Signature', signer === undefined ? 4 : 5, payload);
  writer.byteString(body);
  if (signer !== undefined) writer.byteString(signer);
  return writer.byteString(externalAad).byteString(payload).finish();
}

export function macStructure(
  context: 'MAC0' | 'MAC',
  body: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  return structure(context, 4, payload).byteString(body).byteString(externalAad).byteString(payload).finish();
}

/** `Enc_structure`: the associated data of the cipher. */
export function encStructure(context: 'Encrypt0' | 'Encrypt', body: Uint8Array, externalAad: Uint8Array): Uint8Array {
  return structure(context, 3).byteString(body).byteString(externalAad).finish();
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

function structure(context: string, elements: number, payload?: Uint8Array): CborWriter {
  return new CborWriter(384 + (payload?.length ?? 0)).array(elements).text(context);
}
