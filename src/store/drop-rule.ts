/**
 * Whether there is room for a newcomer, and what makes room for it.
 *
 * Four ceilings: of its author, of the neighbour that brought it, of all authors of such trust, of the store. Where one is
 * in the way, what lies under that very ceiling makes room, so that an author who is over their share pays for it
 * themselves. What makes room is worth less than the newcomer by a margin, is never this node's own, and never under a
 * promise of custody. When that is not enough the newcomer is refused, which its sender hears of.
 *
 * A bounded number of entries is looked at, in turn, so that an admission costs the same in a store of any size. Of a
 * smaller number the least worthy go; in a larger store, the least worthy of those looked at.
 */
import type { SteadyMs } from '../base/index.js';
import type { Account, Accounts } from './accounts.js';
import { type Candidate, chargeOf, type NoRoomReason } from './admission.js';
import { type QuotaShares, storeLimit } from './quotas.js';
import { type Standing, TRUST_TIERS, type TrustTier } from './trust.js';
import type { LedgerEntry } from './types.js';
import type { Worth } from './worth.js';

/** Entries looked at under one ceiling; for the store's, under that of each tier. */
export const ENTRIES_LOOKED_AT = 64;

/**
 * How much more a newcomer must be worth than what goes for it. Else a flood of equals would be taken, one for the other,
 * without end: each costs a signature, a write, and its way to every neighbour.
 */
export const WORTH_MARGIN = 1.25;

/** Where nothing was found that is worth little enough, nothing is looked for again so soon, unless something has come. */
const LOOK_AGAIN_MS = 60_000;

/** What trust adds to worth. */
const TRUST_WEIGHT: Readonly<Record<TrustTier, number>> = {
  own: 16,
  provisioned: 8,
  met: 8,
  introduced: 4,
  unknown: 1,
  foreign: 0.5,
};

/** How much less the bundles of somebody are worth whose share is full, so that those who have little here come first. */
const CROWDING = 4;

export interface DropRuleOptions {
  readonly quotaBytes: number;
  readonly quotas: QuotaShares;
  readonly standing: Standing;
  readonly accounts: Accounts;
  readonly worth: Worth;
}

export type Room =
  | { readonly fits: true; readonly evict: readonly LedgerEntry[] }
  | { readonly fits: false; readonly reason: NoRoomReason };

interface Weighed {
  readonly entry: LedgerEntry;
  readonly worth: number;
}

interface Ceiling {
  readonly reason: NoRoomReason;
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Whose entries lie under it. */
  readonly accounts: readonly Account[];
  readonly covers: (entry: LedgerEntry) => boolean;
}

export class DropRule {
  readonly #options: DropRuleOptions;

  constructor(options: DropRuleOptions) {
    this.#options = options;
  }

  /**
   * @param storeBytes what the whole store has, and what is reserved for arrivals.
   * @param leaving what goes in any case, superseded by the newcomer.
   */
  room(newcomer: LedgerEntry, storeBytes: number, leaving: LedgerEntry | undefined, now: SteadyMs): Room {
    const charge = chargeOf(newcomer.sizeBytes);
    // A newer version that takes no more room than the one it replaces is welcome however full the store is.
    if (leaving !== undefined && charge <= chargeOf(leaving.sizeBytes)) return { fits: true, evict: [] };
    const going = new Set(leaving === undefined ? [] : [leaving]);
    let worth: number | undefined;
    for (const ceiling of this.#ceilings(newcomer, storeBytes)) {
      let excess = ceiling.usedBytes + charge - ceiling.limitBytes;
      for (const entry of going) if (ceiling.covers(entry)) excess -= chargeOf(entry.sizeBytes);
      if (excess <= 0) continue;
      if (charge > ceiling.limitBytes) return { fits: false, reason: ceiling.reason };
      worth ??= newcomer.own ? Number.POSITIVE_INFINITY : this.#worth(newcomer, charge, now);
      for (const { entry } of this.#lessWorthy(ceiling.accounts, worth, now)) {
        if (excess <= 0) break;
        if (going.has(entry)) continue;
        going.add(entry);
        excess -= chargeOf(entry.sizeBytes);
      }
      if (excess > 0) return { fits: false, reason: ceiling.reason };
    }
    return { fits: true, evict: [...going].filter((entry) => entry !== leaving) };
  }

  /** The narrowest first: what goes for one of them makes room under the wider ones too. */
  #ceilings(newcomer: Candidate, storeBytes: number): readonly Ceiling[] {
    const { quotaBytes, accounts, standing } = this.#options;
    const tier = accounts.tierOf(newcomer);
    const store: Ceiling = {
      reason: 'quota',
      usedBytes: storeBytes,
      limitBytes: storeLimit(newcomer, tier, quotaBytes),
      // The least trusted first: of equals, they go.
      accounts: TRUST_TIERS.toReversed().map((each) => accounts.ofTier(each)),
      covers: () => true,
    };
    if (newcomer.own) return [store];
    const author = standing.authorOf(newcomer.source);
    const ofAuthor = accounts.ofAuthor(author);
    const ofTier = accounts.ofTier(tier);
    const ceilings: Ceiling[] = [
      {
        reason: 'author-quota',
        usedBytes: ofAuthor.bytes,
        limitBytes: this.#authorLimit(tier),
        accounts: [ofAuthor],
        covers: (entry) => standing.authorOf(entry.source) === author,
      },
    ];
    const { depositor } = newcomer;
    if (depositor !== undefined) {
      const ofDepositor = accounts.ofDepositor(depositor);
      ceilings.push({
        reason: 'depositor-quota',
        usedBytes: ofDepositor.bytes,
        limitBytes: this.#depositorLimit(depositor),
        accounts: [ofDepositor],
        covers: (entry) => entry.depositor === depositor,
      });
    }
    ceilings.push(
      {
        reason: 'tier-quota',
        usedBytes: ofTier.bytes,
        limitBytes: this.#limit(this.#options.quotas[tier].together),
        accounts: [ofTier],
        covers: (entry) => ofTier.others.has(entry),
      },
      store,
    );
    return ceilings;
  }

  #lessWorthy(accounts: readonly Account[], worth: number, now: SteadyMs): readonly Weighed[] {
    const found: Weighed[] = [];
    for (const account of accounts) {
      const { least } = account;
      if (least !== undefined && now - least.at < LOOK_AGAIN_MS && least.worth * WORTH_MARGIN > worth) continue;
      const weighed = account.others
        .turn(ENTRIES_LOOKED_AT)
        .filter((entry) => (entry.custodyUntil ?? Number.NEGATIVE_INFINITY) <= now)
        .map((entry) => ({ entry, worth: this.#worth(entry, 0, now) }));
      account.least = { worth: Math.min(...weighed.map((each) => each.worth)), at: now };
      found.push(...weighed.filter((each) => each.worth * WORTH_MARGIN <= worth));
    }
    return found.sort((a, b) => a.worth - b.worth);
  }

  /** @param more what the entry would add to what its author and its depositor have. */
  #worth(entry: LedgerEntry, more: number, now: SteadyMs): number {
    const { accounts, standing } = this.#options;
    const tier = accounts.tierOf(entry);
    const author = (accounts.ofAuthor(standing.authorOf(entry.source)).bytes + more) / this.#authorLimit(tier);
    const { depositor } = entry;
    const brought =
      depositor === undefined ? 0 : (accounts.ofDepositor(depositor).bytes + more) / this.#depositorLimit(depositor);
    const crowding = 1 + CROWDING * Math.max(author, brought);
    return (this.#options.worth(entry, now) * TRUST_WEIGHT[tier]) / crowding;
  }

  #authorLimit(tier: TrustTier): number {
    return this.#limit(this.#options.quotas[tier].author);
  }

  #depositorLimit(depositor: string): number {
    return this.#limit(this.#options.quotas[this.#options.standing.tierOfDepositor(depositor)].depositor);
  }

  /** A full share is no ceiling of its own: the store's is. */
  #limit(share: number): number {
    return share >= 1 ? Number.POSITIVE_INFINITY : Math.floor(share * this.#options.quotaBytes);
  }
}
