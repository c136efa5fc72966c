/** What a block's control flags ask of a node that does not know its type: RFC 9171 §5.6, step 4. */
import { ReportReason } from './admin-record.js';
import type { ReportOccasion } from './status-report.js';
import { BlockFlag, BlockType, type Bundle, type CanonicalBlock } from './types.js';

/** The extension blocks that every node of ours processes. */
export const KNOWN_BLOCK_TYPES: ReadonlySet<number> = new Set<number>(Object.values(BlockType));

export type UnknownBlocksVerdict =
  /** The very bundle that was given. Blocks that nobody here knows travel on byte for byte. */
  | { readonly action: 'keep'; readonly bundle: Bundle; readonly reports: readonly ReportOccasion[] }
  | {
      readonly action: 'discard-blocks';
      /** Without them; all other blocks are untouched. */
      readonly bundle: Bundle;
      readonly discarded: readonly CanonicalBlock[];
      readonly reports: readonly ReportOccasion[];
    }
  | { readonly action: 'delete-bundle'; readonly because: CanonicalBlock; readonly reports: readonly ReportOccasion[] };

/**
 * Pure; reports are occasions only, whether any goes out is decided by `createStatusReport` and its budget. There is at
 * most one of a kind, however many blocks ask.
 *
 * A signature that covers a discarded block no longer verifies: whoever signs a block should not mark it so. Verify
 * before discarding.
 */
export function processUnknownBlocks(
  bundle: Bundle,
  knownTypes: ReadonlySet<number> = KNOWN_BLOCK_TYPES,
): UnknownBlocksVerdict {
  const unknown = bundle.blocks.filter(({ type }) => type !== BlockType.Payload && !knownTypes.has(type));
  const reports: ReportOccasion[] = [];
  if (unknown.some((block) => asks(block, BlockFlag.ReportIfUnprocessable))) {
    reports.push({ event: 'received', reason: ReportReason.BlockUnsupported, blockAsks: true });
  }
  const because = unknown.find((block) => asks(block, BlockFlag.DeleteBundleIfUnprocessable));
  if (because !== undefined) {
    reports.push({ event: 'deleted', reason: ReportReason.BlockUnsupported });
    return { action: 'delete-bundle', because, reports };
  }
  const discarded = unknown.filter((block) => asks(block, BlockFlag.DiscardIfUnprocessable));
  if (discarded.length === 0) return { action: 'keep', bundle, reports };
  const blocks = bundle.blocks.filter((block) => !discarded.includes(block));
  return { action: 'discard-blocks', bundle: { primary: bundle.primary, blocks }, discarded, reports };
}

function asks(block: CanonicalBlock, flag: number): boolean {
  return (block.flags & flag) !== 0;
}
