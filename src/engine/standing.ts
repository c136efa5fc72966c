/**
 * Whom the store's room is charged to, and how far they are trusted: the ladder of architecture §6, as far as this node
 * knows it from its people's rosters.
 *
 * A laptop stands as high as the most trusted of those who say, in a signed profile, that it is theirs.
 */
import { type Directory, isPersonId, type NodeId, type PersonId, type Roster } from '../people/index.js';
import { byTrust, type Standing, type TrustTier } from '../store/index.js';

const DTN_PREFIX = 'dtn://';

export class PeopleStanding implements Standing {
  readonly #own: ReadonlySet<PersonId>;
  readonly #rosters: () => Iterable<Roster>;
  readonly #directory: Directory;
  /** The laptops of everybody above unknown; made anew when one of them may have changed. */
  #laptops: Map<NodeId, TrustTier> | undefined;

  constructor(own: ReadonlySet<PersonId>, rosters: () => Iterable<Roster>, directory: Directory) {
    this.#own = own;
    this.#rosters = rosters;
    this.#directory = directory;
  }

  authorOf(source: string): string {
    const from = source.startsWith(DTN_PREFIX) ? DTN_PREFIX.length : 0;
    const end = source.indexOf(from === 0 ? '.' : '/', from);
    return end < 0 ? source.slice(from) : source.slice(from, end);
  }

  tierOfAuthor(author: string): TrustTier {
    if (!isPersonId(author)) return 'foreign';
    if (this.#own.has(author)) return 'own';
    let best: TrustTier = 'unknown';
    for (const roster of this.#rosters()) {
      const trust = roster.byPerson(author)?.trust;
      if (trust !== undefined && byTrust(best, trust) < 0) best = trust;
    }
    return best;
  }

  tierOfDepositor(depositor: string): TrustTier {
    // A foreign node goes by an endpoint id, and no node id is one.
    if (depositor.includes(':')) return 'foreign';
    this.#laptops ??= this.#findLaptops();
    return this.#laptops.get(depositor as NodeId) ?? 'unknown';
  }

  /** Which laptops this person has, or how far they are trusted, has changed. */
  changed(): void {
    this.#laptops = undefined;
  }

  #findLaptops(): Map<NodeId, TrustTier> {
    const laptops = new Map<NodeId, TrustTier>();
    const trusted = new Set<PersonId>(this.#own);
    for (const roster of this.#rosters()) {
      for (const { person } of roster.all()) if (person !== undefined) trusted.add(person);
    }
    for (const person of trusted) {
      const tier = this.tierOfAuthor(person);
      for (const { node } of this.#directory.devicesOf(person)) {
        const known = laptops.get(node);
        if (known === undefined || byTrust(known, tier) < 0) laptops.set(node, tier);
      }
    }
    return laptops;
  }
}
