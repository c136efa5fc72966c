/**
 * How many nodes hold a bundle, by what neighbours say: each tells its own estimate, and the largest is believed. It is
 * a lower bound among the honest; who exaggerates makes a bundle look widespread, no more.
 */
import { fromHex, toHex } from '../../base/index.js';
import type { BundleKey } from '../../bundle/index.js';
import type { CborValue } from '../../cbor/index.js';
import type { LedgerEntry } from '../../store/index.js';
import { BoundedMap } from '../bounded-map.js';
import { badSummary } from './names.js';
import { countOf, listOf } from './share.js';

const MAX_BUNDLES = 16_384;
const PREFIX_BYTES = 8;
/** More copies than that make no difference to any decision. */
const MAX_COPIES = 0xffff;
/** A prefix and a number in CBOR. */
const ROW_BYTES = 1 + PREFIX_BYTES + 3;

interface Count {
  readonly copies: number;
  /** Whether our own copy is among them. */
  readonly withOurs: boolean;
}

export class CopyCounts {
  readonly #counts = new BoundedMap<string, Count>(MAX_BUNDLES);

  /** How many hold this bundle, which is one of ours; without news at least all those it came through. */
  of({ key, hops }: Pick<LedgerEntry, 'key' | 'hops'>): number {
    const known = this.#counts.get(prefixOf(key));
    if (known === undefined) return hops + 1;
    return Math.max(hops + 1, known.withOurs ? known.copies : known.copies + 1);
  }

  /** One more node has it. */
  add(entry: Pick<LedgerEntry, 'key' | 'hops'>): void {
    this.#set(prefixOf(entry.key), this.of(entry) + 1, true);
  }

  /** [[prefix, copies], …] for what is held, the newest arrival first. */
  encode(held: readonly LedgerEntry[], maxBytes: number): CborValue {
    return newest(held, Math.floor(maxBytes / ROW_BYTES)).map((entry): CborValue => {
      const copies = this.of(entry);
      // From here on it is told as one that includes ours.
      this.#set(prefixOf(entry.key), copies, true);
      return [fromHex(prefixOf(entry.key)), copies];
    });
  }

  /** @throws DecodeError `ERR_SUMMARY` */
  take(value: CborValue | undefined): void {
    const rows = listOf(value, MAX_BUNDLES).map((row) => {
      const [prefix, copies] = listOf(row, 2);
      if (!(prefix instanceof Uint8Array) || prefix.length !== PREFIX_BYTES) throw badSummary('counts no bundle');
      return { prefix: toHex(prefix), copies: countOf(copies, MAX_COPIES) };
    });
    for (const { prefix, copies } of rows) {
      const known = this.#counts.get(prefix);
      if (known === undefined) this.#set(prefix, copies, false);
      // Whoever tells of a bundle that we hold too makes two.
      else this.#set(prefix, Math.max(known.copies, copies, known.withOurs ? 2 : 1), known.withOurs);
    }
  }

  #set(prefix: string, copies: number, withOurs: boolean): void {
    this.#counts.set(prefix, { copies: Math.min(copies, MAX_COPIES), withOurs });
  }
}

function prefixOf(key: BundleKey): string {
  return key.slice(0, 2 * PREFIX_BYTES);
}

/** The last `count` to arrive, the newest first. Numbers are sorted, not entries: a store may hold very many. */
function newest(held: readonly LedgerEntry[], count: number): readonly LedgerEntry[] {
  const oldest =
    Float64Array.from(held, ({ seq }) => seq)
      .sort()
      .at(-count) ?? 0;
  return held.filter(({ seq }) => seq >= oldest).sort((a, b) => b.seq - a.seq);
}
