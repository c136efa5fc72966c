/**
 * The endpoint ids read lately, by their bytes: a mesh has few of them, in every bundle again, and telling that bytes are
 * known costs a tenth of splitting and checking them. And the bytes of ids that were written, for the same reason. Forgetting
 * changes nothing but time.
 */
import { CborWriter } from '../cbor/index.js';
import type { DtnEid } from './types.js';

interface Known {
  readonly bytes: Uint8Array;
  readonly eid: DtnEid;
}

/** A power of two. One entry a slot: a newcomer takes the place. */
const SLOTS = 1_024;
const slots = new Array<Known | undefined>(SLOTS).fill(undefined);

/** The id that bytes [start, end) are known to mean. */
export function knownEid(bytes: Uint8Array, start: number, end: number): DtnEid | undefined {
  const known = slots[slotOf(bytes, start, end)];
  if (known === undefined || known.bytes.length !== end - start) return undefined;
  for (let i = start; i < end; i++) if (bytes[i] !== known.bytes[i - start]) return undefined;
  return known.eid;
}

export function rememberEid(bytes: Uint8Array, start: number, end: number, eid: DtnEid): void {
  slots[slotOf(bytes, start, end)] = { bytes: bytes.slice(start, end), eid };
}

/** FNV-1a over every third byte, from the end, where ids differ: a slot needs to be likely, the bytes are compared anyway. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = end - 1; i >= start; i -= 3) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

const encodings = new WeakMap<DtnEid, Uint8Array>();

/** The text `//node/service` as CBOR. */
export function encodedDtnText(eid: DtnEid): Uint8Array {
  const known = encodings.get(eid);
  if (known !== undefined) return known;
  const encoded = new CborWriter(64).text(`//${eid.node}/${eid.service}`).finish();
  encodings.set(eid, encoded);
  return encoded;
}
