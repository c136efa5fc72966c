/**
 * Putting fragments together again, RFC 9171 §5.9: in any order, with duplicates and overlaps, bounded and expiring.
 *
 * Nothing about a fragment is proved: whoever signed the bundle signed the whole of it. So fragments are only collected
 * here; what comes out is byte for byte the bundle that was cut, and is then judged as if it had just arrived. Fragments
 * whose primary blocks differ never mix, which keeps a forger from spoiling the genuine ones with a single false field.
 */
import { bytesEqual, type SteadyMs, toHex } from '../base/index.js';
import { sha256 } from '../crypto/index.js';
import { ageOf, payloadOf } from './blocks.js';
import { encodedSize } from './encode.js';
import { wholePrimary } from './fragment.js';
import { DEFAULT_MAX_BUNDLE_BYTES } from './limits.js';
import { primaryBytes } from './primary.js';
import { BlockType, type Bundle, BundleFlag, type CanonicalBlock, type PrimaryBlock } from './types.js';

export interface ReassemblyLimits {
  /** The payload of one whole bundle. @default 16 MiB */
  readonly maxWholeBytes: number;
  /** All that is held, bookkeeping included. @default 64 MiB */
  readonly maxHeldBytes: number;
  /** Bundles of which some fragments are held. @default 256 */
  readonly maxBundles: number;
  /** Separate stretches of payload for one bundle. @default 1024 */
  readonly maxPieces: number;
  /** How long fragments wait for the others at most, even if the bundle lives longer. @default 7 days */
  readonly maxWaitMs: number;
}

export const DEFAULT_REASSEMBLY_LIMITS: ReassemblyLimits = {
  maxWholeBytes: DEFAULT_MAX_BUNDLE_BYTES,
  maxHeldBytes: 64 * 1024 * 1024,
  maxBundles: 256,
  maxPieces: 1_024,
  maxWaitMs: 7 * 86_400_000,
};

/** `contradiction`: it has other bytes where we have some already, or says that it must not be a fragment. */
export type FragmentObjection =
  | 'not-a-fragment'
  | 'contradiction'
  | 'expired'
  | 'too-large'
  | 'too-many-pieces'
  | 'no-room';

export type Reassembly =
  /** `ageMs`: the oldest fragment's age, the wait here included; undefined when no fragment had an age. */
  | { readonly kind: 'whole'; readonly bundle: Bundle; readonly ageMs: number | undefined }
  | { readonly kind: 'kept'; readonly missingBytes: number }
  /** All of its payload was here already. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly reason: FragmentObjection };

/** Bytes [start, end) of the whole payload. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly data: Uint8Array;
}

interface Collection {
  readonly primary: PrimaryBlock;
  readonly totalBytes: number;
  /** By offset; they never overlap. */
  pieces: readonly Piece[];
  coveredBytes: number;
  /** The blocks of the fragment at offset zero, which has all extension blocks; the payload's data are in the pieces. */
  first: readonly CanonicalBlock[] | undefined;
  expiresAt: SteadyMs;
  /** The largest age, counted back to time zero of the steady line. */
  bornAt: number | undefined;
  heldBytes: number;
}

/** What a piece or a collection costs beside its bytes, roughly. */
const BOOKKEEPING_BYTES = 256;
/** A view that wastes more than this of the buffer beneath it is copied, so that what is counted is what is held. */
const TOLERATED_WASTE_BYTES = 4_096;
const NO_BYTES = new Uint8Array(0);

export class Reassembler {
  readonly #limits: ReassemblyLimits;
  readonly #collections = new Map<string, Collection>();
  #heldBytes = 0;

  constructor(limits: Partial<ReassemblyLimits> = {}) {
    this.#limits = { ...DEFAULT_REASSEMBLY_LIMITS, ...limits };
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** How many bundles are waited for. */
  get pending(): number {
    return this.#collections.size;
  }

  /**
   * @param fragment as decoded; its payload is kept as a view where that wastes little.
   * @param expiresAt when the bundle's lifetime ends, by its age or creation time as the caller knows them.
   */
  add(fragment: Bundle, now: SteadyMs, expiresAt: SteadyMs): Reassembly {
    this.expire(now);
    const place = fragment.primary.fragment;
    if (place === undefined) return refuse('not-a-fragment');
    if ((fragment.primary.flags & BundleFlag.MustNotFragment) !== 0) return refuse('contradiction');
    if (expiresAt <= now) return refuse('expired');
    if (place.totalLength > this.#limits.maxWholeBytes) return refuse('too-large');
    const start = Number(place.offset);
    const end = start + payloadOf(fragment).length;
    const totalBytes = Number(place.totalLength);
    if (end > totalBytes) return refuse('contradiction');

    const id = collectionId(fragment.primary, totalBytes);
    const known = this.#collections.get(id);
    if (known === undefined && this.#collections.size >= this.#limits.maxBundles) return refuse('no-room');
    const collection = known ?? newCollection(fragment.primary, totalBytes, expiresAt);
    const { pieces, news } = merge(collection.pieces, { start, end, data: payloadOf(fragment) });
    if (pieces === undefined) return refuse('contradiction');
    if (pieces.length > this.#limits.maxPieces) return refuse('too-many-pieces');

    const isFirst = start === 0 && collection.first === undefined;
    if (news === 0 && !isFirst) return { kind: 'duplicate' };
    const added = this.#cost(known === undefined, pieces.length - collection.pieces.length, news, isFirst, fragment);
    if (this.#heldBytes + added > this.#limits.maxHeldBytes) return refuse('no-room');
    if (isFirst) collection.first = fragment.blocks.map(withoutPayload);
    collection.pieces = pieces;
    collection.coveredBytes += news;
    collection.heldBytes += added;
    this.#heldBytes += added;
    collection.expiresAt = Math.min(collection.expiresAt, expiresAt, now + this.#limits.maxWaitMs) as SteadyMs;
    const age = ageOf(fragment);
    if (age !== undefined) collection.bornAt = Math.min(collection.bornAt ?? Number.POSITIVE_INFINITY, now - age);
    this.#collections.set(id, collection);

    const whole = assemble(collection);
    if (whole !== undefined) {
      this.#drop(id, collection);
      const { bornAt } = collection;
      return { kind: 'whole', bundle: whole, ageMs: bornAt === undefined ? undefined : now - bornAt };
    }
    return { kind: 'kept', missingBytes: totalBytes - collection.coveredBytes };
  }

  /** Forgets what waited too long. @returns how many bundles that were. */
  expire(now: SteadyMs): number {
    let expired = 0;
    for (const [id, collection] of this.#collections) {
      if (collection.expiresAt > now) continue;
      this.#drop(id, collection);
      expired++;
    }
    return expired;
  }

  #cost(isNew: boolean, morePieces: number, news: number, isFirst: boolean, fragment: Bundle): number {
    const extensions = isFirst ? encodedSize(fragment) - payloadOf(fragment).length : 0;
    return news + extensions + (isNew ? BOOKKEEPING_BYTES : 0) + morePieces * BOOKKEEPING_BYTES;
  }

  #drop(id: string, collection: Collection): void {
    this.#collections.delete(id);
    this.#heldBytes -= collection.heldBytes;
  }
}

function refuse(reason: FragmentObjection): Reassembly {
  return { kind: 'refused', reason };
}

function newCollection(primary: PrimaryBlock, totalBytes: number, expiresAt: SteadyMs): Collection {
  return {
    primary: wholePrimary(primary),
    totalBytes,
    pieces: [],
    coveredBytes: 0,
    first: undefined,
    expiresAt,
    bornAt: undefined,
    heldBytes: 0,
  };
}

/** The whole's primary block names the collection, all of its fields, and so does the length of the whole. */
function collectionId(primary: PrimaryBlock, totalBytes: number): string {
  return `${toHex(sha256(primaryBytes(wholePrimary(primary))))}/${totalBytes}`;
}

/** Adds what is new of a piece. @returns no pieces when it contradicts those that are there. */
function merge(
  pieces: readonly Piece[],
  piece: Piece,
): { readonly pieces: readonly Piece[] | undefined; readonly news: number } {
  const merged: Piece[] = [];
  let news = 0;
  let from = piece.start;
  const take = (to: number): void => {
    if (to <= from) return;
    merged.push(part(piece, from, to));
    news += to - from;
  };
  for (const known of pieces) {
    if (known.end > piece.start && known.start < piece.end) {
      if (!agree(known, piece)) return { pieces: undefined, news: 0 };
      take(Math.min(known.start, piece.end));
      from = Math.max(from, known.end);
    } else if (known.start >= piece.end) {
      take(piece.end);
      from = Math.max(from, piece.end);
    }
    merged.push(known);
  }
  take(piece.end);
  return { pieces: merged, news };
}

function agree(a: Piece, b: Piece): boolean {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return bytesEqual(a.data.subarray(start - a.start, end - a.start), b.data.subarray(start - b.start, end - b.start));
}

function part({ start, data }: Piece, from: number, to: number): Piece {
  const view = data.subarray(from - start, to - start);
  const wasted = view.buffer.byteLength - view.length;
  const kept = wasted > Math.max(view.length, TOLERATED_WASTE_BYTES) ? view.slice() : view;
  return { start: from, end: to, data: kept };
}

/** The one copy of the payload is made here, when all of it is there: no length from the wire sizes anything before. */
function assemble({ primary, totalBytes, pieces, coveredBytes, first }: Collection): Bundle | undefined {
  if (first === undefined || coveredBytes < totalBytes) return undefined;
  const payload = first[first.length - 1] as CanonicalBlock;
  return { primary, blocks: [...first.slice(0, -1), { ...payload, data: joined(pieces, totalBytes) }] };
}

/** Extension blocks are small: a copy of each lets go of the buffer that they came in. */
function withoutPayload(block: CanonicalBlock): CanonicalBlock {
  return { ...block, data: block.type === BlockType.Payload ? NO_BYTES : block.data.slice() };
}

function joined(pieces: readonly Piece[], totalBytes: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only.data;
  const whole = new Uint8Array(totalBytes);
  for (const { start, data } of pieces) whole.set(data, start);
  return whole;
}
