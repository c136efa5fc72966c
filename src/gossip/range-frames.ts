/** The frames of a comparison by ranges (docs/protocol/gossip.md, *Ranges*): a CBOR head, and the items in one byte string. */
import { DecodeError } from '../base/index.js';
import type { CborValue } from '../cbor/index.js';
import { BundleClass } from '../store/index.js';
import { decodeItems, encodeItems, type RangeItem } from './range-items.js';

export const RANGES_KIND = 5;
export const LIST_KIND = 6;
/** Ids in one list. */
export const MAX_LISTED = 1024;

/** Fingerprints of what I hold in stretches of one class's timeline; without them, an acknowledgement only. */
export interface RangesFrame {
  readonly kind: 'ranges';
  /** So many of your RANGES, in their order, are answered by now. */
  readonly answered: number;
  readonly ranges?: { readonly class: BundleClass; readonly items: readonly RangeItem[] };
}

/** All that I hold in stretches of one class's timeline. Answered by a WANT, as an OFFER is. */
export interface ListFrame {
  readonly kind: 'list';
  readonly batch: number;
  readonly class: BundleClass;
  readonly items: readonly RangeItem[];
}

export function rangesToCbor({ answered, ranges }: RangesFrame): CborValue {
  return ranges === undefined
    ? [RANGES_KIND, answered]
    : [RANGES_KIND, answered, ranges.class, encodeItems(ranges.items)];
}

export function listToCbor(frame: ListFrame): CborValue {
  return [LIST_KIND, frame.batch, frame.class, encodeItems(frame.items)];
}

/** @throws DecodeError `ERR_GOSSIP_FRAME`, `ERR_GOSSIP_RANGE` */
export function rangesFromCbor([, answered, bundleClass, bytes]: readonly CborValue[]): RangesFrame {
  const frame = { kind: 'ranges', answered: uint(answered) } as const;
  if (bundleClass === undefined) return frame;
  const items = itemsOf(bytes);
  if (items.some((item) => item.mode === 'ids')) throw refuse('lists ids among fingerprints');
  return { ...frame, ranges: { class: classOf(bundleClass), items } };
}

/** @throws DecodeError `ERR_GOSSIP_FRAME`, `ERR_GOSSIP_RANGE` */
export function listFromCbor([, batch, bundleClass, bytes]: readonly CborValue[]): ListFrame {
  const items = itemsOf(bytes);
  let ids = 0;
  for (const item of items) {
    if (item.mode === 'fingerprint') throw refuse('has fingerprints in a list');
    if (item.mode === 'ids') ids += item.ids.length;
  }
  if (ids > MAX_LISTED) throw refuse('lists too many ids at once');
  return { kind: 'list', batch: uint(batch), class: classOf(bundleClass), items };
}

function itemsOf(value: CborValue | undefined): readonly RangeItem[] {
  if (!(value instanceof Uint8Array) || value.length === 0) throw refuse('lacks its ranges');
  return decodeItems(value);
}

function classOf(value: CborValue | undefined): BundleClass {
  if (typeof value !== 'number' || BundleClass[value] === undefined) throw refuse('names an unknown class');
  return value;
}

function uint(value: CborValue | undefined): number {
  if (typeof value !== 'number' || value < 0) throw refuse('has a number out of range');
  return value;
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_GOSSIP_FRAME', `the gossip frame ${what}`, 0);
}
