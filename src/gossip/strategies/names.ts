/** Names of nodes in summaries: a NodeId as its 16 bytes, the endpoint id of a foreign node as text. */
import { DecodeError, fromBase32, toBase32 } from '../../base/index.js';
import type { CborValue } from '../../cbor/index.js';
import { isPersonId } from '../../people/index.js';

const ID_BYTES = 16;
const MAX_FOREIGN_CHARACTERS = 128;

export function encodeName(name: string): CborValue {
  // Node ids and person ids are made alike.
  return isPersonId(name) ? fromBase32(name) : name;
}

/** What an encoded name takes in a frame, its head included. */
export function nameBytes(name: string): number {
  return isPersonId(name) ? ID_BYTES + 1 : name.length + 2;
}

/** Whether the name may be told to others at all. */
export function isTellable(name: string): boolean {
  return isPersonId(name) || (name.includes(':') && name.length <= MAX_FOREIGN_CHARACTERS);
}

/** @throws DecodeError `ERR_SUMMARY` */
export function decodeName(value: CborValue | undefined): string {
  if (value instanceof Uint8Array && value.length === ID_BYTES) return toBase32(value);
  if (typeof value === 'string' && !isPersonId(value) && isTellable(value)) return value;
  throw badSummary('names no node');
}

export function badSummary(what: string): DecodeError {
  return new DecodeError('ERR_SUMMARY', `the routing summary ${what}`, 0);
}
