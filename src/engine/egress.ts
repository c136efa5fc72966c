/** A stored bundle, made ready to leave: who hands it on, how old it is by now, one hop more (RFC 9171 §4.4). */
import type { SteadyMs } from '../base/index.js';
import { decodeBundle, encodeBundle, hopCountOf, withTransit } from '../bundle/index.js';
import { type NodeId, nodeEid } from '../people/index.js';
import type { LedgerEntry } from '../store/index.js';

/** @param bytes as the store has them: as they came, or as we made them. */
export function forLink(bytes: Uint8Array, entry: LedgerEntry, node: NodeId, now: SteadyMs): Uint8Array {
  const bundle = decodeBundle(bytes);
  const hopCount = hopCountOf(bundle);
  return encodeBundle(
    withTransit(bundle, {
      previousNode: nodeEid(node),
      ageMs: Math.max(0, Math.round(entry.ageAtReceiptMs + (now - entry.receivedAt))),
      ...(hopCount === undefined ? {} : { hopCount: { limit: hopCount.limit, count: entry.hops + 1 } }),
    }),
  );
}
