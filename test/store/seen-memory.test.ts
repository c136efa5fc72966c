/** What is remembered of bundles that are gone, and what is forgotten first when there is too much of it. */
import { describe, expect, it } from 'vitest';
import { later, type SteadyMs, steadyMs } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { DEFAULT_QUOTAS, type DropReason, Ledger, type SeenEntry, type TrustTier } from '../../src/store/index.js';
import { SeenMemory } from '../../src/store/seen-memory.js';
import { drop, keyOf, put } from './build.js';

const LIMIT = 1_000;
const END = steadyMs(1_000_000);

class World {
  readonly tiers = new Map<string, TrustTier>([['ben', 'met']]);
  readonly standing = {
    authorOf: (source: string) => source,
    tierOfAuthor: (author: string): TrustTier => this.tiers.get(author) ?? 'unknown',
    tierOfDepositor: (): TrustTier => 'unknown',
  };
  readonly memory = new SeenMemory([], { limit: LIMIT, quotas: DEFAULT_QUOTAS, standing: this.standing });
  #next = 0;

  remember(author: string, reason: DropReason = 'expired', depositor = 'walker'): BundleKey {
    const entry: SeenEntry = { key: keyOf(this.#next++), reason, rememberUntil: END, author, depositor };
    this.memory.set(entry.key, entry);
    for (const key of this.memory.excess([entry])) this.memory.set(key, undefined);
    return entry.key;
  }
}

function times<T>(count: number, make: (n: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

describe('the memory of bundles that are gone', () => {
  it('forgets the oldest of an author whose share is full, and nobody else’s', () => {
    const world = new World();
    const friends = times(50, () => world.remember('ben'));
    const flood = times(500, () => world.remember('cleo'));
    expect(world.memory.size).toBe(50 + 0.1 * LIMIT);
    for (const key of [...friends, ...flood.slice(-100)]) expect(world.memory.get(key)).toBeDefined();
    for (const key of flood.slice(0, 400)) expect(world.memory.get(key)).toBeUndefined();
  });

  it('forgets what was delivered last', () => {
    const world = new World();
    const delivered = times(30, () => world.remember('cleo', 'delivered'));
    times(500, () => world.remember('cleo'));
    for (const key of delivered) expect(world.memory.get(key)).toBeDefined();
    times(500, () => world.remember('cleo', 'delivered'));
    expect(world.memory.size).toBe(0.1 * LIMIT);
  });

  it('keeps within its budget under any number of identities, at the strangers’ expense', () => {
    const world = new World();
    const friends = times(300, () => world.remember('ben', 'expired', 'ben’s laptop'));
    times(3_000, (n) => world.remember(`sybil ${n}`, 'expired', `door ${n % 7}`));
    expect(world.memory.size).toBe(300 + 0.6 * LIMIT);
    for (const key of friends) expect(world.memory.get(key)).toBeDefined();
    times(400, () => world.remember('ben', 'expired', 'ben’s laptop'));
    expect(world.memory.size).toBe(LIMIT);
  });

  it('keeps within a neighbour’s share what that neighbour brought', () => {
    const world = new World();
    times(2_000, (n) => world.remember(`sybil ${n}`));
    expect(world.memory.size).toBe(0.5 * LIMIT);
  });

  it('counts an author anew once they are trusted', () => {
    const world = new World();
    times(100, () => world.remember('cleo'));
    world.tiers.set('cleo', 'met');
    world.memory.reclassify('cleo');
    times(250, () => world.remember('cleo'));
    expect(world.memory.size).toBe(350);
  });

  it('lets a ledger say what to forget, and takes that back with the commit', () => {
    const quotaBytes = 4096;
    const ledger = Ledger.from(
      { epoch: '0', lastSeq: 20_000, entries: [], seen: [], records: new Map() },
      { quotaBytes, quotas: DEFAULT_QUOTAS, standing: new World().standing },
    );
    const forget = (n: number): readonly BundleKey[] => {
      const dropped = { ...drop(n, 'expired', later(END, n) as SteadyMs), author: 'cleo' };
      const ops = [put(n), dropped];
      ledger.apply(ops);
      return ledger.forgottenFor(ops);
    };
    const most = Math.floor(0.1 * ledger.seenLimit);
    for (let n = 1; n <= most; n++) expect(forget(n)).toEqual([]);
    const forgotten = forget(most + 1);
    expect(forgotten).toEqual([keyOf(1)]);
    const undo = ledger.apply(forgotten.map((key) => ({ op: 'unsee', key })));
    expect(ledger.seenSize).toBe(most);
    undo();
    expect(ledger.seen(keyOf(1))?.reason).toBe('expired');
  });
});
