/**
 * A bundle came over a link: what becomes of it. Cheap checks, room, signature, then the disk, and only then the
 * acknowledgement (the three promises of architecture §1).
 */
import { messageOf, type Now } from '../base/index.js';
import { type BundleKey, copiesOf, parseEid } from '../bundle/index.js';
import { isManifest } from '../chat/index.js';
import type { Gossip, LinkId } from '../gossip/index.js';
import { CertificateCache, personOf } from '../people/index.js';
import { BundleClass, type Candidate, isNoRoom, type RefusalReason } from '../store/index.js';
import type { Assembly } from './assembly.js';
import type { Core } from './core.js';
import type { CustodyDesk } from './custody-desk.js';
import { checkSignature, type Examined, inspectBundle, type Objection } from './examine.js';
import type { Messaging } from './messaging.js';
import type { PresenceDesk, Reading } from './presence-desk.js';
import type { Transaction } from './transaction.js';
import { TurnedAway } from './turned-away.js';
import type { Refusal, TransferId } from './types.js';

/** What became of a bundle: kept for others, done with, out of date, or not wanted. */
type Processed = 'carry' | 'done' | 'stale' | 'no-room' | 'bad-payload';

interface Arrival {
  readonly link: LinkId;
  readonly transfer: TransferId;
}

/** Where bundles of each class are seen to. */
export interface Desks {
  readonly messaging: Messaging;
  readonly assembly: Assembly;
  readonly presence: PresenceDesk;
  readonly custody: CustodyDesk;
}

/** Who brings bundles over a link whose other end has not said, or not proved, who it is: all of them together. */
const UNPROVEN = 'unproven';

const SPOILT: ReadonlySet<Objection> = new Set<Objection>(['malformed', 'bad-signature']);

export class Reception {
  readonly #core: Core;
  readonly #gossip: Gossip;
  readonly #messaging: Messaging;
  readonly #assembly: Assembly;
  readonly #presence: PresenceDesk;
  readonly #custody: CustodyDesk;
  readonly #certificates: CertificateCache;
  readonly turnedAway = new TurnedAway();
  readonly #objections = new Map<Objection, number>();

  constructor(core: Core, gossip: Gossip, desks: Desks) {
    const { messaging, assembly, presence, custody } = desks;
    this.#core = core;
    this.#certificates = new CertificateCache(core.crypto.verify);
    this.#gossip = gossip;
    this.#messaging = messaging;
    this.#assembly = assembly;
    this.#presence = presence;
    this.#custody = custody;
  }

  /** How often bundles were refused, by reason. */
  get objections(): ReadonlyMap<Objection, number> {
    return this.#objections;
  }

  /** @param tookMs how long it was on the way. */
  receive({ link, transfer }: Arrival, bytes: Uint8Array, tookMs: number, now: Now): void {
    const arrival = { link, transfer };
    if (isCompact(bytes)) return this.#receiveCompact(arrival, bytes, tookMs, now);
    const inspected = inspectBundle(bytes, tookMs, now, this.#core.crypto.hollowBytes);
    if (!inspected.ok) return this.#object(arrival, inspected.objection);
    const { examined } = inspected;
    const pending = this.#core.pendingFor(examined.key);
    if (pending !== undefined) return this.#answerWith(pending, examined.key, arrival);
    if (this.#messaging.isReceipted(examined)) return this.#answerKnown(arrival);
    const candidate = this.#candidate(examined, link, now);
    const refusal = this.#mayCome(candidate, now);
    if (refusal !== undefined && !isNoRoom(refusal)) return this.#answerKnown(arrival);
    const objection = checkSignature(examined, this.#certificates, this.#core.crypto.verify);
    if (objection !== undefined) return this.#object(arrival, objection);
    this.#core.vouchers.remember(examined.source, examined.bundle);
    if (refusal !== undefined) return this.#turnAwayForLong(candidate, arrival, now);

    const transaction = this.#core.begin();
    const processed = this.#process(transaction, examined, now);
    const outcome =
      processed === 'carry' ? this.#carry(transaction, candidate, examined.bytes, arrival, now) : processed;
    if (outcome !== 'carry' && outcome !== 'done') transaction.abandon();
    if (outcome === 'no-room') return this.#turnAwayForLong(candidate, arrival, now);
    if (outcome === 'bad-payload') return this.#object(arrival, 'bad-payload');
    if (outcome === 'stale') return this.#answerKnown(arrival);
    this.#answerWith(transaction, examined.key, arrival);
    this.#core.commit(transaction);
  }

  #receiveCompact(arrival: Arrival, bytes: Uint8Array, tookMs: number, now: Now): void {
    const neighbour = this.#gossip.neighbourOn(arrival.link);
    if (neighbour === undefined || neighbour.foreign) return this.#object(arrival, 'malformed');
    let whole: Uint8Array | undefined;
    try {
      whole = expandReceipt(bytes, neighbour.id as NodeId, (person, device) => this.#core.vouchers.of(person, device));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return this.#object(arrival, 'malformed');
    }
    if (whole === undefined) return this.#refuse(arrival, 'unexpanded');
    this.receive(arrival, whole, tookMs, now);
  }

  #candidate(examined: Examined, link: LinkId, now: Now): Candidate {
    const { key, sizeBytes, source, destination, topic, ageMs, hops, expiresAt } = examined;
    const copies = this.#core.routing.broughtAlong(examined, copiesOf(examined.bundle));
    return {
      key,
      class: examined.class,
      sizeBytes,
      source,
      destination,
      ...(topic === undefined ? {} : { topic }),
      createdAt: Number(examined.bundle.primary.creation.time),
      receivedAt: now.steady,
      ageAtReceiptMs: ageMs,
      expiresAt,
      hops,
      own: false,
      ...(copies === undefined ? {} : { copies }),
      depositor: this.#gossip.neighbourOn(link)?.id ?? UNPROVEN,
    };
  }

  /** Without a look at the signature. What is for our own people needs room in the inbox, not here. */
  #mayCome(candidate: Candidate, now: Now): RefusalReason | undefined {
    const { ledger } = this.#core.state;
    if (this.#isForUs(candidate)) return ledger.needless(candidate, now.steady);
    const admission = ledger.admit(candidate, now.steady);
    return admission.admit ? undefined : admission.reason;
  }

  #isForUs({ class: bundleClass, destination }: Candidate): boolean {
    if (bundleClass !== BundleClass.Message) return false;
    const person = personOf(parseEid(destination));
    return person !== undefined && this.#core.locals.has(person);
  }

  /** Does what the bundle asks of this node. @returns `carry` when it is to be kept for others. */
  #process(transaction: Transaction, examined: Examined, now: Now): Processed {
    const own = this.#core.locals.get(examined.author);
    if (own !== undefined) this.#presence.noteOwnTopic(transaction, own, examined, now);
    switch (examined.class) {
      case BundleClass.Certificate:
        if (own?.device === examined.device) return 'carry';
        return afterReading(this.#presence.takeProfile(transaction, examined, now));
      case BundleClass.Presence:
        if (own !== undefined) return 'carry';
        return afterReading(this.#presence.takeBeacon(transaction, examined, now));
      case BundleClass.Receipt:
        if (!this.#messaging.takeReceipt(transaction, examined, now)) return 'bad-payload';
        this.#presence.noteActivity(transaction, examined, now);
        return 'carry';
      case BundleClass.Message: {
        this.#presence.noteActivity(transaction, examined, now);
        const person = personOf(examined.bundle.primary.destination);
        const recipient = person === undefined ? undefined : this.#core.locals.get(person);
        if (recipient === undefined) return 'carry';
        if (isManifest(examined.payload)) return this.#assembly.begin(transaction, examined);
        const { creation } = examined.bundle.primary;
        const delivery = this.#messaging.deliver(transaction, recipient, { ...examined, creation }, now);
        if (delivery === 'not-for-us') return 'carry';
        return delivery === 'delivered' ? 'done' : delivery;
      }
      case BundleClass.Bulk:
        return this.#assembly.takeChunk(transaction, examined);
    }
  }

  /** Keeps it for others, and promises to where that may be promised: the promise is part of the entry. */
  #carry(
    transaction: Transaction,
    candidate: Candidate,
    bytes: Uint8Array,
    { link }: Arrival,
    now: Now,
  ): 'carry' | 'stale' | 'no-room' {
    const { ledger } = this.#core.state;
    // Asked once more: what it brought about may have made room, or taken it.
    const admission = ledger.admit(candidate, now.steady);
    if (!admission.admit) return isNoRoom(admission.reason) ? 'no-room' : 'stale';
    if (admission.supersedes !== undefined) this.#core.drop(transaction, admission.supersedes, 'superseded');
    this.#core.evict(transaction, admission.evict, now);
    const custodyUntil = ledger.custodyFor(candidate, now.steady);
    const entry = { ...candidate, ...(custodyUntil === undefined ? {} : { custodyUntil }), seq: ledger.nextSeq() };
    transaction.store({ op: 'put', bytes, entry });
    if (custodyUntil !== undefined) transaction.afterCommit(() => this.#custody.promised(link, entry, this.#core.now));
    return 'carry';
  }

  /** The transfer is acknowledged when this transaction is on disk, and refused when it can't be. */
  #answerWith(transaction: Transaction, key: BundleKey, arrival: Arrival): void {
    this.#core.onArriving(arrival.link, key);
    transaction.afterCommit(() => this.#core.emit({ type: 'accept', ...arrival }));
    transaction.afterFailure((error) => {
      this.#core.config.log.error('a bundle could not be stored', { error: messageOf(error) });
      this.#turnAway(arrival);
    });
  }

  /** It need not come again: held, or done with. That too is a promise, so it waits for what it relies on. */
  #answerKnown(arrival: Arrival): void {
    this.#core.whenSettled((stored) => {
      if (stored) this.#refuse(arrival, 'already-had');
      else this.#turnAway(arrival);
    });
  }

  /** There is no room for it, and will hardly be any at the next meeting; for a part of a message of ours there may. */
  #turnAwayForLong(candidate: Candidate, arrival: Arrival, now: Now): void {
    const { key } = candidate;
    if (this.#core.awaits(candidate)) return this.#turnAway(arrival);
    this.turnedAway.add(key, now.steady);
    this.#gossip.onSeen(key);
    this.#turnAway(arrival);
  }

  #turnAway(arrival: Arrival): void {
    this.#gossip.onTurnedAway(arrival.link);
    this.#refuse(arrival, 'no-room');
  }

  #object(arrival: Arrival, objection: Objection): void {
    this.#objections.set(objection, (this.#objections.get(objection) ?? 0) + 1);
    // Honest neighbours hold no such bundle: it was spoilt on the way, so the good one must be offered again.
    if (SPOILT.has(objection)) this.#gossip.onTurnedAway(arrival.link);
    this.#core.config.log.debug('a bundle was refused', { link: arrival.link, objection });
    this.#core.emit({ type: 'refuse', ...arrival, reason: 'unacceptable', objection });
  }

  #refuse(arrival: Arrival, reason: Refusal): void {
    this.#core.emit({ type: 'refuse', ...arrival, reason });
  }
}

function afterReading(reading: Reading): Processed {
  return reading === 'news' ? 'carry' : reading;
}
