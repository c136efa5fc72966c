/**
 * The in-memory table over which the core decides: what the store holds, what it has seen, what still fits.
 *
 * Synchronous and deterministic. The engine works in this order, inside one decision:
 *
 * 1. `admit(candidate)` says whether the bundle may come in, and what goes in exchange;
 * 2. `apply(ops)` makes the ledger what the store will be, so that the next decision already counts it;
 * 3. `store.commit(ops)` makes it durable. Only when that resolves is anything acknowledged.
 *
 * Should the commit fail, the function that `apply` returned takes the ops back. Bytes that are still arriving have no
 * entry yet; `reserve` keeps room for them, so that two neighbours who send at once cannot together pass the quota.
 */
import { invariant, type SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { type Account, Accounts } from './accounts.js';
import {
  type Admission,
  type Candidate,
  chargeOf,
  isNewer,
  type NeedlessReason,
  type RefusalReason,
} from './admission.js';
import { ArrivalOrder } from './arrival-order.js';
import { Comparison } from './comparison.js';
import { mayPromise } from './custody.js';
import { DropRule } from './drop-rule.js';
import { ExpiryHeap } from './expiry-heap.js';
import { CUSTODY_SHARE, NO_QUOTAS, type QuotaShares, RESERVED_SHARE, seenLimit } from './quotas.js';
import { SeenMemory, seenEntryOf } from './seen-memory.js';
import { type Counts, Tally } from './tally.js';
import { EVERYBODY_MET, type Standing, TRUST_TIERS, type TrustTier } from './trust.js';
import type { DropReason, LedgerEntry, SeenEntry, StoreOp, StoreSnapshot } from './types.js';
import { defaultWorth, type Worth } from './worth.js';

export interface LedgerOptions {
  /** What the entries may cost together, see {@link chargeOf}. */
  readonly quotaBytes: number;
  /** @default only `quotaBytes` binds */
  readonly quotas?: QuotaShares;
  /** @default everybody is somebody met */
  readonly standing?: Standing;
  /** What an entry is worth per byte, for the drop rule. @default {@link defaultWorth} */
  readonly worth?: Worth;
}

export interface TierUse {
  readonly authors: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** What happened since the ledger was built, by reason and by the author's tier. */
export interface LedgerCounters {
  /** Bundles put. */
  readonly accepted: number;
  readonly dropped: Counts<DropReason>;
  readonly refused: Counts<RefusalReason>;
  /** Keys that were forgotten before their time, because somebody's share of the memory was full. */
  readonly forgotten: number;
}

/** Takes applied ops back after their commit failed. Calling it again does nothing. */
export type Undo = () => void;

export class Ledger {
  readonly epoch: string;
  readonly quotaBytes: number;
  #lastSeq: number;
  #usedBytes = 0;
  #reservedBytes = 0;
  readonly #entries = new Map<BundleKey, LedgerEntry>();
  readonly #topics = new Map<string, LedgerEntry>();
  readonly #destinations = new Map<string, Set<LedgerEntry>>();
  /** Fragments, by the key of the whole. */
  readonly #fragments = new Map<BundleKey, Set<LedgerEntry>>();
  readonly #reservations = new Map<string, number>();
  readonly #arrivals: ArrivalOrder;
  readonly #expiry: ExpiryHeap<LedgerEntry>;
  readonly #seen: SeenMemory;
  /** What other stores are compared with. */
  readonly comparison: Comparison;
  readonly #accounts: Accounts;
  readonly #dropRule: DropRule;
  readonly #quotas: QuotaShares;
  /** Entries whose put was taken back: a later undo of their drop must not revive them. */
  readonly #neverStored = new WeakSet<LedgerEntry>();
  #accepted = 0;
  #forgotten = 0;
  readonly #dropped = new Tally<DropReason>();
  readonly #refused = new Tally<RefusalReason>();

  static from(snapshot: StoreSnapshot, options: LedgerOptions): Ledger {
    return new Ledger(snapshot, options);
  }

  private constructor(snapshot: StoreSnapshot, options: LedgerOptions) {
    this.epoch = snapshot.epoch;
    this.quotaBytes = options.quotaBytes;
    this.#lastSeq = snapshot.lastSeq;
    const { quotaBytes, quotas = NO_QUOTAS, standing = EVERYBODY_MET, worth = defaultWorth } = options;
    this.#quotas = quotas;
    this.#accounts = new Accounts(standing);
    this.#dropRule = new DropRule({ quotaBytes, quotas, standing, worth, accounts: this.#accounts });
    const entries = [...snapshot.entries].sort((a, b) => a.seq - b.seq);
    for (const entry of entries) this.#index(entry);
    this.#seen = new SeenMemory(snapshot.seen, { limit: seenLimit(quotaBytes), quotas, standing });
    const isLive = (entry: LedgerEntry): boolean => this.#entries.get(entry.key) === entry;
    this.#arrivals = new ArrivalOrder(entries, isLive);
    this.#expiry = new ExpiryHeap(entries, (entry) => entry.expiresAt, isLive);
    this.comparison = new Comparison({
      entries: () => this.entries(),
      seenKeys: () => this.seenKeys(),
      isHeld: (key) => this.has(key),
      isSeen: (key) => this.seen(key) !== undefined,
    });
  }

  /** The highest arrival number taken. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Takes the next arrival number. One that ends up unused leaves a gap, which harms nothing. */
  nextSeq(): number {
    return ++this.#lastSeq;
  }

  /** How many bundles are held. */
  get size(): number {
    return this.#entries.size;
  }

  /** What the entries cost together, see {@link chargeOf}; reservations are not in it. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Room kept for bytes that are still arriving. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  get counters(): LedgerCounters {
    return {
      accepted: this.#accepted,
      dropped: this.#dropped.read(),
      refused: this.#refused.read(),
      forgotten: this.#forgotten,
    };
  }

  /** What the authors of each tier have here together, and what they may have. */
  tiers(): Readonly<Record<TrustTier, TierUse>> {
    const authors = this.#accounts.authorsByTier();
    const uses = TRUST_TIERS.map((tier): [TrustTier, TierUse] => {
      const limitBytes = Math.floor(this.#quotas[tier].together * this.quotaBytes);
      return [tier, { authors: authors[tier], usedBytes: this.#accounts.ofTier(tier).bytes, limitBytes }];
    });
    return Object.fromEntries(uses) as Record<TrustTier, TierUse>;
  }

  /** What is, or was until its promise ended, under a promise of custody, and how much may be. */
  get custody(): { readonly usedBytes: number; readonly limitBytes: number } {
    return {
      usedBytes: this.#accounts.custodyBytes,
      limitBytes: Math.floor(CUSTODY_SHARE * this.quotaBytes),
    };
  }

  get(key: BundleKey): LedgerEntry | undefined {
    return this.#entries.get(key);
  }

  has(key: BundleKey): boolean {
    return this.#entries.has(key);
  }

  /** What is remembered of a bundle that is no longer, or never was, held. */
  seen(key: BundleKey): SeenEntry | undefined {
    return this.#seen.get(key);
  }

  entries(): Iterable<LedgerEntry> {
    return this.#entries.values();
  }

  /** How many keys are remembered beside those held. */
  get seenSize(): number {
    return this.#seen.size;
  }

  /** How many keys may be remembered beside those held. */
  get seenLimit(): number {
    return this.#seen.limit;
  }

  /** The keys that are remembered beside those held. */
  seenKeys(): Iterable<BundleKey> {
    return this.#seen.keys();
  }

  /** The entries with a number above `seq`, ascending. */
  since(seq: number): readonly LedgerEntry[] {
    return this.#arrivals.since(seq);
  }

  /** The newest held version of a topic. */
  byTopic(source: string, topicName: string): LedgerEntry | undefined {
    return this.#topics.get(topicKey(source, topicName));
  }

  /** Everything held for one endpoint. */
  toDestination(destination: string): Iterable<LedgerEntry> {
    return this.#destinations.get(destination) ?? [];
  }

  /** What is held of a bundle in fragments. */
  fragmentsOf(whole: BundleKey): ReadonlySet<LedgerEntry> {
    return this.#fragments.get(whole) ?? NONE;
  }

  /** Entries whose time is up at `now`, the earliest of them first. They stay until the engine drops them. */
  expired(now: SteadyMs, limit = Number.POSITIVE_INFINITY): readonly LedgerEntry[] {
    return [...this.#expiry.due(now, limit)].sort((a, b) => a.expiresAt - b.expiresAt || a.seq - b.seq);
  }

  nextExpiry(): SteadyMs | undefined {
    return this.#expiry.next();
  }

  /** Remembered keys that need no longer be, the earliest of them first. They stay until the engine unsees them. */
  expiredSeen(now: SteadyMs, limit = Number.POSITIVE_INFINITY): readonly SeenEntry[] {
    return this.#seen.expired(now, limit);
  }

  nextSeenExpiry(): SteadyMs | undefined {
    return this.#seen.nextExpiry();
  }

  /** What has to be unseen in the same commit as these, because somebody's share of the memory is full. */
  forgottenFor(ops: readonly StoreOp[]): readonly BundleKey[] {
    const remembered = ops.flatMap((op) => (op.op === 'drop' || op.op === 'see' ? [op] : []));
    const keys = remembered.length === 0 ? [] : this.#seen.excess(remembered);
    this.#forgotten += keys.length;
    return keys;
  }

  /** Why there is no need of a bundle, whatever room there is. Changes nothing but the counters. */
  needless(candidate: Candidate, now: SteadyMs): NeedlessReason | undefined {
    const reason = this.#needless(candidate, this.#supersededBy(candidate), now);
    if (reason !== undefined) this.#refuse(candidate, reason);
    return reason;
  }

  /**
   * Says whether a bundle may come in, and what makes room for it: what is worth less, never our own, never what is under
   * a promise of custody. Else it is refused. Changes nothing but the counters.
   */
  admit(candidate: Candidate, now: SteadyMs): Admission {
    const superseded = this.#supersededBy(candidate);
    const needless = this.#needless(candidate, superseded, now);
    if (needless !== undefined) return this.#refuse(candidate, needless);
    if (this.#seenReason(candidate.key, now) === 'evicted') return this.#refuse(candidate, 'evicted');
    const newcomer = { ...candidate, seq: this.#lastSeq + 1 };
    const room = this.#dropRule.room(newcomer, this.#usedBytes + this.#reservedBytes, superseded, now);
    if (!room.fits) return this.#refuse(candidate, room.reason);
    return { admit: true, evict: room.evict, ...(superseded === undefined ? {} : { supersedes: superseded }) };
  }

  #refuse(candidate: Candidate, reason: RefusalReason): Admission {
    this.#refused.count(reason, this.tierOf(candidate));
    return { admit: false, reason };
  }

  /** Whom the bundle's author counts as. */
  tierOf(bundle: Pick<LedgerEntry, 'own' | 'source'>): TrustTier {
    return this.#accounts.tierOf(bundle);
  }

  /** The author's trust has changed: what they have here counts for their new tier. */
  reclassify(author: string): void {
    this.#accounts.reclassify(author);
    this.#seen.reclassify(author);
  }

  /** Until when custody of this one may be promised, once it is stored; undefined for no promise. */
  custodyFor(candidate: Candidate, now: SteadyMs): SteadyMs | undefined {
    const tier = this.tierOf(candidate);
    const author: Account = this.#accounts.ofSource(candidate.source);
    return mayPromise(candidate, {
      now,
      authorLeftBytes: this.#quotas[tier].custody * this.quotaBytes - author.custodyBytes,
      leftBytes: this.custody.limitBytes - this.#accounts.custodyBytes,
    });
  }

  /**
   * Keeps room for a transfer that is arriving, under a name of the caller's choice; the same name again replaces it.
   * Release it in the decision that admits the bundle or gives the transfer up.
   *
   * @returns false, and keeps nothing, when that much does not fit.
   */
  reserve(holder: string, sizeBytes: number): boolean {
    this.release(holder);
    const charge = chargeOf(sizeBytes);
    if (this.#usedBytes + this.#reservedBytes + charge > this.quotaBytes * (1 - RESERVED_SHARE)) return false;
    this.#reservations.set(holder, charge);
    this.#reservedBytes += charge;
    return true;
  }

  release(holder: string): void {
    this.#reservedBytes -= this.#reservations.get(holder) ?? 0;
    this.#reservations.delete(holder);
  }

  /**
   * Mirrors a commit. A put over a held key replaces the entry (its copies changed, say); the record ops of other floors
   * pass by.
   *
   * @returns what takes it all back if the commit fails.
   */
  apply(ops: readonly StoreOp[]): Undo {
    const undos: Undo[] = [];
    for (const op of ops) {
      if (op.op === 'put') undos.push(this.#put(op.entry));
      else if (op.op === 'update') undos.push(this.#replace(op.entry));
      else if (op.op === 'drop') undos.push(this.#drop(op.key, op.reason), this.#remember(op));
      else if (op.op === 'see') undos.push(this.#remember(op));
      else if (op.op === 'unsee') undos.push(this.#unsee(op.key));
    }
    return () => {
      for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) undo();
    };
  }

  #put(entry: LedgerEntry): Undo {
    const replaced = this.#remove(entry.key);
    this.#add(entry);
    this.#accepted++;
    return () => {
      this.#neverStored.add(entry);
      this.#accepted--;
      if (this.#entries.get(entry.key) !== entry) return;
      this.#remove(entry.key);
      this.#revive(replaced);
    };
  }

  #replace(entry: LedgerEntry): Undo {
    const replaced = this.#remove(entry.key);
    invariant(replaced?.seq === entry.seq, 'only a held entry is updated, and it keeps its arrival number');
    this.#add(entry);
    return () => {
      this.#neverStored.add(entry);
      if (this.#entries.get(entry.key) !== entry) return;
      this.#remove(entry.key);
      this.#revive(replaced);
    };
  }

  #drop(key: BundleKey, reason: DropReason): Undo {
    const entry = this.#remove(key);
    if (entry === undefined) return () => {};
    const tier = this.tierOf(entry);
    this.#dropped.count(reason, tier);
    return () => {
      this.#dropped.count(reason, tier, -1);
      this.#revive(entry);
    };
  }

  #remember(op: SeenEntry): Undo {
    const entry = seenEntryOf(op);
    const before = this.#setSeen(op.key, entry);
    return () => {
      if (this.#seen.get(op.key) === entry) this.#setSeen(op.key, before);
    };
  }

  #unsee(key: BundleKey): Undo {
    const before = this.#setSeen(key, undefined);
    return () => {
      if (this.#seen.get(key) === undefined) this.#setSeen(key, before);
    };
  }

  #setSeen(key: BundleKey, entry: SeenEntry | undefined): SeenEntry | undefined {
    const before = this.#seen.set(key, entry);
    if (before === undefined && entry !== undefined) this.comparison.remembered(key);
    if (before !== undefined && entry === undefined) this.comparison.forgotten(key);
    return before;
  }

  #revive(entry: LedgerEntry | undefined): void {
    if (entry === undefined || this.#neverStored.has(entry) || this.#entries.has(entry.key)) return;
    this.#add(entry);
  }

  #add(entry: LedgerEntry): void {
    invariant(entry.seq > 0 && entry.seq <= this.#lastSeq, `arrival number ${entry.seq} was never taken`);
    this.#arrivals.add(entry);
    this.#index(entry);
    this.#expiry.add(entry);
    this.comparison.added(entry);
  }

  #index(entry: LedgerEntry): void {
    this.#entries.set(entry.key, entry);
    this.#usedBytes += chargeOf(entry.sizeBytes);
    this.#accounts.add(entry);
    addTo(this.#destinations, entry.destination, entry);
    if (entry.fragment !== undefined) addTo(this.#fragments, entry.fragment.whole, entry);
    if (entry.topic === undefined) return;
    const topic = topicKey(entry.source, entry.topic.name);
    const held = this.#topics.get(topic);
    if (held === undefined || isNewer(versionOf(entry), versionOf(held))) this.#topics.set(topic, entry);
  }

  #remove(key: BundleKey): LedgerEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.comparison.removed(entry);
    this.#usedBytes -= chargeOf(entry.sizeBytes);
    this.#accounts.remove(entry);
    removeFrom(this.#destinations, entry.destination, entry);
    if (entry.fragment !== undefined) removeFrom(this.#fragments, entry.fragment.whole, entry);
    const topic = entry.topic && topicKey(entry.source, entry.topic.name);
    if (topic !== undefined && this.#topics.get(topic) === entry) this.#topics.delete(topic);
    this.#arrivals.forget();
    this.#expiry.forget();
    return entry;
  }

  #supersededBy(candidate: Candidate): LedgerEntry | undefined {
    return candidate.topic && this.byTopic(candidate.source, candidate.topic.name);
  }

  #needless(candidate: Candidate, rival: LedgerEntry | undefined, now: SteadyMs): NeedlessReason | undefined {
    if (this.#entries.has(candidate.key)) return 'have';
    const reason = this.#seenReason(candidate.key, now);
    if (reason === 'receipted' || reason === 'superseded') return reason;
    if (reason !== undefined && reason !== 'evicted') return 'seen';
    return rival !== undefined && !isNewer(versionOf(candidate), versionOf(rival)) ? 'superseded' : undefined;
  }

  #seenReason(key: BundleKey, now: SteadyMs): DropReason | undefined {
    const seen = this.#seen.get(key);
    return seen !== undefined && seen.rememberUntil > now ? seen.reason : undefined;
  }
}

const NONE: ReadonlySet<LedgerEntry> = new Set();

function addTo<Key>(index: Map<Key, Set<LedgerEntry>>, key: Key, entry: LedgerEntry): void {
  const others = index.get(key);
  if (others === undefined) index.set(key, new Set([entry]));
  else others.add(entry);
}

function removeFrom<Key>(index: Map<Key, Set<LedgerEntry>>, key: Key, entry: LedgerEntry): void {
  const others = index.get(key);
  others?.delete(entry);
  if (others?.size === 0) index.delete(key);
}

function topicKey(source: string, topicName: string): string {
  // The length keeps a source and a topic from being cut in two ways.
  return `${source.length}:${source}${topicName}`;
}

function versionOf(entry: Pick<LedgerEntry, 'key' | 'topic'>): {
  readonly key: BundleKey;
  readonly version: number;
} {
  invariant(entry.topic !== undefined, 'only an entry with a topic has a version');
  return { key: entry.key, version: entry.topic.version };
}
