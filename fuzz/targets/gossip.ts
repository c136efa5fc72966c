/**
 * Gossip frames: what is read is written and read again as the same frame; and ranges of any kind, heard by a comparison
 * of small stores, are answered within bounds or refused.
 */
import { DecodeError, steadyMs, toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { Comparing } from '../../src/gossip/comparing.js';
import { decodeFrame, encodeFrame, type GossipFrame, MAX_FRAME_BYTES } from '../../src/gossip/index.js';
import { SessionIds } from '../../src/gossip/session-ids.js';
import { type BundleClass, type LedgerEntry, Timeline } from '../../src/store/index.js';
import { holds, orRefused } from '../engine/target.js';

export const maxBytes = 9_000;

const HELD = 64;
const timelines = [0, 1, 2, 3, 4].map((bundleClass) => new Timeline(heldOf(bundleClass)));
const ids = new SessionIds(new Uint8Array(16));

export function fuzz(input: Uint8Array): void {
  const isRefused = (error: unknown): boolean => error instanceof DecodeError;
  const frame = orRefused(() => decodeFrame(input), isRefused);
  if (frame === undefined) return;
  const encoded = encodeFrame(frame);
  holds(encoded.length <= input.length, 'a frame does not grow');
  holds(toHex(encodeFrame(decodeFrame(encoded))) === toHex(encoded), 'the encoding is stable');
  orRefused(() => answer(frame), isRefused);
}

function answer(frame: GossipFrame): void {
  if (frame.kind !== 'ranges' && frame.kind !== 'list') return;
  const comparing = new Comparing(
    {
      timeline: (bundleClass) => timelines[bundleClass] ?? new Timeline(),
      holds: () => true,
      list: () => 1,
      openLists: () => 0,
    },
    ids,
    false,
  );
  if (frame.kind === 'ranges') comparing.onRanges(frame);
  else {
    const { theyLack } = comparing.onList(frame.class, frame.items);
    holds(theyLack.length <= HELD, 'nothing is offered twice');
  }
  const answers = comparing.advance();
  holds(answers.length <= 17, 'answers are bounded in number');
  for (const each of answers) holds(encodeFrame(each).length <= MAX_FRAME_BYTES, 'and in size');
}

/** Some share a time. */
function heldOf(bundleClass: BundleClass): LedgerEntry[] {
  return Array.from({ length: HELD }, (_, n) => ({
    key: n.toString(16).padStart(2, '0').repeat(16) as BundleKey,
    seq: n + 1,
    class: bundleClass,
    sizeBytes: 1,
    source: 'dtn://a/b',
    destination: 'dtn://c/d',
    createdAt: 850_000_000_000 - (n >> 2) * 1000,
    receivedAt: steadyMs(0),
    ageAtReceiptMs: 0,
    expiresAt: steadyMs(1),
    hops: 0,
    own: false,
  }));
}
