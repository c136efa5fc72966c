/** What the parts of the engine share: state, local people, and the way from a decision to the disk. */
import { HearsayError, later, type Now, type SteadyMs, steadyMs, toDtnTime, wallTimeMs } from '../base/index.js';
import {
  type BundleKey,
  bundleKey,
  type CreationTimestamp,
  type Eid,
  encodeBundle,
  formatEid,
} from '../bundle/index.js';
import { type AccountEvent, chunkEndpoint, chunkOf } from '../chat/index.js';
import { type CryptoSuite, REAL_CRYPTO } from '../crypto/index.js';
import { type LinkId, Routing } from '../gossip/index.js';
import { type NodeId, nodeIdOf, type PersonId, personOf } from '../people/index.js';
import {
  BundleClass,
  DEFAULT_QUOTAS,
  type DropReason,
  defaultWorth,
  type LedgerEntry,
  type StoreSnapshot,
  type TrustTier,
  type Worth,
} from '../store/index.js';
import { type BundleSpec, LocalPerson } from './local-person.js';
import { KnownMesh } from './mesh-view.js';
import { restoreRouting } from './routing-memory.js';
import { NodeState } from './state.js';
import { Transaction } from './transaction.js';
import type { EngineAction, EngineConfig } from './types.js';
import { Vouchers } from './vouchers.js';

interface PendingCommit {
  readonly transaction: Transaction;
  /** Bundles that this commit stores, by ascending arrival number. */
  readonly entries: readonly LedgerEntry[];
  /** Bundles that it marks as seen. */
  readonly seen: readonly BundleKey[];
}

const BOOTS = 'boots';
/**
 * Without a clock only the sequence number tells bundles apart: 12 bits of the count of boots, 20 random bits, because a
 * restored backup counts its boots again, and 20 bits for the bundles of one boot.
 */
const BOOTS_IN_LONG = 2 ** 12;
const DRAWS_IN_LONG = 2 ** 20;
const SEQUENCES_IN_LONG = 2 ** 20;
/** With a clock the time tells boots apart, and short sequences keep bundles small. */
const SEQUENCES_IN_SHORT = 2 ** 16;
const BOOTS_IN_SHORT = 2 ** 8;
/** How long a key is remembered after its bundle has expired, and what share of its lifetime on top. */
const REMEMBER_MS = 86_400_000;
const REMEMBER_SHARE = 0.1;
/** How long what made room for something better is not taken back: it would go again, or something like it. */
const EVICTED_REST_MS = 6 * 3_600_000;
/** Above what any strategy estimates, and finite, so that two of them still compare. */
const AWAITED_WORTH = 1e300;
const TRUSTED: ReadonlySet<TrustTier> = new Set<TrustTier>(['own', 'provisioned', 'met', 'introduced']);

export class Core {
  readonly config: EngineConfig;
  readonly node: NodeId;
  readonly vouchers = new Vouchers();
  /** Links to neighbours that gossip and have proved who they are. */
  readonly gossipLinks = new Set<LinkId>();
  readonly crypto: CryptoSuite;
  readonly state: NodeState;
  readonly routing: Routing;
  readonly locals: ReadonlyMap<PersonId, LocalPerson>;
  /** Called once a commit is on disk, with the bundles that it stored and the keys that it marked as seen. */
  onStored: (entries: readonly LedgerEntry[], seen: readonly BundleKey[], now: Now) => void = () => {};
  /** Called when a bundle that came over a link is on its way to disk. */
  onArriving: (link: LinkId, key: BundleKey) => void = () => {};
  /** Called for each bundle that is dropped, in the transaction that does it. */
  onDropped: (transaction: Transaction, entry: LedgerEntry, reason: DropReason) => void = () => {};
  /** Called after a commit has failed and memory has gone back. */
  onNotStored: (now: Now) => void = () => {};

  /** The time of the event that is being handled, or was last. */
  now: Now = { steady: steadyMs(0), wall: wallTimeMs(0), wallTrusted: false };
  #actions: EngineAction[] = [];
  #nextToken = 1;
  readonly #pending = new Map<number, PendingCommit>();
  readonly #pendingKeys = new Map<BundleKey, Transaction>();
  #latest: PendingCommit | undefined;
  /** How many commits have failed. */
  #failures = 0;
  #boot = 0;
  /** Random, one for each boot. */
  #draw = 0;
  #sequence = 0;

  constructor(config: EngineConfig, snapshot: StoreSnapshot) {
    this.config = config;
    this.crypto = config.crypto ?? REAL_CRYPTO;
    this.node = nodeIdOf(config.nodeKey.publicKey);
    const locals = config.people.map((keys) => new LocalPerson(keys));
    this.locals = new Map(locals.map((local) => [local.id, local]));
    const { domain, quotaBytes, quotas = DEFAULT_QUOTAS, log, introduced } = config;
    const mesh = new KnownMesh(this, quotaBytes);
    const strategy = config.strategy(mesh);
    const worth = this.#worth((entry, now) => strategy.worth?.(entry, now) ?? defaultWorth(entry, now));
    const own = new Set(this.locals.keys());
    this.state = new NodeState(snapshot, { domain, quotaBytes, quotas, worth, log, own, introduced });
    restoreRouting(strategy, this.state.routing, log);
    this.routing = new Routing({
      strategy,
      mesh,
      entry: (key) => (this.holds(key) ? this.state.ledger.get(key) : undefined),
      committedSince: (seq) => this.committedSince(seq),
      awaits: (entry) => this.awaits(entry),
    });
  }

  /** @throws HearsayError `ERR_NO_SUCH_PERSON` */
  local(person: PersonId): LocalPerson {
    const local = this.locals.get(person);
    if (local === undefined) throw new HearsayError('ERR_NO_SUCH_PERSON', 'this node does not serve that person');
    return local;
  }

  /** Whether what is for this endpoint has arrived here: this laptop, or one of the people whom it serves. */
  isOwn(endpoint: Eid): boolean {
    if (endpoint.kind !== 'dtn') return false;
    const person = personOf(endpoint);
    return endpoint.node === this.node || (person !== undefined && this.locals.has(person));
  }

  begin(): Transaction {
    return new Transaction(this.state.ledger);
  }

  /** Hands the transaction's ops to the host. What it changed is visible at once, what it promised only once on disk. */
  commit(transaction: Transaction): void {
    if (transaction.ops.length === 0) {
      transaction.committed();
      return;
    }
    const token = this.#nextToken++;
    const entries = transaction.ops.flatMap((op) => (op.op === 'put' ? [op.entry] : []));
    const seen = transaction.ops.flatMap((op) => (op.op === 'see' ? [op.key] : []));
    this.#latest = { transaction, entries, seen };
    this.#pending.set(token, this.#latest);
    for (const { key } of entries) this.#pendingKeys.set(key, transaction);
    for (const key of seen) this.#pendingKeys.set(key, transaction);
    this.emit({ type: 'commit', token, ops: transaction.ops });
  }

  onCommitted(token: number, now: Now): void {
    const pending = this.#settle(token);
    if (pending === undefined) return;
    pending.transaction.committed();
    if (pending.entries.length + pending.seen.length > 0) this.onStored(pending.entries, pending.seen, now);
  }

  onCommitFailed(token: number, error: unknown, now: Now): void {
    const pending = this.#settle(token);
    if (pending === undefined) return;
    this.#failures += 1;
    pending.transaction.failed(error);
    this.onNotStored(now);
  }

  #settle(token: number): PendingCommit | undefined {
    const pending = this.#pending.get(token);
    if (pending === undefined) return undefined;
    this.#pending.delete(token);
    if (this.#pending.size === 0) this.#latest = undefined;
    for (const { key } of pending.entries) this.#pendingKeys.delete(key);
    for (const key of pending.seen) this.#pendingKeys.delete(key);
    return pending;
  }

  /**
   * Runs once everything that has been decided so far is settled, at once if nothing waits: for an answer that relies on
   * decisions which a crash would undo.
   *
   * @param effect is told whether all of it is on disk.
   */
  whenSettled(effect: (stored: boolean) => void): void {
    const latest = this.#latest;
    if (latest === undefined) return effect(true);
    const failures = this.#failures;
    // Commits keep their order: when the latest is settled, so are those before it.
    latest.transaction.afterCommit(() => effect(this.#failures === failures));
    latest.transaction.afterFailure(() => effect(false));
  }

  /** The transaction that is bringing this bundle to disk right now. */
  pendingFor(key: BundleKey): Transaction | undefined {
    return this.#pendingKeys.get(key);
  }

  /** On disk, and not merely decided. */
  holds(key: BundleKey): boolean {
    return this.state.ledger.has(key) && !this.#pendingKeys.has(key);
  }

  committedSince(seq: number): readonly LedgerEntry[] {
    const entries = this.state.ledger.since(seq);
    return this.#pendingKeys.size === 0 ? entries : entries.filter((entry) => !this.#pendingKeys.has(entry.key));
  }

  /** All arrival numbers up to this one are settled. Commits keep their order, so the first pending one bounds it. */
  committedHead(): number {
    for (const { entries } of this.#pending.values()) {
      const [first] = entries;
      if (first !== undefined) return first.seq - 1;
    }
    return this.state.ledger.lastSeq;
  }

  emit(action: EngineAction): void {
    this.#actions.push(action);
  }

  notify(person: PersonId, event: AccountEvent): void {
    this.emit({ type: 'notify', person, event });
  }

  takeActions(): readonly EngineAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** Counts this start, so that no bundle of an earlier one shares its creation timestamp with one of this. */
  countBoot(transaction: Transaction): void {
    this.#boot = (this.state.counters.get(BOOTS) ?? 0) + 1;
    this.#draw = Math.floor(this.config.random.unit() * DRAWS_IN_LONG);
    transaction.set(this.state.counters, BOOTS, this.#boot);
  }

  /** The next version of a topic of ours: above every earlier one, also those of a backup that was restored. */
  nextVersion(transaction: Transaction, local: LocalPerson, topic: string, now: Now): number {
    const counter = `topic ${local.id} ${topic}`;
    const version = Math.max((this.state.counters.get(counter) ?? 0) + 1, now.wallTrusted ? Math.floor(now.wall) : 0);
    transaction.set(this.state.counters, counter, version);
    return version;
  }

  /** A version of our own topic came back from the mesh (after a reinstall, say): the next one must be above it. */
  learnVersion(transaction: Transaction, local: LocalPerson, topic: string, version: number): void {
    const counter = `topic ${local.id} ${topic}`;
    if (version > (this.state.counters.get(counter) ?? 0)) transaction.set(this.state.counters, counter, version);
  }

  /**
   * Makes a bundle of a local person's and puts it into the store.
   *
   * @throws HearsayError `ERR_QUOTA` when the store has no room even for our own.
   */
  publish(
    transaction: Transaction,
    local: LocalPerson,
    bundleClass: BundleClass,
    spec: Omit<BundleSpec, 'creation'> & Partial<Pick<BundleSpec, 'creation'>>,
    now: Now,
  ): LedgerEntry {
    const bundle = local.makeBundle({ creation: this.nextCreation(now), ...spec });
    const bytes = encodeBundle(bundle);
    const copies = this.routing.budget({ class: bundleClass });
    const entry: Omit<LedgerEntry, 'seq'> = {
      key: bundleKey(bundle.primary),
      class: bundleClass,
      sizeBytes: bytes.length + this.crypto.hollowBytes(spec.payload),
      source: local.source,
      destination: formatEid(spec.destination),
      ...(spec.topic === undefined ? {} : { topic: spec.topic }),
      createdAt: Number(bundle.primary.creation.time),
      receivedAt: now.steady,
      ageAtReceiptMs: 0,
      expiresAt: later(now.steady, spec.lifetimeMs),
      hops: 0,
      own: true,
      ...(copies === undefined ? {} : { copies }),
    };
    const admission = this.state.ledger.admit(entry, now.steady);
    if (!admission.admit) {
      throw new HearsayError(
        'ERR_QUOTA',
        `the store has no room for it (${admission.reason}); raise the quota or wait`,
      );
    }
    if (admission.supersedes !== undefined) this.drop(transaction, admission.supersedes, 'superseded');
    this.evict(transaction, admission.evict, now);
    const stored = { ...entry, seq: this.state.ledger.nextSeq() };
    transaction.store({ op: 'put', entry: stored, bytes });
    return stored;
  }

  drop(transaction: Transaction, entry: LedgerEntry, reason: DropReason, until = rememberUntil(entry)): void {
    const { key, source, depositor } = entry;
    const author = this.state.standing.authorOf(source);
    const charged = { author, ...(depositor === undefined ? {} : { depositor }) };
    transaction.store({ op: 'drop', key, reason, rememberUntil: until, ...charged });
    transaction.unset(this.state.assemblies, key);
    this.onDropped(transaction, entry, reason);
  }

  /** What is held of the chunks of a message to this person. */
  chunksOf(person: PersonId, message: BundleKey): readonly LedgerEntry[] {
    const held = [...this.state.ledger.toDestination(formatEid(chunkEndpoint(person, message)))];
    return held.filter(({ fragment }) => fragment === undefined);
  }

  /**
   * Whether it is a part of a message for one of our people that is still being put together. Such a part is not offered
   * on: it has arrived.
   */
  awaits({ class: bundleClass, key, destination }: Pick<LedgerEntry, 'class' | 'key' | 'destination'>): boolean {
    const { assemblies } = this.state;
    if (bundleClass === BundleClass.Message) return assemblies.get(key)?.forOthers === false;
    const chunk = bundleClass === BundleClass.Bulk ? chunkOf(destination) : undefined;
    return chunk !== undefined && this.locals.has(chunk.person) && assemblies.get(chunk.message)?.forOthers !== true;
  }

  /**
   * Parts of a contact's message are not let go for anybody's bundle on its way elsewhere. A stranger's compete with all
   * others: else whoever sends half of a large message would fill the store for good.
   */
  #worth(base: Worth): Worth {
    return (entry, now) => {
      const awaited = this.awaits(entry) && TRUSTED.has(this.state.ledger.tierOf(entry));
      return awaited ? AWAITED_WORTH : base(entry, now);
    };
  }

  /** These make room. They may come again before long: there may be room by then. */
  evict(transaction: Transaction, entries: readonly LedgerEntry[], now: Now): void {
    for (const entry of entries) {
      // What the same decision has dropped for a better reason stays dropped for it.
      if (this.state.ledger.get(entry.key) !== entry) continue;
      this.drop(transaction, entry, 'evicted', later(now.steady, EVICTED_REST_MS));
    }
  }

  /** @param count how many bundles will have it or one of the sequence numbers that follow. */
  nextCreation(now: Now, count = 1): CreationTimestamp {
    const first = this.#sequence + 1;
    this.#sequence += count;
    const time = now.wallTrusted ? toDtnTime(now.wall) : 0;
    // A clock from before 2000 can't be written down, so it is no clock, whatever its host thinks of it.
    if (time === 0) {
      const boot = (this.#boot % BOOTS_IN_LONG) * DRAWS_IN_LONG + this.#draw;
      return { time, sequence: boot * SEQUENCES_IN_LONG + first };
    }
    // A clock that is set back may repeat a time; the short count of boots keeps the pair unique even then.
    return { time, sequence: (this.#boot % BOOTS_IN_SHORT) * SEQUENCES_IN_SHORT + first };
  }
}

/** Copies elsewhere may live a little longer than ours by their clocks; the memory must outlive them all. */
export function rememberUntil(entry: Pick<LedgerEntry, 'expiresAt' | 'receivedAt'>): SteadyMs {
  return later(entry.expiresAt, REMEMBER_MS + (entry.expiresAt - entry.receivedAt) * REMEMBER_SHARE);
}
