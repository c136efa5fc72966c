/**
 * What a mesh must at least have delivered: earliest arrival over the good meetings, with slack. Within one slot things
 * move one hop only; a laptop that fails in a slot moves nothing in it; other than good meetings move nothing.
 */
import type { Script, Slot } from './script.js';

/** How many slots after a key was heard of what waited for it is surely sealed, also if the disk refused once. */
const SEALING_SLOTS = 2;

function oneHop(holders: ReadonlySet<number>, slot: Slot): ReadonlySet<number> {
  const failing = new Set(slot.faults.map((fault) => fault.node));
  const after = new Set(holders);
  for (const { a, b, kind } of slot.meetings) {
    if (kind !== 'good' || failing.has(a) || failing.has(b)) continue;
    if (holders.has(a)) after.add(b);
    if (holders.has(b)) after.add(a);
  }
  return after;
}

/** @returns the first slot at whose beginning `to` surely has what `from` had at the beginning of `slot`. */
function arrival(script: Script, from: number, to: number, slot: number): number | undefined {
  let holders: ReadonlySet<number> = new Set([from]);
  for (let now = slot; now <= script.slots.length; now++) {
    if (holders.has(to)) return now;
    const current = script.slots[now];
    if (current !== undefined) holders = oneHop(holders, current);
  }
  return undefined;
}

export interface Certainty {
  readonly delivered: boolean;
  readonly receiptKnown: boolean;
}

/** @param sentIn the slot in which the letter was kept. */
export function certainty(
  script: Script,
  letter: { readonly from: number; readonly to: number },
  sentIn: number,
): Certainty {
  if (letter.from === letter.to) return { delivered: true, receiptKnown: true };
  const keyHeard = arrival(script, letter.to, letter.from, 0);
  if (keyHeard === undefined) return { delivered: false, receiptKnown: false };
  const sealed = Math.max(sentIn + 1, keyHeard + SEALING_SLOTS);
  const delivered = arrival(script, letter.from, letter.to, sealed);
  if (delivered === undefined) return { delivered: false, receiptKnown: false };
  return { delivered: true, receiptKnown: arrival(script, letter.to, letter.from, delivered) !== undefined };
}
