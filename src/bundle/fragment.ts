/** Cutting a bundle into fragments, RFC 9171 §5.8. Putting them together again: reassembly.ts. */
import { invariant } from '../base/index.js';
import { headSize } from '../cbor/index.js';
import { payloadOf } from './blocks.js';
import { encodedSize } from './encode.js';
import { targetsBlock } from './security-block.js';
import {
  BlockFlag,
  BlockType,
  type Bundle,
  BundleFlag,
  type CanonicalBlock,
  CrcType,
  type PrimaryBlock,
  type Uint64,
} from './types.js';

/** Where to cut. `cuts` are offsets into this bundle's own payload, in rising order. */
export type FragmentPlan =
  | { readonly maxPayloadBytes: number }
  | { readonly maxBundleBytes: number }
  | { readonly cuts: readonly number[] };

/**
 * Why a bundle stays whole. `must-not-fragment`: its source says so. `no-room`: not one byte of payload would fit beside
 * the blocks that a fragment must carry. `unprotected`: its primary block has no CRC of its own, and the integrity block
 * that replaces it would not be in every fragment.
 */
export type FragmentRefusal = 'must-not-fragment' | 'no-room' | 'unprotected';

export type Fragmentation =
  | { readonly ok: true; readonly fragments: readonly Bundle[] }
  | { readonly ok: false; readonly reason: FragmentRefusal };

const PRIMARY_NUMBER = 0;

/**
 * The fragments in payload order, their payloads views of the bundle's. A bundle that fits comes back alone, as it is. A
 * fragment may be cut again: offsets count from the start of the original payload.
 *
 * Every extension block goes with the first fragment; those that ask to be replicated go with all of them.
 */
export function fragmentBundle(bundle: Bundle, plan: FragmentPlan): Fragmentation {
  const ends = endsBy(bundle, plan);
  if (ends?.length === 1) return { ok: true, fragments: [bundle] };
  if ((bundle.primary.flags & BundleFlag.MustNotFragment) !== 0) return { ok: false, reason: 'must-not-fragment' };
  if (ends === undefined) return { ok: false, reason: 'no-room' };
  if (!isProtectedInPieces(bundle)) return { ok: false, reason: 'unprotected' };
  return { ok: true, fragments: ends.map((end, index) => piece(bundle, ends[index - 1] ?? 0, end)) };
}

/** The primary block that the whole has, from that of any of its fragments. */
export function wholePrimary(primary: PrimaryBlock): PrimaryBlock {
  const { fragment, ...fields } = primary;
  return fragment === undefined ? primary : { ...fields, flags: fields.flags - BundleFlag.IsFragment };
}

/** Where each piece ends; undefined when a piece would have no room for payload. */
function endsBy(bundle: Bundle, plan: FragmentPlan): readonly number[] | undefined {
  const length = payloadOf(bundle).length;
  if ('cuts' in plan) {
    let last = 0;
    for (const cut of plan.cuts) {
      invariant(Number.isSafeInteger(cut) && cut > last && cut < length, 'cuts rise, and lie within the payload');
      last = cut;
    }
    return [...plan.cuts, length];
  }
  if ('maxPayloadBytes' in plan) {
    invariant(plan.maxPayloadBytes >= 1, 'a fragment has a byte of payload at least');
    return endsOf(length, () => plan.maxPayloadBytes);
  }
  if (encodedSize(bundle) <= plan.maxBundleBytes) return [length];
  // The head of the payload's byte string is counted at its longest; a few bytes of room may stay empty.
  const roomAt = (start: number): number =>
    plan.maxBundleBytes - encodedSize(piece(bundle, start, start)) - (headSize(length - start) - 1);
  return endsOf(length, roomAt);
}

function endsOf(length: number, roomAt: (start: number) => number): readonly number[] | undefined {
  const ends: number[] = [];
  let end = 0;
  do {
    const room = Math.floor(roomAt(end));
    if (room < 1) return undefined;
    end = Math.min(length, end + room);
    ends.push(end);
  } while (end < length);
  return ends;
}

/** A fragment with bytes [start, end) of the bundle's payload. @param totalLength of which the bundle may only have the start. */
export function piece(
  bundle: Bundle,
  start: number,
  end: number,
  totalLength: Uint64 = payloadOf(bundle).length,
): Bundle {
  const { primary, blocks } = bundle;
  const payload = blocks[blocks.length - 1] as CanonicalBlock;
  const extensions = blocks.slice(0, -1);
  return {
    primary: {
      ...primary,
      flags: wholePrimary(primary).flags + BundleFlag.IsFragment,
      fragment: {
        offset: sum(primary.fragment?.offset ?? 0, start),
        totalLength: primary.fragment?.totalLength ?? totalLength,
      },
    },
    blocks: [
      ...(start === 0 ? extensions : extensions.filter(isReplicated)),
      { ...payload, data: payload.data.subarray(start, end) },
    ],
  };
}

function isReplicated({ flags }: CanonicalBlock): boolean {
  return (flags & BlockFlag.ReplicateInFragments) !== 0;
}

/** §4.3.1 wants a CRC or an integrity block over every primary block, those of fragments included. */
export function isProtectedInPieces({ primary, blocks }: Bundle): boolean {
  if (primary.crcType !== CrcType.None) return true;
  return blocks.some(
    (block) => block.type === BlockType.BlockIntegrity && isReplicated(block) && targetsBlock(block, PRIMARY_NUMBER),
  );
}

function sum(offset: Uint64, more: number): Uint64 {
  const total = BigInt(offset) + BigInt(more);
  return total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : total;
}
