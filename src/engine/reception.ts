/**
 * A bundle came over a link, or was put together from fragments: what becomes of it. Cheap checks, room, signature, then the
 * disk, and only then the acknowledgement (the three promises of architecture §1).
 */
import { DecodeError, messageOf, type Now } from '../base/index.js';
import {
  type Bundle,
  BundleFlag,
  type BundleKey,
  copiesOf,
  encodeBundle,
  fragmentFromCut,
  parseEid,
  type Topic,
} from '../bundle/index.js';
import { isManifest } from '../chat/index.js';
import type { Gossip, LinkId } from '../gossip/index.js';
import { CertificateCache, type NodeId, type PersonId, personOf } from '../people/index.js';
import { BundleClass, type Candidate, isNoRoom, type RefusalReason } from '../store/index.js';
import type { Assembly } from './assembly.js';
import { expandReceipt, isCompact } from './compact-receipt.js';
import { type Core, rememberUntil } from './core.js';
import type { CustodyDesk } from './custody-desk.js';
import { checkSignature, type Examined, type Inspected, inspectBundle, isUnproven, type Objection } from './examine.js';
import { type Fragments, MAX_PIECES, type Whole } from './fragments.js';
import type { Messaging } from './messaging.js';
import type { PresenceDesk, Reading } from './presence-desk.js';
import type { ReportDesk } from './report-desk.js';
import type { Transaction } from './transaction.js';
import { TurnedAway } from './turned-away.js';
import type { Refusal, TransferId } from './types.js';

/** What became of a bundle: kept for others, done with, out of date, or not wanted. */
type Processed = 'carry' | 'done' | 'stale' | 'no-room' | 'bad-payload';

interface Arrival {
  readonly link: LinkId;
  readonly transfer: TransferId;
}

/** Who gave a bundle to this node, and how it is told what became of it. */
interface Giver {
  /** Undefined for what was put together here. */
  readonly link?: LinkId;
  readonly depositor: string;
  /** A DTN node that speaks no gossip. */
  readonly isForeign: boolean;
  /** What it is made of lies in the store already, and goes when it comes. */
  readonly bringsRoom: boolean;
  stored(): void;
  known(): void;
  turnedAway(): void;
  refused(objection: Objection): void;
}

/** Where bundles of each class are seen to. */
export interface Desks {
  readonly messaging: Messaging;
  readonly assembly: Assembly;
  readonly presence: PresenceDesk;
  readonly custody: CustodyDesk;
  readonly fragments: Fragments;
  readonly reports: ReportDesk;
}

/** Who brings bundles over a link whose other end has not said, or not proved, who it is: all of them together. */
const UNPROVEN = 'unproven';

/** Less than this of a bundle that was cut is not worth a bundle of its own. */
const LEAST_OF_A_CUT_BYTES = 16 * 1024;

const SPOILT: ReadonlySet<Objection> = new Set<Objection>(['malformed', 'bad-signature']);

export class Reception {
  readonly #core: Core;
  readonly #gossip: Gossip;
  readonly #messaging: Messaging;
  readonly #assembly: Assembly;
  readonly #presence: PresenceDesk;
  readonly #custody: CustodyDesk;
  readonly #fragments: Fragments;
  readonly #reports: ReportDesk;
  readonly #certificates: CertificateCache;
  readonly turnedAway = new TurnedAway();
  readonly #objections = new Map<Objection, number>();

  constructor(core: Core, gossip: Gossip, desks: Desks) {
    const { messaging, assembly, presence, custody, fragments, reports } = desks;
    this.#core = core;
    this.#certificates = new CertificateCache(core.crypto.verify);
    this.#gossip = gossip;
    this.#messaging = messaging;
    this.#assembly = assembly;
    this.#presence = presence;
    this.#custody = custody;
    this.#fragments = fragments;
    this.#reports = reports;
  }

  /** How often bundles were refused, by reason. */
  get objections(): ReadonlyMap<Objection, number> {
    return this.#objections;
  }

  /** @param tookMs how long it was on the way. */
  receive(arrival: Arrival, bytes: Uint8Array, tookMs: number, now: Now): void {
    const whole = isCompact(bytes) ? this.#expanded(arrival, bytes) : bytes;
    if (whole !== undefined) this.#take(this.#overLink(arrival), whole, tookMs, now);
  }

  /** A receipt in its compact form, made whole again. @returns undefined after a refusal. */
  #expanded(arrival: Arrival, bytes: Uint8Array): Uint8Array | undefined {
    const neighbour = this.#gossip.neighbourOn(arrival.link);
    const giver = this.#overLink(arrival);
    if (neighbour === undefined || neighbour.foreign) {
      giver.refused('malformed');
      return undefined;
    }
    try {
      const voucherOf = (person: PersonId, device: string) => this.#core.vouchers.of(person, device);
      const whole = expandReceipt(bytes, neighbour.id as NodeId, voucherOf);
      const { link, transfer } = arrival;
      if (whole === undefined) this.#core.emit({ type: 'refuse', link, transfer, reason: 'unexpanded' });
      return whole;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      giver.refused('malformed');
      return undefined;
    }
  }

  /**
   * The start of a bundle: the link was cut before the rest. Where a fragment may be made of it, it is one more bundle
   * that came (RFC 9171 §5.8). Messages of Hearsay's people are sent again, or come in chunks.
   */
  receiveCut(link: LinkId, bytes: Uint8Array, tookMs: number, now: Now): void {
    if (bytes.length < LEAST_OF_A_CUT_BYTES) return;
    const fragment = fragmentFromCut(bytes);
    if (fragment === undefined || !isBulk(fragment)) return;
    this.#take({ ...this.#silent(this.#depositorOn(link)), link }, encodeBundle(fragment), tookMs, now);
  }

  /** A bundle was put together from fragments that are here. */
  receiveWhole(whole: Whole, now: Now): void {
    const { depositor, stored, known, refused } = whole;
    const settled = { stored, known, refused: (objection: Objection) => this.#count(objection, refused) };
    this.#take({ ...this.#silent(depositor), ...settled, bringsRoom: true }, whole.bytes, 0, now);
  }

  #take(giver: Giver, bytes: Uint8Array, tookMs: number, now: Now): void {
    const inspected = inspectBundle(bytes, tookMs, now, this.#core.crypto.hollowBytes);
    if (!inspected.ok) {
      const { objection, report } = inspected;
      if (report !== undefined) this.#reports.refused(report.subject, report.occasions, now);
      return giver.refused(objection);
    }
    const { examined } = inspected;
    const pending = this.#core.pendingFor(examined.key);
    if (pending !== undefined) return this.#answerWith(pending, examined.key, giver);
    const { fragment } = examined;
    if (this.#messaging.isReceipted({ ...examined, key: fragment?.whole ?? examined.key }))
      return this.#answerKnown(giver);
    if (fragment !== undefined && this.#isWholeKnown(fragment.whole)) return this.#forget(examined, giver, now);
    const candidate = this.#candidate(examined, giver, now);
    const refusal = this.#mayCome(candidate, giver, now);
    if (refusal !== undefined && !isNoRoom(refusal)) return this.#answerKnown(giver);
    if (inspected.by === 'person') {
      const objection = checkSignature(inspected.examined, this.#certificates, this.#core.crypto.verify);
      if (objection !== undefined) return giver.refused(objection);
      this.#core.vouchers.remember(examined.source, examined.bundle);
    }
    if (refusal !== undefined) return this.#turnAwayForLong(candidate, giver, now);

    const transaction = this.#core.begin();
    if (fragment === undefined) this.#fragments.clear(transaction, examined.key);
    const processed =
      inspected.by === 'person'
        ? this.#process(transaction, inspected.examined, now)
        : this.#processStrangers(transaction, examined, now);
    const outcome = processed === 'carry' ? this.#carry(transaction, candidate, examined.bytes, giver, now) : processed;
    if (outcome !== 'carry' && outcome !== 'done') transaction.abandon();
    if (outcome === 'no-room') return this.#turnAwayForLong(candidate, giver, now);
    if (outcome === 'bad-payload') return giver.refused('bad-payload');
    if (outcome === 'stale') return this.#answerKnown(giver);
    this.#reports.received(transaction, examined, now);
    if (processed === 'done' && examined.class === BundleClass.Message) {
      this.#reports.delivered(transaction, examined, now);
    }
    this.#answerWith(transaction, examined.key, giver);
    this.#core.commit(transaction);
  }

  /** The whole of this fragment is here, or done with: the fragment need not come again either. */
  #forget(examined: Inspected, giver: Giver, now: Now): void {
    const transaction = this.#core.begin();
    this.#see(transaction, examined, 'reassembled', now, giver.depositor);
    this.#core.commit(transaction);
    this.#answerKnown(giver);
  }

  #see(
    transaction: Transaction,
    { key, source, expiresAt }: Inspected,
    reason: 'delivered' | 'reassembled',
    now: Now,
    depositor?: string,
  ): void {
    const author = this.#core.state.standing.authorOf(source);
    const until = rememberUntil({ expiresAt, receivedAt: now.steady });
    const charged = { author, ...(depositor === undefined ? {} : { depositor }) };
    transaction.store({ op: 'see', key, reason, rememberUntil: until, ...charged });
  }

  #isWholeKnown(whole: BundleKey): boolean {
    const { ledger } = this.#core.state;
    const reason = ledger.seen(whole)?.reason;
    return ledger.has(whole) || (reason !== undefined && reason !== 'evicted' && reason !== 'forwarded');
  }

  #candidate(examined: Inspected & { readonly topic?: Topic }, giver: Giver, now: Now): Candidate {
    const { key, sizeBytes, source, destination, topic, ageMs, hops, expiresAt, fragment, reports } = examined;
    const { routing } = this.#core;
    // A foreign node knows of no budget: strangers' mail from there starts on one here. What names a person had one before.
    const isNew = giver.isForeign && !('author' in examined) && !isUnproven(source);
    const copies = routing.broughtAlong(
      examined,
      copiesOf(examined.bundle) ?? (isNew ? routing.budget(examined) : undefined),
    );
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
      ...(fragment === undefined ? {} : { fragment }),
      ...(reports === undefined ? {} : { reports }),
      depositor: giver.depositor,
    };
  }

  /** Without a look at the signature. What is for our own people needs room in the inbox, not here. */
  #mayCome(candidate: Candidate, giver: Giver, now: Now): RefusalReason | undefined {
    const { ledger } = this.#core.state;
    if (this.#isForUs(candidate) || giver.bringsRoom) return ledger.needless(candidate, now.steady);
    const { fragment } = candidate;
    if (fragment !== undefined && ledger.fragmentsOf(fragment.whole).size >= MAX_PIECES) return 'author-quota';
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
        return this.#takeReport(transaction, examined, now) ?? this.#assembly.takeChunk(transaction, examined);
    }
  }

  /** Nothing is believed of it; if it is a report for this node it is read, otherwise it is mail. */
  #processStrangers(transaction: Transaction, examined: Inspected, now: Now): Processed {
    if (examined.fragment === undefined) return this.#takeReport(transaction, examined, now) ?? 'carry';
    this.#fragments.added(transaction, examined.fragment.whole);
    return 'carry';
  }

  /** @returns undefined when it is none, or for somebody else. */
  #takeReport(transaction: Transaction, examined: Inspected, now: Now): 'done' | 'bad-payload' | undefined {
    const { flags, destination } = examined.bundle.primary;
    if ((flags & BundleFlag.IsAdminRecord) === 0 || !this.#core.isOwn(destination)) return undefined;
    if (!this.#reports.take(transaction, examined)) return 'bad-payload';
    this.#see(transaction, examined, 'delivered', now);
    return 'done';
  }

  /** Keeps it for others, and promises to where that may be promised: the promise is part of the entry. */
  #carry(
    transaction: Transaction,
    candidate: Candidate,
    bytes: Uint8Array,
    { link }: Giver,
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
    if (custodyUntil !== undefined && link !== undefined) {
      transaction.afterCommit(() => this.#custody.promised(link, entry, this.#core.now));
    }
    return 'carry';
  }

  /** The transfer is acknowledged when this transaction is on disk, and refused when it can't be. */
  #answerWith(transaction: Transaction, key: BundleKey, giver: Giver): void {
    if (giver.link !== undefined) this.#core.onArriving(giver.link, key);
    transaction.afterCommit(() => giver.stored());
    transaction.afterFailure((error) => {
      this.#core.config.log.error('a bundle could not be stored', { error: messageOf(error) });
      giver.turnedAway();
    });
  }

  /** It need not come again: held, or done with. That too is a promise, so it waits for what it relies on. */
  #answerKnown(giver: Giver): void {
    this.#core.whenSettled((stored) => {
      if (stored) giver.known();
      else giver.turnedAway();
    });
  }

  /** There is no room for it, and will hardly be any at the next meeting; for a part of a message of ours there may. */
  #turnAwayForLong(candidate: Candidate, giver: Giver, now: Now): void {
    const { key } = candidate;
    if (!this.#core.awaits(candidate) && !giver.bringsRoom) {
      this.turnedAway.add(key, now.steady);
      this.#gossip.onSeen(key);
    }
    giver.turnedAway();
  }

  #overLink({ link, transfer }: Arrival): Giver {
    const arrival = { link, transfer };
    const refuse = (reason: Refusal): void => this.#core.emit({ type: 'refuse', ...arrival, reason });
    return {
      link,
      depositor: this.#depositorOn(link),
      isForeign: this.#gossip.neighbourOn(link)?.foreign ?? false,
      bringsRoom: false,
      stored: () => this.#core.emit({ type: 'accept', ...arrival }),
      known: () => refuse('already-had'),
      turnedAway: () => {
        this.#gossip.onTurnedAway(link);
        refuse('no-room');
      },
      refused: (objection) =>
        this.#count(objection, () => {
          // Honest neighbours hold no such bundle: it was spoilt on the way, so the good one must be offered again.
          if (SPOILT.has(objection)) this.#gossip.onTurnedAway(link);
          this.#core.config.log.debug('a bundle was refused', { link, objection });
          this.#core.emit({ type: 'refuse', ...arrival, reason: 'unacceptable', objection });
        }),
    };
  }

  #depositorOn(link: LinkId): string {
    return this.#gossip.neighbourOn(link)?.id ?? UNPROVEN;
  }

  /** Nobody waits for an answer. */
  #silent(depositor: string): Giver {
    const nothing = (): void => {};
    const answers = { stored: nothing, known: nothing, turnedAway: nothing, refused: nothing };
    return { depositor, isForeign: false, bringsRoom: false, ...answers };
  }

  #count(objection: Objection, then: () => void): void {
    this.#objections.set(objection, (this.#objections.get(objection) ?? 0) + 1);
    then();
  }
}

/** Neither a message nor anything that is small and for everybody. */
function isBulk({ primary: { source, destination } }: Bundle): boolean {
  return personOf(source) === undefined || destination.kind !== 'dtn' || !destination.service.startsWith('~');
}

function afterReading(reading: Reading): Processed {
  return reading === 'news' ? 'carry' : reading;
}
