/**
 * Room for text that waits for clients: a part of the quota of its own, because what is delivered is in no ledger.
 *
 * Strangers together get half of it, so whatever they send, a contact's message finds room.
 */
import { ENTRY_OVERHEAD_BYTES, type Standing, TRUST_TIERS, type TrustTier } from '../store/index.js';

/** Of the quota. */
export const INBOX_SHARE = 0.25;

interface InboxShares {
  /** Of the inbox, for one author. */
  readonly author: number;
  /** For all authors of the tier. */
  readonly together: number;
}

const SHARES: Readonly<Record<TrustTier, InboxShares>> = {
  own: { author: 1, together: 1 },
  provisioned: { author: 0.5, together: 1 },
  met: { author: 0.5, together: 1 },
  introduced: { author: 0.4, together: 1 },
  unknown: { author: 0.35, together: 0.5 },
  foreign: { author: 0.1, together: 0.1 },
};

/** What a text counts for: its letters, which may take three bytes each on disk, and its record. */
function chargeOf(characters: number): number {
  return characters + ENTRY_OVERHEAD_BYTES;
}

export class InboxBudget {
  readonly limitBytes: number;
  readonly #standing: Standing;
  readonly #authors = new Map<string, { tier: TrustTier; bytes: number }>();
  readonly #tiers = new Map<TrustTier, number>(TRUST_TIERS.map((tier) => [tier, 0]));
  #bytes = 0;

  constructor(quotaBytes: number, standing: Standing) {
    this.limitBytes = Math.floor(quotaBytes * INBOX_SHARE);
    this.#standing = standing;
  }

  get usedBytes(): number {
    return this.#bytes;
  }

  /** @param characters of the text; where that is not known yet, its bytes, which are at least as many. */
  hasRoomFor(author: string, characters: number): boolean {
    const charge = chargeOf(characters);
    const known = this.#authors.get(author);
    const tier = known?.tier ?? this.#standing.tierOfAuthor(author);
    const shares = SHARES[tier];
    return (
      this.#bytes + charge <= this.limitBytes &&
      (known?.bytes ?? 0) + charge <= shares.author * this.limitBytes &&
      this.#bytesOf(tier) + charge <= shares.together * this.limitBytes
    );
  }

  add(author: string, body: string): void {
    const known = this.#authors.get(author) ?? { tier: this.#standing.tierOfAuthor(author), bytes: 0 };
    this.#authors.set(author, known);
    this.#change(known, chargeOf(body.length));
  }

  remove(author: string, body: string): void {
    const known = this.#authors.get(author);
    if (known === undefined) return;
    this.#change(known, -chargeOf(body.length));
    if (known.bytes === 0) this.#authors.delete(author);
  }

  /** The author's trust has changed. */
  reclassify(author: string): void {
    const known = this.#authors.get(author);
    if (known === undefined) return;
    this.#tiers.set(known.tier, this.#bytesOf(known.tier) - known.bytes);
    known.tier = this.#standing.tierOfAuthor(author);
    this.#tiers.set(known.tier, this.#bytesOf(known.tier) + known.bytes);
  }

  #change(known: { readonly tier: TrustTier; bytes: number }, by: number): void {
    known.bytes += by;
    this.#tiers.set(known.tier, this.#bytesOf(known.tier) + by);
    this.#bytes += by;
  }

  #bytesOf(tier: TrustTier): number {
    return this.#tiers.get(tier) ?? 0;
  }
}
