/**
 * What an announcement calls its node: eight random bytes, drawn anew for every network and every quarter of an hour, so that
 * nobody can follow a laptop by its announcements from place to place. It is derived from nothing: whatever could be computed
 * from a node id could be computed by everybody who has ever met the node. Who is there only the session tells.
 */
import { type Random, toBase32 } from '../../base/index.js';

const LABEL_BYTES = 8;
const LABEL_LIFE_MS = 15 * 60_000;

/** Lower-case base32: 13 characters. */
export function drawLabel(random: Random): string {
  return toBase32(random.bytes(LABEL_BYTES));
}

export function isLabel(text: string): boolean {
  return /^[a-z2-7]{13}$/.test(text);
}

/** Strays by a quarter, so that nobody is recognised by the rhythm. */
export function labelLifeMs(random: Random): number {
  return LABEL_LIFE_MS * (0.75 + random.unit() / 2);
}
