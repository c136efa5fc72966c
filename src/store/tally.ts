/** Counts what happened, by reason and by the tier of the author, for `hearsay status`. */
import { TRUST_TIERS, type TrustTier } from './trust.js';

export type ByTier = Readonly<Record<TrustTier, number>>;
/** Only reasons that happened. */
export type Counts<Reason extends string> = Readonly<Partial<Record<Reason, ByTier>>>;

export class Tally<Reason extends string> {
  readonly #counts = new Map<Reason, Record<TrustTier, number>>();

  /** @param by a negative number takes back. */
  count(reason: Reason, tier: TrustTier, by = 1): void {
    let tiers = this.#counts.get(reason);
    if (tiers === undefined) {
      tiers = Object.fromEntries(TRUST_TIERS.map((each) => [each, 0])) as Record<TrustTier, number>;
      this.#counts.set(reason, tiers);
    }
    tiers[tier] += by;
  }

  total(reason: Reason): number {
    const tiers = this.#counts.get(reason);
    return tiers === undefined ? 0 : TRUST_TIERS.reduce((sum, tier) => sum + tiers[tier], 0);
  }

  read(): Counts<Reason> {
    const happened = [...this.#counts].filter(([reason]) => this.total(reason) > 0);
    return Object.fromEntries(happened.map(([reason, tiers]) => [reason, { ...tiers }])) as Counts<Reason>;
  }
}
