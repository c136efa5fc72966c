/**
 * What each author, each depositor and each tier has in the store, kept up entry by entry: an admission looks up four
 * sums and sorts nothing.
 */
import { invariant, type SteadyMs } from '../base/index.js';
import { chargeOf } from './admission.js';
import { Line } from './line.js';
import { type Standing, TRUST_TIERS, type TrustTier } from './trust.js';
import type { LedgerEntry } from './types.js';

/** Read by the drop rule; written by {@link Accounts} only. */
export class Account {
  bytes = 0;
  /** Of these, what is or was under a promise of custody. */
  custodyBytes = 0;
  /** What may make room for something better: everything but this node's own. */
  readonly others = new Line<LedgerEntry>();
  /** What the least worthy of them was worth when they were last looked at, unless something has come since. */
  least: { readonly worth: number; readonly at: SteadyMs } | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(entry: LedgerEntry): void {
    this.#count++;
    this.bytes += chargeOf(entry.sizeBytes);
    if (entry.custodyUntil !== undefined) this.custodyBytes += chargeOf(entry.sizeBytes);
    if (entry.own) return;
    this.others.add(entry);
    this.least = undefined;
  }

  remove(entry: LedgerEntry): void {
    this.#count--;
    this.bytes -= chargeOf(entry.sizeBytes);
    if (entry.custodyUntil !== undefined) this.custodyBytes -= chargeOf(entry.sizeBytes);
    this.others.delete(entry);
  }
}

const EMPTY = new Account();

interface AuthorAccount {
  tier: TrustTier;
  readonly account: Account;
}

export class Accounts {
  readonly #standing: Standing;
  readonly #authors = new Map<string, AuthorAccount>();
  readonly #depositors = new Map<string, Account>();
  readonly #tiers: Readonly<Record<TrustTier, Account>> = {
    own: new Account(),
    provisioned: new Account(),
    met: new Account(),
    introduced: new Account(),
    unknown: new Account(),
    foreign: new Account(),
  };
  #custodyBytes = 0;

  constructor(standing: Standing) {
    this.#standing = standing;
  }

  /** What is or was under a promise of custody, of everybody together. */
  get custodyBytes(): number {
    return this.#custodyBytes;
  }

  ofAuthor(author: string): Account {
    return this.#authors.get(author)?.account ?? EMPTY;
  }

  ofSource(source: string): Account {
    return this.ofAuthor(this.#standing.authorOf(source));
  }

  ofDepositor(depositor: string): Account {
    return this.#depositors.get(depositor) ?? EMPTY;
  }

  ofTier(tier: TrustTier): Account {
    return this.#tiers[tier];
  }

  /** How many authors of each tier have something here. */
  authorsByTier(): Readonly<Record<TrustTier, number>> {
    const counts = Object.fromEntries(TRUST_TIERS.map((tier) => [tier, 0])) as Record<TrustTier, number>;
    for (const { tier } of this.#authors.values()) counts[tier]++;
    return counts;
  }

  tierOf(entry: Pick<LedgerEntry, 'own' | 'source'>): TrustTier {
    if (entry.own) return 'own';
    const author = this.#standing.authorOf(entry.source);
    return this.#authors.get(author)?.tier ?? this.#standing.tierOfAuthor(author);
  }

  add(entry: LedgerEntry): void {
    const author = this.#standing.authorOf(entry.source);
    let known = this.#authors.get(author);
    if (known === undefined) {
      known = { tier: this.#standing.tierOfAuthor(author), account: new Account() };
      this.#authors.set(author, known);
    }
    known.account.add(entry);
    this.#tiers[entry.own ? 'own' : known.tier].add(entry);
    if (entry.custodyUntil !== undefined) this.#custodyBytes += chargeOf(entry.sizeBytes);
    if (entry.depositor === undefined) return;
    const depositor = this.#depositors.get(entry.depositor) ?? new Account();
    this.#depositors.set(entry.depositor, depositor);
    depositor.add(entry);
  }

  remove(entry: LedgerEntry): void {
    const author = this.#standing.authorOf(entry.source);
    const known = this.#authors.get(author);
    invariant(known !== undefined, 'who has something here has an account');
    known.account.remove(entry);
    if (known.account.count === 0) this.#authors.delete(author);
    this.#tiers[entry.own ? 'own' : known.tier].remove(entry);
    if (entry.custodyUntil !== undefined) this.#custodyBytes -= chargeOf(entry.sizeBytes);
    const depositor = entry.depositor === undefined ? undefined : this.#depositors.get(entry.depositor);
    depositor?.remove(entry);
    if (depositor?.count === 0) this.#depositors.delete(entry.depositor ?? '');
  }

  /** The author's trust has changed. Work follows what the author has here, which their old tier bounded. */
  reclassify(author: string): void {
    const known = this.#authors.get(author);
    const tier = this.#standing.tierOfAuthor(author);
    if (known === undefined || known.tier === tier) return;
    for (const entry of known.account.others.all()) {
      this.#tiers[known.tier].remove(entry);
      this.#tiers[tier].add(entry);
    }
    known.tier = tier;
    known.account.least = undefined;
  }
}
