/** What a decoded bundle says in its extension blocks. */
import { invariant } from '../base/index.js';
import { parseBundleAge } from './bundle-age.js';
import { parseCopies } from './copies.js';
import { parseHopCount } from './hop-count.js';
import { parsePreviousNode } from './previous-node.js';
import { isHidden } from './security-block.js';
import { parseTopic } from './topic.js';
import { BlockType, type Bundle, type CanonicalBlock, type Eid, type HopCount, type Topic } from './types.js';

export function blockOf(bundle: Bundle, type: number): CanonicalBlock | undefined {
  for (const block of bundle.blocks) if (block.type === type) return block;
  return undefined;
}

/** What is encrypted says nothing to us, so it counts as not there. */
function readableBlockOf(bundle: Bundle, type: number): CanonicalBlock | undefined {
  const block = blockOf(bundle, type);
  return block === undefined || isHidden(bundle.blocks, block.number) ? undefined : block;
}

/** The payload, as a view. */
export function payloadOf(bundle: Bundle): Uint8Array {
  return payloadBlockOf(bundle).data;
}

export function payloadBlockOf(bundle: Bundle): CanonicalBlock {
  const payload = bundle.blocks[bundle.blocks.length - 1];
  invariant(payload?.type === BlockType.Payload, 'the last block of a bundle is its payload');
  return payload;
}

export function previousNodeOf(bundle: Bundle): Eid | undefined {
  const block = readableBlockOf(bundle, BlockType.PreviousNode);
  return block === undefined ? undefined : parsePreviousNode(block.data);
}

/** Milliseconds; an age beyond 2^53 − 1 is given as that. */
export function ageOf(bundle: Bundle): number | undefined {
  const block = readableBlockOf(bundle, BlockType.BundleAge);
  if (block === undefined) return undefined;
  const age = parseBundleAge(block.data);
  return typeof age === 'bigint' ? Number.MAX_SAFE_INTEGER : age;
}

export function hopCountOf(bundle: Bundle): HopCount | undefined {
  const block = readableBlockOf(bundle, BlockType.HopCount);
  return block === undefined ? undefined : parseHopCount(block.data);
}

export function topicOf(bundle: Bundle): Topic | undefined {
  const block = blockOf(bundle, BlockType.Topic);
  return block === undefined ? undefined : parseTopic(block.data);
}

export function copiesOf(bundle: Bundle): number | undefined {
  const block = blockOf(bundle, BlockType.Copies);
  return block === undefined ? undefined : parseCopies(block.data);
}
