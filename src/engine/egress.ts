/**
 * A stored bundle, made ready to leave: who hands it on, how old it is by now, one hop more (RFC 9171 §4.4), and the
 * copies that go along.
 */
import type { SteadyMs } from '../base/index.js';
import { copiesOf, decodeBundle, encodeBundle, fragmentBundle, hopCountOf, withTransit } from '../bundle/index.js';
import { type NodeId, nodeEid } from '../people/index.js';
import type { LedgerEntry } from '../store/index.js';
import { compactReceipt } from './compact-receipt.js';

/**
 * @param bytes as the store has them: as they came, or as we made them.
 * @param action the engine's `send-bundle`: its entry's copies are those that go along.
 * @returns what goes over the link: the bundle, or where the action says so and it can be done, its compact form.
 */
export function forLink(
  bytes: Uint8Array,
  { entry, compact }: { readonly entry: LedgerEntry; readonly compact: boolean },
  node: NodeId,
  now: SteadyMs,
): Uint8Array {
  const bundle = decodeBundle(bytes);
  const hopCount = hopCountOf(bundle);
  // A budget that nobody here counts must not be given to every neighbour anew.
  const copies = entry.copies ?? (copiesOf(bundle) === undefined ? undefined : 1);
  const ready = withTransit(bundle, {
    previousNode: nodeEid(node),
    ageMs: Math.max(0, Math.round(entry.ageAtReceiptMs + (now - entry.receivedAt))),
    ...(copies === undefined ? {} : { copies }),
    ...(hopCount === undefined ? {} : { hopCount: { limit: hopCount.limit, count: entry.hops + 1 } }),
  });
  return (compact ? compactReceipt(ready, node) : undefined) ?? encodeBundle(ready);
}

/** Whoever takes hardly anything at a time gets nothing large: nobody would put so many pieces together again. */
const MAX_PIECES_SENT = 256;

/**
 * Proactive fragmentation (RFC 9171 §5.8): a bundle in pieces that the peer takes.
 *
 * @param bytes ready to leave.
 * @returns the bundle alone where it fits, must not be cut, or would come to too many pieces; the link refuses it then.
 */
export function inPieces(bytes: Uint8Array, maxBundleBytes: number): readonly Uint8Array[] {
  if (bytes.length <= maxBundleBytes || bytes.length > maxBundleBytes * (MAX_PIECES_SENT / 2)) return [bytes];
  const cut = fragmentBundle(decodeBundle(bytes), { maxBundleBytes });
  if (!cut.ok || cut.fragments.length > MAX_PIECES_SENT) return [bytes];
  return cut.fragments.map((fragment) => encodeBundle(fragment));
}
