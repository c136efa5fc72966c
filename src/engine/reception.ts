/**
 * A bundle came over a link: what becomes of it. Cheap checks, room, signature, then the disk, and only then the
 * acknowledgement (the three promises of architecture §1).
 */
import { messageOf, type Now } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { Gossip, LinkId } from '../gossip/index.js';
import { CertificateCache, personOf } from '../people/index.js';
import { BundleClass, type LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import { checkSignature, type Examined, inspectBundle, type Objection } from './examine.js';
import type { Messaging } from './messaging.js';
import type { PresenceDesk, Reading } from './presence-desk.js';
import type { Transaction } from './transaction.js';
import type { Refusal, TransferId } from './types.js';

/** What became of a bundle: kept for others, done with, out of date, or not wanted. */
type Processed = 'carry' | 'done' | 'stale' | 'no-room' | 'bad-payload';

interface Arrival {
  readonly link: LinkId;
  readonly transfer: TransferId;
}

const SPOILT: ReadonlySet<Objection> = new Set<Objection>(['malformed', 'bad-signature']);

export class Reception {
  readonly #core: Core;
  readonly #gossip: Gossip;
  readonly #messaging: Messaging;
  readonly #presence: PresenceDesk;
  readonly #certificates: CertificateCache;
  readonly #objections = new Map<Objection, number>();

  constructor(core: Core, gossip: Gossip, messaging: Messaging, presence: PresenceDesk) {
    this.#core = core;
    this.#certificates = new CertificateCache(core.crypto.verify);
    this.#gossip = gossip;
    this.#messaging = messaging;
    this.#presence = presence;
  }

  /** How often bundles were refused, by reason. */
  get objections(): ReadonlyMap<Objection, number> {
    return this.#objections;
  }

  /** @param tookMs how long it was on the way. */
  receive({ link, transfer }: Arrival, bytes: Uint8Array, tookMs: number, now: Now): void {
    const arrival = { link, transfer };
    const inspected = inspectBundle(bytes, tookMs, now);
    if (!inspected.ok) return this.#object(arrival, inspected.objection);
    const { examined } = inspected;
    const pending = this.#core.pendingFor(examined.key);
    if (pending !== undefined) return this.#answerWith(pending, examined.key, arrival);
    if (this.#messaging.isReceipted(examined)) return this.#answerKnown(arrival);
    const admission = this.#core.state.ledger.admit({ ...examined, own: false }, now.steady);
    if (!admission.admit) {
      if (admission.reason === 'quota') return this.#turnAway(arrival);
      return this.#answerKnown(arrival);
    }
    const objection = checkSignature(examined, this.#certificates, this.#core.crypto.verify);
    if (objection !== undefined) return this.#object(arrival, objection);

    const transaction = this.#core.begin();
    const outcome = this.#process(transaction, examined, now);
    if (outcome !== 'carry' && outcome !== 'done') transaction.abandon();
    if (outcome === 'no-room') return this.#turnAway(arrival);
    if (outcome === 'bad-payload') return this.#object(arrival, 'bad-payload');
    if (outcome === 'stale') return this.#answerKnown(arrival);
    if (outcome === 'carry') this.#carry(transaction, examined, admission.supersedes, now);
    this.#answerWith(transaction, examined.key, arrival);
    this.#core.commit(transaction);
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
        const delivery = this.#messaging.deliver(transaction, recipient, examined, now);
        if (delivery === 'not-for-us') return 'carry';
        return delivery === 'delivered' ? 'done' : delivery;
      }
      case BundleClass.Bulk:
        return 'carry';
    }
  }

  #carry(transaction: Transaction, examined: Examined, supersedes: LedgerEntry | undefined, now: Now): void {
    if (supersedes !== undefined) this.#core.drop(transaction, supersedes, 'superseded');
    const { key, sizeBytes, source, destination, topic, ageMs, hops, expiresAt } = examined;
    transaction.store({
      op: 'put',
      bytes: examined.bytes,
      entry: {
        key,
        seq: this.#core.state.ledger.nextSeq(),
        class: examined.class,
        sizeBytes,
        source,
        destination,
        ...(topic === undefined ? {} : { topic }),
        receivedAt: now.steady,
        ageAtReceiptMs: ageMs,
        expiresAt,
        hops,
        own: false,
      },
    });
  }

  /** The transfer is acknowledged when this transaction is on disk, and refused when it can't be. */
  #answerWith(transaction: Transaction, key: BundleKey, arrival: Arrival): void {
    this.#gossip.onReceived(arrival.link, key);
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
