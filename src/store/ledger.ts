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
import {
  type Admission,
  type Candidate,
  chargeOf,
  isNewer,
  type LedgerCounters,
  mayUseReserve,
  RESERVED_SHARE,
  type RefusalReason,
} from './admission.js';
import { ArrivalOrder } from './arrival-order.js';
import { ExpiryHeap } from './expiry-heap.js';
import type { DropReason, LedgerEntry, SeenEntry, StoreOp, StoreSnapshot } from './types.js';

export interface LedgerOptions {
  /** What the entries may cost together, see {@link chargeOf}. */
  readonly quotaBytes: number;
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
  readonly #seen = new Map<BundleKey, SeenEntry>();
  readonly #topics = new Map<string, LedgerEntry>();
  readonly #destinations = new Map<string, Set<LedgerEntry>>();
  readonly #reservations = new Map<string, number>();
  readonly #arrivals: ArrivalOrder;
  readonly #expiry: ExpiryHeap<LedgerEntry>;
  readonly #seenExpiry: ExpiryHeap<SeenEntry>;
  /** Entries whose put was taken back: a later undo of their drop must not revive them. */
  readonly #neverStored = new WeakSet<LedgerEntry>();
  #accepted = 0;
  readonly #dropped: Record<DropReason, number> = {
    expired: 0,
    receipted: 0,
    superseded: 0,
    delivered: 0,
    evicted: 0,
    'hop-limit': 0,
    forwarded: 0,
  };
  readonly #refused: Record<RefusalReason, number> = {
    have: 0,
    seen: 0,
    superseded: 0,
    quota: 0,
    receipted: 0,
  };

  static from(snapshot: StoreSnapshot, options: LedgerOptions): Ledger {
    return new Ledger(snapshot, options);
  }

  private constructor(snapshot: StoreSnapshot, options: LedgerOptions) {
    this.epoch = snapshot.epoch;
    this.quotaBytes = options.quotaBytes;
    this.#lastSeq = snapshot.lastSeq;
    const entries = [...snapshot.entries].sort((a, b) => a.seq - b.seq);
    for (const entry of entries) this.#index(entry);
    for (const seen of snapshot.seen) this.#seen.set(seen.key, seen);
    const isLive = (entry: LedgerEntry): boolean => this.#entries.get(entry.key) === entry;
    this.#arrivals = new ArrivalOrder(entries, isLive);
    this.#expiry = new ExpiryHeap(entries, (entry) => entry.expiresAt, isLive);
    this.#seenExpiry = new ExpiryHeap(
      snapshot.seen,
      (seen) => seen.rememberUntil,
      (seen) => this.#seen.get(seen.key) === seen,
    );
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
      dropped: { ...this.#dropped },
      refused: { ...this.#refused },
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

  /** All entries whose time is up at `now`, the earliest first. They stay until the engine drops them. */
  expired(now: SteadyMs): readonly LedgerEntry[] {
    return [...this.#expiry.due(now)].sort((a, b) => a.expiresAt - b.expiresAt || a.seq - b.seq);
  }

  nextExpiry(): SteadyMs | undefined {
    return this.#expiry.next();
  }

  /** All remembered keys that need no longer be, the earliest first. They stay until the engine unsees them. */
  expiredSeen(now: SteadyMs): readonly SeenEntry[] {
    return [...this.#seenExpiry.due(now)].sort((a, b) => a.rememberUntil - b.rememberUntil || (a.key < b.key ? -1 : 1));
  }

  nextSeenExpiry(): SteadyMs | undefined {
    return this.#seenExpiry.next();
  }

  /**
   * Says whether a bundle may come in. What was promised is not dropped for a newcomer: without room, it is refused.
   * Changes nothing but the counters.
   */
  admit(candidate: Candidate, now: SteadyMs): Admission {
    const superseded = this.#supersededBy(candidate);
    const reason = this.#refusal(candidate, superseded, now);
    if (reason !== undefined) {
      this.#refused[reason]++;
      return { admit: false, reason };
    }
    return superseded === undefined ? { admit: true, evict: [] } : { admit: true, supersedes: superseded, evict: [] };
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
    if (this.#usedBytes + this.#reservedBytes + charge > this.#ordinaryLimit()) {
      this.#refused.quota++;
      return false;
    }
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
    this.#dropped[reason]++;
    return () => {
      this.#dropped[reason]--;
      this.#revive(entry);
    };
  }

  #remember(op: SeenEntry): Undo {
    const before = this.#seen.get(op.key);
    const entry: SeenEntry = {
      key: op.key,
      reason: op.reason,
      rememberUntil: op.rememberUntil,
    };
    this.#setSeen(op.key, entry);
    return () => {
      if (this.#seen.get(op.key) === entry) this.#setSeen(op.key, before);
    };
  }

  #unsee(key: BundleKey): Undo {
    const before = this.#seen.get(key);
    this.#setSeen(key, undefined);
    return () => {
      if (!this.#seen.has(key)) this.#setSeen(key, before);
    };
  }

  #setSeen(key: BundleKey, entry: SeenEntry | undefined): void {
    if (this.#seen.delete(key)) this.#seenExpiry.forget();
    if (entry === undefined) return;
    this.#seen.set(key, entry);
    this.#seenExpiry.add(entry);
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
  }

  #index(entry: LedgerEntry): void {
    this.#entries.set(entry.key, entry);
    this.#usedBytes += chargeOf(entry.sizeBytes);
    const others = this.#destinations.get(entry.destination);
    if (others === undefined) this.#destinations.set(entry.destination, new Set([entry]));
    else others.add(entry);
    if (entry.topic === undefined) return;
    const topic = topicKey(entry.source, entry.topic.name);
    const held = this.#topics.get(topic);
    if (held === undefined || isNewer(versionOf(entry), versionOf(held))) this.#topics.set(topic, entry);
  }

  #remove(key: BundleKey): LedgerEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#usedBytes -= chargeOf(entry.sizeBytes);
    const others = this.#destinations.get(entry.destination);
    others?.delete(entry);
    if (others?.size === 0) this.#destinations.delete(entry.destination);
    const topic = entry.topic && topicKey(entry.source, entry.topic.name);
    if (topic !== undefined && this.#topics.get(topic) === entry) this.#topics.delete(topic);
    this.#arrivals.forget();
    this.#expiry.forget();
    return entry;
  }

  #supersededBy(candidate: Candidate): LedgerEntry | undefined {
    return candidate.topic && this.byTopic(candidate.source, candidate.topic.name);
  }

  #refusal(candidate: Candidate, rival: LedgerEntry | undefined, now: SteadyMs): RefusalReason | undefined {
    if (this.#entries.has(candidate.key)) return 'have';
    const seen = this.#seen.get(candidate.key);
    if (seen !== undefined && seen.rememberUntil > now) {
      return seen.reason === 'receipted' || seen.reason === 'superseded' ? seen.reason : 'seen';
    }
    if (rival !== undefined && !isNewer(versionOf(candidate), versionOf(rival))) return 'superseded';
    return this.#fits(candidate, rival) ? undefined : 'quota';
  }

  #fits(candidate: Candidate, superseded: LedgerEntry | undefined): boolean {
    const growth = chargeOf(candidate.sizeBytes) - (superseded === undefined ? 0 : chargeOf(superseded.sizeBytes));
    // A newer version that takes no more room than the one it replaces is welcome however full the store is.
    if (growth <= 0) return true;
    const limit = mayUseReserve(candidate) ? this.quotaBytes : this.#ordinaryLimit();
    return this.#usedBytes + this.#reservedBytes + growth <= limit;
  }

  #ordinaryLimit(): number {
    return Math.floor(this.quotaBytes * (1 - RESERVED_SHARE));
  }
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
