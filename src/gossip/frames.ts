/**
 * The gossip protocol's frames: CBOR arrays whose first element is the kind (docs/protocol/gossip.md).
 *
 * Every frame is bounded in bytes and in the work that it can cause.
 */
import { concatBytes, DecodeError } from '../base/index.js';
import { type CborValue, decodeCbor, encodeCbor } from '../cbor/index.js';
import { CUSTODY_KIND, type CustodyFrame, custodyFromCbor, custodyToCbor } from './custody.js';
import {
  LIST_KIND,
  type ListFrame,
  listFromCbor,
  listToCbor,
  RANGES_KIND,
  type RangesFrame,
  rangesFromCbor,
  rangesToCbor,
} from './range-frames.js';
import { LISTED_ID_BYTES, SHORT_ID_BYTES } from './session-ids.js';
import { STRATEGY_KIND, type StrategyFrame, strategyFromCbor, strategyToCbor } from './summary.js';

export const GOSSIP_VERSION = 1;
export const NONCE_BYTES = 16;
export const EPOCH_BYTES = 8;
export const MAX_OFFER_IDS = 1024;
/** No frame is larger than a full offer and its head. */
export const MAX_FRAME_BYTES = MAX_OFFER_IDS * SHORT_ID_BYTES + 256;

export type GossipFrame =
  /** Who I am, and which store this is. `head`: the newest arrival number that I can offer. */
  | {
      readonly kind: 'hello';
      readonly version: number;
      readonly nodeKey: Uint8Array;
      readonly epoch: Uint8Array;
      readonly head: number;
      readonly nonce: Uint8Array;
    }
  /** Proof of the node key over both nonces, and where I stand in your store: nothing (0) or all up to `since`. */
  | { readonly kind: 'auth'; readonly signature: Uint8Array; readonly since: number }
  /** Bundles that I hold, as session-keyed ids of 8 bytes, or 5 where stores are compared, most important first. */
  | { readonly kind: 'offer'; readonly batch: number; readonly ids: readonly Uint8Array[] }
  /**
   * The answer: one bit per id of the batch, most significant bit first; set means "send it". Where `later` has a bit,
   * another WANT for the batch will follow: the bundle was asked of somebody else.
   */
  | { readonly kind: 'want'; readonly batch: number; readonly bitmap: Uint8Array; readonly later?: Uint8Array }
  /** All that I hold up to this arrival number was offered, and what you wanted of it was sent. */
  | { readonly kind: 'done'; readonly upTo: number }
  | RangesFrame
  | ListFrame
  | CustodyFrame
  | StrategyFrame;

const KIND = { hello: 0, auth: 1, offer: 2, want: 3, done: 4 } as const;

export function encodeFrame(frame: GossipFrame): Uint8Array {
  return encodeCbor(toCbor(frame));
}

function toCbor(frame: GossipFrame): CborValue {
  switch (frame.kind) {
    case 'hello':
      return [KIND.hello, frame.version, frame.nodeKey, frame.epoch, frame.head, frame.nonce];
    case 'auth':
      return [KIND.auth, frame.signature, frame.since];
    case 'offer': {
      const width = frame.ids[0]?.length ?? SHORT_ID_BYTES;
      return [KIND.offer, frame.batch, concatBytes(...frame.ids), ...(width === SHORT_ID_BYTES ? [] : [width])];
    }
    case 'want':
      return [KIND.want, frame.batch, frame.bitmap, ...(frame.later === undefined ? [] : [frame.later])];
    case 'done':
      return [KIND.done, frame.upTo];
    case 'ranges':
      return rangesToCbor(frame);
    case 'list':
      return listToCbor(frame);
    case 'custody':
      return custodyToCbor(frame);
    case 'strategy':
      return strategyToCbor(frame);
  }
}

/** @throws DecodeError `ERR_GOSSIP_FRAME` (or the codec's own) for anything that is not exactly one known frame. */
export function decodeFrame(bytes: Uint8Array): GossipFrame {
  if (bytes.length > MAX_FRAME_BYTES) throw refuse('is too large');
  const value = decodeCbor(bytes);
  if (!Array.isArray(value)) throw refuse('is not an array');
  const fields: readonly CborValue[] = value;
  switch (fields[0]) {
    case KIND.hello:
      return {
        kind: 'hello',
        version: uint(fields[1]),
        nodeKey: bytesOf(fields[2], 32),
        epoch: bytesOf(fields[3], EPOCH_BYTES),
        head: uint(fields[4]),
        nonce: bytesOf(fields[5], NONCE_BYTES),
      };
    case KIND.auth:
      return { kind: 'auth', signature: bytesOf(fields[1], 64), since: uint(fields[2]) };
    case KIND.offer:
      return { kind: 'offer', batch: uint(fields[1]), ids: splitIds(fields[2], widthOf(fields[3])) };
    case KIND.want:
      return {
        kind: 'want',
        batch: uint(fields[1]),
        bitmap: bitmapOf(fields[2]),
        ...(fields[3] === undefined ? {} : { later: bitmapOf(fields[3]) }),
      };
    case KIND.done:
      return { kind: 'done', upTo: uint(fields[1]) };
    case RANGES_KIND:
      return rangesFromCbor(fields);
    case LIST_KIND:
      return listFromCbor(fields);
    case CUSTODY_KIND:
      return custodyFromCbor(fields);
    case STRATEGY_KIND:
      return strategyFromCbor(fields);
    default:
      throw refuse('has an unknown kind');
  }
}

function uint(value: CborValue | undefined): number {
  if (typeof value !== 'number' || value < 0) throw refuse('has a number out of range');
  return value;
}

function bytesOf(value: CborValue | undefined, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw refuse(`lacks a field of ${length} bytes`);
  return value;
}

function widthOf(value: CborValue | undefined): number {
  if (value === undefined) return SHORT_ID_BYTES;
  if (value !== LISTED_ID_BYTES) throw refuse('has ids of an unknown length');
  return value;
}

function splitIds(value: CborValue | undefined, width: number): readonly Uint8Array[] {
  if (!(value instanceof Uint8Array) || value.length === 0 || value.length % width !== 0) {
    throw refuse('has ids that are cut short');
  }
  const ids: Uint8Array[] = [];
  for (let at = 0; at < value.length; at += width) ids.push(value.subarray(at, at + width));
  if (ids.length > MAX_OFFER_IDS) throw refuse('offers too many ids at once');
  return ids;
}

function bitmapOf(value: CborValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length > MAX_OFFER_IDS / 8) throw refuse('has a bad bitmap');
  return value;
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_GOSSIP_FRAME', `the gossip frame ${what}`, 0);
}

/** @returns a bitmap of the flags, most significant bit first. */
export function toBitmap(flags: readonly boolean[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(flags.length / 8));
  for (const [index, flag] of flags.entries()) {
    if (flag) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (0x80 >> (index & 7));
  }
  return bitmap;
}

export function bitOf(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}
