/**
 * One node's whole core as a machine: an event and the time go in, actions come out. No clock, no socket, no disk; the
 * daemon and the simulator are two hosts of the same engine (architecture §1).
 *
 * | event | handled by |
 * | --- | --- |
 * | link-up, link-down, frame, sent | `gossip/` |
 * | bundle | `reception.ts` |
 * | bundle-cut | `reception.ts` |
 * | bundles-read | `fragments.ts`, `assembly.ts` |
 * | command | `messaging.ts`, `contacts.ts` |
 * | set-presence | `presence-desk.ts` |
 * | committed, commit-failed | `core.ts` |
 * | wake | expiry, beacons, presence checks |
 */
import { HearsayError, invariant, later, type Now, type SteadyMs, unreachable } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { ContactView, InboxMessage, SentMessage } from '../chat/index.js';
import { Gossip, type GossipOutput, type LinkId, type TransferOutcome } from '../gossip/index.js';
import type { NodeId, PersonId } from '../people/index.js';
import type { DropReason, LedgerEntry, StoreSnapshot } from '../store/index.js';
import { Assembly } from './assembly.js';
import { makeRoom } from './bounds.js';
import { ContactBook } from './contacts.js';
import { Core } from './core.js';
import { CustodyDesk } from './custody-desk.js';
import { Fragments } from './fragments.js';
import { HandOvers } from './hand-over.js';
import { Messaging } from './messaging.js';
import { PresenceDesk } from './presence-desk.js';
import { Reception } from './reception.js';
import { ReportDesk } from './report-desk.js';
import { saveRouting } from './routing-memory.js';
import { type EngineStatus, engineStatus } from './status.js';
import type { Table } from './table.js';
import type { Transaction } from './transaction.js';
import type { Command, CommandResult, EngineAction, EngineConfig, EngineEvent, RequestId } from './types.js';
import { Views } from './views.js';

/** How many expired bundles one wake drops; the rest follows at the next, so that no decision takes long. */
const EXPIRY_BATCH = 1000;
/** How often a node looks for what is overdue while it has neighbours or waits for a key, and how often otherwise. */
const SWEEP_MS = 60_000;
const IDLE_SWEEP_MS = 3_600_000;
/** How long expiry rests after the disk has refused. */
const REST_MS = 10_000;
/** How many neighbours' standing is kept; one that is forgotten is compared with in full. */
const MAX_REMEMBERED_NEIGHBOURS = 10_000;
/** One meeting in so many with a known neighbour compares the whole store again. */
const AUDIT_SHARE = 1 / 16;

export class Engine {
  readonly #core: Core;
  readonly #gossip: Gossip;
  readonly #views: Views;
  readonly #messaging: Messaging;
  readonly #assembly: Assembly;
  readonly #presence: PresenceDesk;
  readonly #contacts: ContactBook;
  readonly #custody: CustodyDesk;
  readonly #fragments: Fragments;
  readonly #reports: ReportDesk;
  readonly #reception: Reception;
  readonly #handOvers: HandOvers;
  #sweptAt: SteadyMs | undefined;
  /** Nothing expires before: what could not be written a moment ago would only fail again. */
  #restUntil = Number.NEGATIVE_INFINITY;

  constructor(config: EngineConfig, snapshot: StoreSnapshot) {
    const core = new Core(config, snapshot);
    this.#core = core;
    this.#gossip = new Gossip({
      nodeKey: config.nodeKey,
      verify: core.crypto.verify,
      epoch: snapshot.epoch,
      routing: core.routing,
      random: config.random,
      committedHead: () => core.committedHead(),
      committedSince: (seq) => core.committedSince(seq),
      holds: (key) => core.holds(key),
      timeline: (bundleClass) => core.state.ledger.comparison.timeline(bundleClass),
      knownAt: (place) => this.#unwantedAt(place),
      cursorFor: (node) => core.state.cursors.get(node),
      pushedTo: (eid) => core.state.pushed.get(eid) ?? 0,
      audit: () => config.random.unit() < AUDIT_SHARE,
    });
    this.#views = new Views(core, this.#gossip);
    this.#messaging = new Messaging(core, this.#views);
    this.#presence = new PresenceDesk(core, this.#views);
    this.#contacts = new ContactBook(core, this.#views);
    this.#custody = new CustodyDesk(core, this.#gossip);
    this.#assembly = new Assembly(core, this.#messaging);
    this.#fragments = new Fragments(core);
    this.#reports = new ReportDesk(core);
    this.#reception = new Reception(core, this.#gossip, {
      messaging: this.#messaging,
      assembly: this.#assembly,
      presence: this.#presence,
      custody: this.#custody,
      fragments: this.#fragments,
      reports: this.#reports,
    });
    this.#fragments.onWhole = (whole, now) => this.#reception.receiveWhole(whole, now);
    this.#fragments.onCovered = (whole) => this.#gossip.onSeen(whole);
    core.onDropped = (transaction, entry, reason) => this.#reports.dropped(transaction, entry, reason, core.now);
    this.#handOvers = new HandOvers(core, core.routing);
    core.onStored = (entries, seen, now) => this.#onStored(entries, seen, now);
    core.onNotStored = (now) => this.#onNotStored(now);
    core.onArriving = (link, key) => {
      this.#carryOut(this.#gossip.onReceived(link, key, core.now.steady), core.now);
    };
  }

  get node(): NodeId {
    return this.#core.node;
  }

  /** How much of the store's quota is in use, from 0 to 1. */
  get usedShare(): number {
    const { usedBytes, quotaBytes } = this.#core.state.ledger;
    return usedBytes / quotaBytes;
  }

  /** The people whom this node serves. */
  get people(): readonly { readonly personId: PersonId; readonly jid: string; readonly nickname: string }[] {
    return [...this.#core.locals.values()].map(({ id, nickname }) => ({ personId: id, jid: this.jidOf(id), nickname }));
  }

  handle(event: EngineEvent, now: Now): readonly EngineAction[] {
    this.#core.now = now;
    this.#dispatch(event, now);
    return this.#core.takeActions();
  }

  #dispatch(event: EngineEvent, now: Now): void {
    const core = this.#core;
    switch (event.type) {
      case 'start':
        this.#transact((transaction) => {
          core.countBoot(transaction);
          this.#presence.start(transaction, now);
          // A crash may have come between a profile and what waited for it.
          this.#resumeWaiting(transaction, now);
        });
        this.#fragments.start();
        return this.#assembly.start();
      case 'stop':
        return this.#transact((transaction) => {
          this.#presence.stop(transaction, now);
          saveRouting(transaction, core.routing.strategy, core.state.routing);
        });
      case 'wake':
        return this.#wake(now);
      case 'link-up':
        return this.#carryOut(this.#gossip.onLinkUp(event, now.steady), now);
      case 'link-down':
        core.gossipLinks.delete(event.link);
        return this.#carryOut(this.#gossip.onLinkDown(event.link, now.steady), now);
      case 'frame':
        return this.#carryOut(this.#gossip.onFrame(event.link, event.bytes, now.steady), now);
      case 'bundle':
        return this.#reception.receive(event, event.bytes, event.tookMs, now);
      case 'bundle-cut':
        return this.#reception.receiveCut(event.link, event.bytes, event.tookMs, now);
      case 'bundles-read':
        if (this.#fragments.onRead(event.message, event.bundles, now)) return;
        return this.#assembly.onRead(event.message, event.bundles, now);
      case 'sent':
        return this.#sent(event.link, event.key, event.outcome, now);
      case 'committed':
        return core.onCommitted(event.token, now);
      case 'commit-failed':
        return core.onCommitFailed(event.token, event.error, now);
      case 'command':
        return this.#command(event.request, event.person, event.command, now);
      case 'set-presence':
        return this.#transact((transaction) =>
          this.#presence.set(transaction, core.local(event.person), event.show, event.status, now),
        );
      default:
        return unreachable(event);
    }
  }

  /** When to send the next `wake`; earlier or later ones do no harm. */
  nextWake(): SteadyMs | undefined {
    const { ledger } = this.#core.state;
    const expiries = [ledger.nextExpiry(), ledger.nextSeenExpiry()].filter((time) => time !== undefined);
    const rested = expiries.map((time) => Math.max(time, this.#restUntil));
    const due = [...rested, this.#gossip.nextWake(), this.#presence.nextWake(), this.#nextSweep()].filter(
      (time) => time !== undefined,
    );
    return due.length === 0 ? undefined : (Math.min(...due) as SteadyMs);
  }

  contacts(person: PersonId, now: Now): readonly ContactView[] {
    return this.#views.contacts(person, now);
  }

  /** @throws HearsayError `ERR_ADDRESS` */
  lookup(person: PersonId, address: string, now: Now): ContactView | undefined {
    return this.#views.lookup(person, this.#views.parse(address), now);
  }

  inbox(person: PersonId): readonly InboxMessage[] {
    return this.#views.inbox(person);
  }

  inboxSize(person: PersonId): number {
    return this.#views.inboxSize(person);
  }

  /** @param now of which promises still hold. @default the time of the last event */
  sent(person: PersonId, now = this.#core.now): readonly SentMessage[] {
    this.#core.now = now;
    return this.#views.sent(person);
  }

  /** The keys that need not come again: what is on disk, and what is remembered. */
  *knownKeys(): Iterable<BundleKey> {
    for (const key of knownKeys(this.#core)) if (this.#core.pendingFor(key) === undefined) yield key;
  }

  /** What is known of a bundle that is or was here, by what is on disk: `held`, or why it left. */
  standing(key: BundleKey): 'held' | DropReason | undefined {
    if (this.#core.pendingFor(key) !== undefined) return undefined;
    return this.#core.state.ledger.has(key) ? 'held' : this.#core.state.ledger.seen(key)?.reason;
  }

  jidOf(person: PersonId): string {
    return this.#views.jidOf(person);
  }

  status(now: Now): EngineStatus {
    const counted = {
      objections: this.#reception.objections,
      inbox: this.#messaging.inboxRefusals,
      fragments: this.#fragments.counters,
      reports: this.#reports.counts,
    };
    return engineStatus(this.#core, this.#gossip, counted, now);
  }

  /** What neighbours need not send, of the keys that begin with these 16 bits: known, or refused a short while ago. */
  #unwantedAt(place: number): readonly BundleKey[] {
    const turnedAway = this.#reception.turnedAway.at(place, this.#core.now.steady);
    const known = this.#core.state.ledger.comparison.knownAt(place);
    const covered = this.#fragments.coveredAt(place);
    return turnedAway.length + covered.length === 0 ? known : [...known, ...turnedAway, ...covered];
  }

  #transact(change: (transaction: Transaction) => void): void {
    const transaction = this.#core.begin();
    change(transaction);
    this.#core.commit(transaction);
  }

  #checkServedBy(node: NodeId, now: Now): void {
    for (const person of this.#core.state.directory.servedBy(node)) this.#presence.checkPerson(person, now);
  }

  /** Bundles came to be on disk: neighbours are offered them, and a profile among them may unlock what waited. */
  #onStored(entries: readonly LedgerEntry[], seen: readonly BundleKey[], now: Now): void {
    for (const key of seen) this.#gossip.onSeen(key);
    const held = entries.filter((entry) => this.#core.state.ledger.has(entry.key));
    this.#carryOut(this.#gossip.onCommitted(held, now.steady), now);
    if (entries.some((entry) => entry.topic?.name === 'profile')) {
      this.#transact((transaction) => this.#resumeWaiting(transaction, now));
    }
  }

  #resumeWaiting(transaction: Transaction, now: Now): void {
    this.#contacts.resolveWaiting(transaction, now);
    this.#messaging.sealWaiting(transaction, now);
  }

  #onNotStored(now: Now): void {
    this.#gossip.onCommitFailed();
    this.#restUntil = later(now.steady, REST_MS);
  }

  #carryOut(outputs: readonly GossipOutput[], now: Now): void {
    const core = this.#core;
    // What is withheld after all frees the way for others: they join at the end.
    const pending = [...outputs];
    for (const output of pending) {
      switch (output.type) {
        case 'frame':
          core.emit({ type: 'send-frame', link: output.link, bytes: output.bytes });
          break;
        case 'send':
          pending.push(...this.#send(output.link, output.entry, now));
          break;
        case 'close':
          core.emit({ ...output, type: 'close-link' });
          break;
        case 'opened':
          this.#core.gossipLinks.add(output.link);
          this.#custody.onOpened(output.link, output.node, now);
          this.#checkServedBy(output.node, now);
          break;
        case 'parted':
          this.#checkServedBy(output.node, now);
          break;
        case 'promised': {
          const { node, keys, forMs } = output;
          this.#transact((transaction) =>
            this.#messaging.carriers.promised(transaction, node, keys, later(now.steady, forMs)),
          );
          break;
        }
        case 'forwarded':
          if (output.entry.own) {
            this.#transact((transaction) =>
              this.#messaging.carriers.carriedBy(transaction, output.entry, output.neighbour.id),
            );
          } else if (output.entry.reports !== undefined) {
            this.#transact((transaction) => this.#reports.forwarded(transaction, output.entry, now));
          }
          break;
        case 'done':
          this.#transact((transaction) => this.#messaging.carriers.allAnswered(transaction, output.neighbour));
          break;
        case 'cursor':
          this.#remember(core.state.cursors, output.node, output.cursor);
          break;
        case 'pushed':
          this.#remember(core.state.pushed, output.eid, output.seq);
          break;
        default:
          unreachable(output);
      }
    }
  }

  /** @returns what follows at once from its not being sent. */
  #send(link: LinkId, entry: LedgerEntry, now: Now): readonly GossipOutput[] {
    const neighbour = this.#gossip.neighbourOn(link);
    invariant(neighbour !== undefined, 'bundles go to neighbours that are known');
    const cut = (): void => this.#carryOut(this.#gossip.onOutcome(link, entry.key, 'cut', now.steady), this.#core.now);
    if (this.#handOvers.send({ link, neighbour, entry }, cut)) {
      this.#messaging.carriers.sending(entry, neighbour.id);
      return [];
    }
    return this.#gossip.onOutcome(link, entry.key, 'withheld', now.steady);
  }

  #sent(link: LinkId, key: BundleKey, answer: TransferOutcome | 'unexpanded', now: Now): void {
    const entry = this.#core.state.ledger.get(key);
    // The neighbour could not make the bundle of its compact form: it gets it whole.
    if (answer === 'unexpanded' && entry !== undefined) {
      return this.#core.emit({ type: 'send-bundle', link, entry, compact: false });
    }
    const outcome = answer === 'unexpanded' ? 'cut' : answer;
    const neighbour = this.#gossip.neighbourOn(link);
    const outputs = this.#gossip.onOutcome(link, key, outcome, now.steady);
    if (neighbour !== undefined) {
      this.#messaging.carriers.onOutcome(key, neighbour.id, outcome);
      this.#transact((transaction) => this.#handOvers.onOutcome(transaction, key, neighbour, outcome));
    }
    this.#carryOut(outputs, now);
  }

  #remember<T>(table: Table<T>, key: string, value: T): void {
    this.#transact((transaction) => {
      makeRoom(transaction, table, key, MAX_REMEMBERED_NEIGHBOURS);
      transaction.set(table, key, value);
    });
  }

  /** Undefined while there is nothing that could become overdue. */
  #nextSweep(): SteadyMs | undefined {
    const { state } = this.#core;
    if (this.#sweptAt === undefined) return 0 as SteadyMs;
    if (this.#gossip.linkCount > 0 || state.hasWaiting || this.#assembly.hasStalled)
      return later(this.#sweptAt, SWEEP_MS);
    return state.outbox.size + state.receipts.size > 0 ? later(this.#sweptAt, IDLE_SWEEP_MS) : undefined;
  }

  #wake(now: Now): void {
    const sweeps = (this.#nextSweep() ?? Number.POSITIVE_INFINITY) <= now.steady;
    this.#transact((transaction) => {
      if (now.steady >= this.#restUntil) this.#expire(transaction, now);
      if (sweeps) {
        this.#sweptAt = now.steady;
        this.#messaging.sweep(transaction, now);
        this.#resumeWaiting(transaction, now);
        saveRouting(transaction, this.#core.routing.strategy, this.#core.state.routing);
      }
      this.#presence.wake(transaction, now);
    });
    this.#carryOut(this.#gossip.onWake(now.steady), now);
    if (!sweeps) return;
    this.#assembly.retry();
    this.#carryOut(this.#gossip.reconsider(now.steady), now);
  }

  #expire(transaction: Transaction, now: Now): void {
    const { ledger } = this.#core.state;
    for (const entry of ledger.expired(now.steady, EXPIRY_BATCH)) {
      this.#messaging.expired(transaction, entry, now);
      this.#core.drop(transaction, entry, 'expired');
    }
    const forgotten = ledger.expiredSeen(now.steady, EXPIRY_BATCH);
    transaction.store(...forgotten.map(({ key }) => ({ op: 'unsee' as const, key })));
  }

  #command(request: RequestId, person: PersonId, command: Command, now: Now): void {
    const transaction = this.#core.begin();
    let value: CommandResult;
    try {
      value = this.#run(transaction, person, command, now);
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      transaction.abandon();
      return this.#core.emit({ type: 'reply', request, result: { ok: false, error } });
    }
    transaction.afterCommit(() => this.#core.emit({ type: 'reply', request, result: { ok: true, value } }));
    transaction.afterFailure((cause) => {
      const error = new HearsayError('ERR_STORE_IO', 'it could not be written to disk', { cause });
      this.#core.emit({ type: 'reply', request, result: { ok: false, error } });
    });
    this.#core.commit(transaction);
  }

  #run(transaction: Transaction, person: PersonId, command: Command, now: Now): CommandResult {
    const local = this.#core.local(person);
    switch (command.command) {
      case 'send':
        return this.#messaging.send(transaction, local, command.message, now);
      case 'put-contact':
        return this.#contacts.put(transaction, local, command.address, command.change, now);
      case 'remove-contact':
        return this.#contacts.remove(transaction, local, command.address);
      case 'confirm-inbox':
        return this.#messaging.confirm(transaction, local, command.inboxIds);
      case 'mark-outcome-shown':
        return this.#messaging.markShown(transaction, local, command.localIds);
      default:
        return unreachable(command);
    }
  }
}

function* knownKeys(core: Core): Iterable<LedgerEntry['key']> {
  for (const entry of core.state.ledger.entries()) yield entry.key;
  yield* core.state.ledger.seenKeys();
}
