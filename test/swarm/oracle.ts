/**
 * What a mesh must at least have delivered: earliest arrival over the good meetings of honest laptops, with slack. Within
 * one slot things move one hop only; a laptop that fails in a slot moves nothing in it; other meetings move nothing.
 */
import type { Meeting, MeetingKind, Script } from './script.js';

/** For so many slots in a row nothing may fail until what waited for a key is surely sealed. */
const SEALING_SLOTS = 2;
const GOOD: ReadonlySet<MeetingKind> = new Set<MeetingKind>(['good', 'twice', 'repeats']);

export interface Certainty {
  readonly delivered: boolean;
  readonly receiptKnown: boolean;
}

export class Oracle {
  readonly #slots: readonly {
    readonly meetings: readonly Meeting[];
    readonly failing: ReadonlySet<number>;
  }[];

  constructor({ slots, cores }: Script) {
    // Who heard nonsense from a neighbour leaves it alone for a while.
    const estranged = new Set<string>();
    this.#slots = slots.map(({ meetings, faults }) => {
      for (const { a, b, kind } of meetings) if (kind === 'noisy') estranged.add(pair(a, b));
      const isHonest = (node: number): boolean => cores[node]?.lie === undefined;
      const good = meetings.filter(
        ({ a, b, kind }) => GOOD.has(kind) && isHonest(a) && isHonest(b) && !estranged.has(pair(a, b)),
      );
      return { meetings: good, failing: new Set(faults.map(({ node }) => node)) };
    });
  }

  /** @param sentIn the slot in which the letter was kept. */
  certainty({ from, to }: { readonly from: number; readonly to: number }, sentIn: number): Certainty {
    if (from === to) return { delivered: true, receiptKnown: true };
    const keyHeard = this.#arrival(to, from, 0);
    const sealed = keyHeard === undefined ? undefined : this.#sealed(from, keyHeard, sentIn);
    const delivered = sealed === undefined ? undefined : this.#arrival(from, to, sealed);
    if (delivered === undefined) return { delivered: false, receiptKnown: false };
    return { delivered: true, receiptKnown: this.#arrival(to, from, delivered) !== undefined };
  }

  /** @returns the slot by whose beginning it is. */
  #sealed(from: number, keyHeard: number, sentIn: number): number | undefined {
    let calm = 0;
    for (let slot = Math.max(keyHeard, sentIn); slot < this.#slots.length; slot++) {
      calm = this.#slots[slot]?.failing.has(from) === true ? 0 : calm + 1;
      if (calm === SEALING_SLOTS) return slot + 1;
    }
    return undefined;
  }

  /** @returns the first slot at whose beginning `to` surely has what `from` had at the beginning of `slot`. */
  #arrival(from: number, to: number, slot: number): number | undefined {
    let holders: ReadonlySet<number> = new Set([from]);
    for (let now = slot; now <= this.#slots.length; now++) {
      if (holders.has(to)) return now;
      holders = this.#oneHop(holders, now);
    }
    return undefined;
  }

  #oneHop(holders: ReadonlySet<number>, slot: number): ReadonlySet<number> {
    const { meetings, failing } = this.#slots[slot] ?? { meetings: [], failing: new Set() };
    const after = new Set(holders);
    for (const { a, b } of meetings) {
      if (failing.has(a) || failing.has(b)) continue;
      if (holders.has(a)) after.add(b);
      if (holders.has(b)) after.add(a);
    }
    return after;
  }
}

function pair(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
