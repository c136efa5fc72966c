/**
 * Receipts: the recipient says, signed, that messages have arrived. To the author they mean *delivered*; to everybody on
 * the way they clear the copies (antipackets). Payload: CBOR [1, bundle keys (16 bytes each)] (docs/protocol/chat.md).
 */
import { concatBytes, DecodeError, fromHex, toHex } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';

const VERSION = 1;
const KEY_BYTES = 16;
export const MAX_RECEIPT_KEYS = 64;

export function encodeReceipt(keys: readonly BundleKey[]): Uint8Array {
  return encodeCbor([VERSION, concatBytes(...keys.map((key) => fromHex(key)))]);
}

/** @throws DecodeError `ERR_RECEIPT`. */
export function decodeReceipt(bytes: Uint8Array): readonly BundleKey[] {
  const value = decodeCbor(bytes);
  if (!Array.isArray(value) || value.length < 2 || value[0] !== VERSION) throw refuse('has an unknown form');
  const keys: unknown = value[1];
  if (!(keys instanceof Uint8Array) || keys.length === 0 || keys.length % KEY_BYTES !== 0) {
    throw refuse('names no bundles');
  }
  if (keys.length > MAX_RECEIPT_KEYS * KEY_BYTES) throw refuse('names too many bundles');
  const named: BundleKey[] = [];
  for (let at = 0; at < keys.length; at += KEY_BYTES) {
    named.push(toHex(keys.subarray(at, at + KEY_BYTES)) as BundleKey);
  }
  return named;
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_RECEIPT', `the receipt ${what}`, 0);
}
