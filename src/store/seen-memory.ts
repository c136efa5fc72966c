/**
 * The keys of bundles that need not come again, under a budget.
 *
 * Bundles that live for seconds would otherwise fill the memory: each is remembered for a day after its end. So an author,
 * a depositor and a tier may have as large a share of the memory as of the store. Over it, their own oldest memories are
 * forgotten first, and of these what was delivered here last of all: to forget that may show a message twice, to forget
 * anything else costs carrying a copy in vain.
 */
import type { SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { ExpiryHeap } from './expiry-heap.js';
import { Line } from './line.js';
import type { QuotaShares } from './quotas.js';
import { type Standing, TRUST_TIERS, type TrustTier } from './trust.js';
import type { SeenEntry } from './types.js';

export interface SeenBudget {
  /** How many keys may be remembered. */
  readonly limit: number;
  readonly quotas: QuotaShares;
  readonly standing: Standing;
}

/** However small the share, so many are remembered. */
const LEAST_PER_ACCOUNT = 64;

/** What a drop or a see leaves behind. */
export function seenEntryOf({ key, reason, rememberUntil, author, depositor }: SeenEntry): SeenEntry {
  return {
    key,
    reason,
    rememberUntil,
    ...(author === undefined ? {} : { author }),
    ...(depositor === undefined ? {} : { depositor }),
  };
}

/** Somebody's memories. */
class Memories {
  readonly #plain = new Line<SeenEntry>();
  readonly #delivered = new Line<SeenEntry>();

  get size(): number {
    return this.#plain.size + this.#delivered.size;
  }

  add(entry: SeenEntry): void {
    this.#lineOf(entry).add(entry);
  }

  delete(entry: SeenEntry): void {
    this.#lineOf(entry).delete(entry);
  }

  /** The first to be forgotten. */
  first(limit: number): readonly SeenEntry[] {
    const plain = this.#plain.first(limit);
    return plain.length === limit ? plain : [...plain, ...this.#delivered.first(limit - plain.length)];
  }

  *all(): Iterable<SeenEntry> {
    yield* this.#plain.all();
    yield* this.#delivered.all();
  }

  #lineOf(entry: SeenEntry): Line<SeenEntry> {
    return entry.reason === 'delivered' ? this.#delivered : this.#plain;
  }
}

interface AuthorMemories {
  tier: TrustTier;
  readonly memories: Memories;
}

export class SeenMemory {
  readonly limit: number;
  readonly #budget: SeenBudget;
  readonly #entries = new Map<BundleKey, SeenEntry>();
  readonly #expiry: ExpiryHeap<SeenEntry>;
  readonly #authors = new Map<string, AuthorMemories>();
  readonly #depositors = new Map<string, Memories>();
  readonly #tiers: Readonly<Record<TrustTier, Memories>> = {
    own: new Memories(),
    provisioned: new Memories(),
    met: new Memories(),
    introduced: new Memories(),
    unknown: new Memories(),
    foreign: new Memories(),
  };

  constructor(stored: readonly SeenEntry[], budget: SeenBudget) {
    this.#budget = budget;
    this.limit = budget.limit;
    // The order in which they came is not on disk; the one in which they end is close to it.
    for (const entry of [...stored].sort((a, b) => a.rememberUntil - b.rememberUntil)) this.#charge(entry);
    this.#expiry = new ExpiryHeap(
      [...this.#entries.values()],
      (entry) => entry.rememberUntil,
      (entry) => this.#entries.get(entry.key) === entry,
    );
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: BundleKey): SeenEntry | undefined {
    return this.#entries.get(key);
  }

  keys(): Iterable<BundleKey> {
    return this.#entries.keys();
  }

  /** What is remembered of the key from now on. @returns what was remembered before. */
  set(key: BundleKey, entry: SeenEntry | undefined): SeenEntry | undefined {
    const before = this.#entries.get(key);
    if (before !== undefined) {
      this.#entries.delete(key);
      this.#discharge(before);
      this.#expiry.forget();
    }
    if (entry !== undefined) {
      this.#charge(entry);
      this.#expiry.add(entry);
    }
    return before;
  }

  /** Some of the memories that need no longer be kept at `now`, the earliest first. */
  expired(now: SteadyMs, limit: number): readonly SeenEntry[] {
    return [...this.#expiry.due(now, limit)].sort(
      (a, b) => a.rememberUntil - b.rememberUntil || (a.key < b.key ? -1 : 1),
    );
  }

  nextExpiry(): SteadyMs | undefined {
    return this.#expiry.next();
  }

  /** What has to be forgotten because these came, and somebody's share or the whole is full. */
  excess(added: readonly Pick<SeenEntry, 'author' | 'depositor'>[]): readonly BundleKey[] {
    const { quotas, standing } = this.#budget;
    const going = new Set<SeenEntry>();
    for (const { author, depositor } of added) {
      const known = author === undefined ? undefined : this.#authors.get(author);
      const tier = known?.tier ?? 'unknown';
      trim(known?.memories, this.#most(quotas[tier].author), going);
      if (depositor !== undefined) {
        const most = this.#most(quotas[standing.tierOfDepositor(depositor)].depositor);
        trim(this.#depositors.get(depositor), most, going);
      }
      trim(this.#tiers[tier], this.#most(quotas[tier].together), going);
    }
    for (const tier of TRUST_TIERS.toReversed()) {
      const over = this.#entries.size - going.size - this.limit;
      if (over <= 0) break;
      // Those that are going already stand in the same line.
      const first = this.#tiers[tier].first(over + going.size);
      for (const entry of first.filter((each) => !going.has(each)).slice(0, over)) going.add(entry);
    }
    return Array.from(going, (entry) => entry.key);
  }

  /** The author's trust has changed. */
  reclassify(author: string): void {
    const known = this.#authors.get(author);
    const tier = this.#budget.standing.tierOfAuthor(author);
    if (known === undefined || known.tier === tier) return;
    for (const entry of known.memories.all()) {
      this.#tiers[known.tier].delete(entry);
      this.#tiers[tier].add(entry);
    }
    known.tier = tier;
  }

  #most(share: number): number {
    return Math.max(LEAST_PER_ACCOUNT, Math.floor(share * this.limit));
  }

  #charge(entry: SeenEntry): void {
    this.#entries.set(entry.key, entry);
    const { author, depositor } = entry;
    if (author === undefined) {
      this.#tiers.unknown.add(entry);
    } else {
      let known = this.#authors.get(author);
      if (known === undefined) {
        known = { tier: this.#budget.standing.tierOfAuthor(author), memories: new Memories() };
        this.#authors.set(author, known);
      }
      known.memories.add(entry);
      this.#tiers[known.tier].add(entry);
    }
    if (depositor === undefined) return;
    const brought = this.#depositors.get(depositor) ?? new Memories();
    this.#depositors.set(depositor, brought);
    brought.add(entry);
  }

  #discharge(entry: SeenEntry): void {
    const { author, depositor } = entry;
    const known = author === undefined ? undefined : this.#authors.get(author);
    this.#tiers[known?.tier ?? 'unknown'].delete(entry);
    known?.memories.delete(entry);
    if (author !== undefined && known?.memories.size === 0) this.#authors.delete(author);
    if (depositor === undefined) return;
    const brought = this.#depositors.get(depositor);
    brought?.delete(entry);
    if (brought?.size === 0) this.#depositors.delete(depositor);
  }
}

/** Adds the oldest to `going` until no more than `most` stay. */
function trim(memories: Memories | undefined, most: number, going: Set<SeenEntry>): void {
  if (memories === undefined || memories.size <= most) return;
  for (const entry of memories.first(memories.size - most)) going.add(entry);
}
