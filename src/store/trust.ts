/** How far an author or a neighbour is trusted, as far as room in the store goes (architecture §6). */

/**
 * Each step up earns room: `foreign` authors are none of Hearsay's, `unknown` ones have signed with a key that nobody
 * here has as a contact, `introduced`, `met` and `provisioned` ones are contacts, `own` ones are this node's people.
 */
export type TrustTier = 'own' | 'provisioned' | 'met' | 'introduced' | 'unknown' | 'foreign';

/** The most trusted first. */
export const TRUST_TIERS: readonly TrustTier[] = ['own', 'provisioned', 'met', 'introduced', 'unknown', 'foreign'];

/** The less trusted of two comes first. */
export function byTrust(a: TrustTier, b: TrustTier): number {
  return TRUST_TIERS.indexOf(b) - TRUST_TIERS.indexOf(a);
}

/** What the floors above know of those who fill the store. The answers may change; see {@link Ledger.reclassify}. */
export interface Standing {
  /** Whom the bundles of a source (text form of the EID) are charged to: a person, however many devices they use. */
  authorOf(source: string): string;
  tierOfAuthor(author: string): TrustTier;
  /** @param depositor the neighbour over whose link a bundle came. */
  tierOfDepositor(depositor: string): TrustTier;
}

/** Everybody is somebody whom one has met: for a ledger that nobody has told otherwise. */
export const EVERYBODY_MET: Standing = {
  authorOf: (source) => source,
  tierOfAuthor: () => 'met',
  tierOfDepositor: () => 'met',
};
