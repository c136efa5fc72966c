/** Making a bundle, and changing what changes on its way. */
import { invariant } from '../base/index.js';
import { encodeBundleAge } from './bundle-age.js';
import { encodeCopies, MAX_COPIES } from './copies.js';
import { isSingleton, NULL_EID } from './eid.js';
import { encodeHopCount, MAX_HOP_LIMIT } from './hop-count.js';
import { encodePreviousNode } from './previous-node.js';
import { encodedPrimary, REPORT_FLAGS } from './primary.js';
import { isHidden } from './security-block.js';
import { encodeTopic, isTopicName } from './topic.js';
import {
  BlockFlag,
  BlockType,
  type Bundle,
  BundleFlag,
  type CanonicalBlock,
  CrcType,
  type CreationTimestamp,
  type Eid,
  type HopCount,
  type Topic,
  type Uint64,
} from './types.js';

export interface BundleSpec {
  readonly source: Eid;
  readonly destination: Eid;
  /** @default `dtn:none` */
  readonly reportTo?: Eid;
  /** A sum of {@link BundleFlag}. @default 0 */
  readonly flags?: number;
  readonly creation: CreationTimestamp;
  readonly lifetimeMs: Uint64;
  readonly payload: Uint8Array;
  readonly previousNode?: Eid;
  /** Required with creation time zero. */
  readonly ageMs?: number;
  /** 1 to 255; the count starts at 0. */
  readonly hopLimit?: number;
  readonly topic?: Topic;
  readonly copies?: number;
}

/** What a forwarding node replaces; what is absent stays as it is. */
export interface Transit {
  readonly previousNode?: Eid;
  readonly ageMs?: number;
  readonly hopCount?: HopCount;
  readonly copies?: number;
}

const PAYLOAD_NUMBER = 1;

/**
 * An unsigned bundle with CRC-32C on every block, extension blocks numbered from 2, payload last.
 *
 * @throws InvariantError when the parts contradict RFC 9171, such as creation time zero without an age.
 */
export function createBundle(spec: BundleSpec): Bundle {
  const flags = spec.flags ?? 0;
  checkSpec(spec, flags);
  const blocks: CanonicalBlock[] = [];
  const add = (type: number, data: Uint8Array): void => {
    blocks.push(extensionBlock(type, blocks.length + 2, data));
  };
  if (spec.previousNode !== undefined) add(BlockType.PreviousNode, encodePreviousNode(spec.previousNode));
  if (spec.ageMs !== undefined) add(BlockType.BundleAge, encodeBundleAge(spec.ageMs));
  if (spec.hopLimit !== undefined) add(BlockType.HopCount, encodeHopCount({ limit: spec.hopLimit, count: 0 }));
  if (spec.topic !== undefined) add(BlockType.Topic, encodeTopic(spec.topic));
  if (spec.copies !== undefined) add(BlockType.Copies, encodeCopies(spec.copies));
  blocks.push({
    type: BlockType.Payload,
    number: PAYLOAD_NUMBER,
    flags: 0,
    crcType: CrcType.Crc32c,
    data: spec.payload,
  });
  const primary = encodedPrimary({
    flags,
    crcType: CrcType.Crc32c,
    destination: spec.destination,
    source: spec.source,
    reportTo: spec.reportTo ?? NULL_EID,
    creation: spec.creation,
    lifetimeMs: spec.lifetimeMs,
  });
  return { primary, blocks };
}

/** Everything else stays byte for byte: signatures do not cover these blocks. */
export function withTransit(bundle: Bundle, transit: Transit): Bundle {
  let blocks = bundle.blocks;
  if (transit.previousNode !== undefined) {
    blocks = withBlock(blocks, BlockType.PreviousNode, encodePreviousNode(transit.previousNode));
  }
  if (transit.ageMs !== undefined) blocks = withBlock(blocks, BlockType.BundleAge, encodeBundleAge(transit.ageMs));
  if (transit.hopCount !== undefined) {
    blocks = withBlock(blocks, BlockType.HopCount, encodeHopCount(transit.hopCount));
  }
  if (transit.copies !== undefined) blocks = withBlock(blocks, BlockType.Copies, encodeCopies(transit.copies));
  return { primary: bundle.primary, blocks };
}

/** A block of ours before the payload, with a CRC. */
export function extensionBlock(type: number, number: number, data: Uint8Array): CanonicalBlock {
  return { type, number, flags: FLAGS_OF.get(type) ?? 0, crcType: CrcType.Crc32c, data };
}

/** The smallest number that no block has. */
export function freeBlockNumber(blocks: readonly CanonicalBlock[]): number {
  let number = 2;
  while (blocks.some((block) => block.number === number)) number++;
  return number;
}

const FLAGS_OF: ReadonlyMap<number, number> = new Map<number, number>([
  // A fragment has to expire and stop by itself, so it needs these of its own.
  [BlockType.BundleAge, BlockFlag.ReplicateInFragments],
  [BlockType.HopCount, BlockFlag.ReplicateInFragments],
  // A node that knows nothing of copies would multiply the budget by forwarding it.
  [BlockType.Copies, BlockFlag.DiscardIfUnprocessable],
]);

function withBlock(blocks: readonly CanonicalBlock[], type: number, data: Uint8Array): readonly CanonicalBlock[] {
  const at = blocks.findIndex((block) => block.type === type);
  const old = blocks[at];
  // What was encrypted for somebody else is not ours to replace.
  if (old !== undefined && isHidden(blocks, old.number)) return blocks;
  if (old !== undefined) return blocks.with(at, { ...old, data });
  return blocks.toSpliced(0, 0, extensionBlock(type, freeBlockNumber(blocks), data));
}

function checkSpec(spec: BundleSpec, flags: number): void {
  invariant((flags & BundleFlag.IsFragment) === 0, 'a fragment is made from a bundle, not created');
  invariant(spec.creation.time !== 0 || spec.ageMs !== undefined, 'creation time zero needs an age');
  invariant(spec.ageMs === undefined || spec.ageMs >= 0, 'an age is not negative');
  invariant(
    spec.hopLimit === undefined || (spec.hopLimit >= 1 && spec.hopLimit <= MAX_HOP_LIMIT),
    'a hop limit is within 1 to 255',
  );
  invariant(spec.topic === undefined || isTopicName(spec.topic.name), 'a topic name has 1 to 64 bytes');
  invariant(spec.copies === undefined || spec.copies <= MAX_COPIES, 'a copies budget fits into 16 bits');
  const asksForReports = (flags & REPORT_FLAGS) !== 0;
  if (spec.source.kind === 'null') {
    invariant((flags & BundleFlag.MustNotFragment) !== 0, 'a bundle without a source must not be fragmented');
    invariant(!asksForReports, 'a bundle without a source asks for no reports');
  } else {
    invariant(isSingleton(spec.source), 'the source is a single endpoint');
  }
  invariant(
    (flags & BundleFlag.IsAdminRecord) === 0 || !asksForReports,
    'an administrative record asks for no reports',
  );
}
