/** Presence, both ways: what our people say of themselves, and what is told to their clients of others. */
import { bytesEqual, DecodeError, HearsayError, later, type Now, type SteadyMs } from '../base/index.js';
import type { Show } from '../chat/index.js';
import { decodeProfile, encodeProfile, type PersonId, PRESENCE_ENDPOINT, PROFILE_ENDPOINT } from '../people/index.js';
import {
  type Beacon,
  decodeBeacon,
  type EvidenceKind,
  encodeBeacon,
  MAX_STATUS_BYTES,
  newerEvidence,
} from '../presence/index.js';
import { BundleClass } from '../store/index.js';
import type { Core } from './core.js';
import type { Examined } from './examine.js';
import type { LocalPerson } from './local-person.js';
import { recordKey } from './state.js';
import type { Transaction } from './transaction.js';
import type { Views } from './views.js';

const PRESENCE_LIFETIME_MS = 86_400_000;
const PROFILE_LIFETIME_MS = 30 * 86_400_000;
/** A profile is renewed long before it expires anywhere. */
const PROFILE_RENEWAL_MS = 7 * 86_400_000;
/** Confidence must move this much before a client is told. */
const WORTH_TELLING = 0.1;
const SAME_CONFIDENCE = 1e-9;

/** What a topic of somebody's was to us; `stale`: a newer version is known, though its bundle may be gone already. */
export type Reading = 'news' | 'stale' | 'bad-payload';

interface OwnPresence {
  beacon: Beacon;
  publishedAt: SteadyMs | undefined;
  /** Said since, but not published yet. */
  changed: boolean;
}

interface Shown {
  readonly show: Show;
  readonly status: string;
  readonly confidence: number;
}

export class PresenceDesk {
  readonly #core: Core;
  readonly #views: Views;
  readonly #own = new Map<PersonId, OwnPresence>();
  /** What clients were last told, by owner and JID. */
  readonly #shown = new Map<string, Shown>();
  #nextCheck: SteadyMs | undefined;

  constructor(core: Core, views: Views) {
    this.#core = core;
    this.#views = views;
  }

  /** Publishes profiles that are missing, changed or old, and signs off whoever a crash left signed on. */
  start(transaction: Transaction, now: Now): void {
    for (const local of this.#core.locals.values()) {
      this.#renewProfile(transaction, local, now);
      const before = this.#core.state.presence.get(local.id)?.beacon;
      this.#own.set(local.id, { beacon: { show: 'offline', status: '' }, publishedAt: undefined, changed: false });
      if (before !== undefined && before.show !== 'offline') this.#publishBeacon(transaction, local, now);
    }
    this.#nextCheck = now.steady;
  }

  stop(transaction: Transaction, now: Now): void {
    for (const local of this.#core.locals.values()) {
      const own = this.#own.get(local.id);
      if (own === undefined || own.beacon.show === 'offline') continue;
      own.beacon = { show: 'offline', status: '' };
      this.#publishBeacon(transaction, local, now);
    }
  }

  /** A client changed what its person says. It goes out at once, or when the last beacon is old enough. */
  set(transaction: Transaction, local: LocalPerson, show: Show, status: string, now: Now): void {
    const own = this.#own.get(local.id);
    if (own === undefined) return;
    const beacon = { show, status: clip(status) };
    if (own.beacon.show === beacon.show && own.beacon.status === beacon.status) return;
    own.beacon = beacon;
    own.changed = true;
    this.#publishDue(transaction, local, own, now);
  }

  #publishDue(transaction: Transaction, local: LocalPerson, own: OwnPresence, now: Now): void {
    const due = this.#dueAt(own);
    if (due !== undefined && due <= now.steady) this.#publishBeacon(transaction, local, now);
  }

  #dueAt(own: OwnPresence): SteadyMs | undefined {
    const { beaconGapMs, beaconIntervalMs } = this.#core.config.timing;
    if (own.publishedAt === undefined) return own.changed ? (0 as SteadyMs) : undefined;
    if (own.changed) return later(own.publishedAt, beaconGapMs);
    return own.beacon.show === 'offline' ? undefined : later(own.publishedAt, beaconIntervalMs);
  }

  #publishBeacon(transaction: Transaction, local: LocalPerson, now: Now): void {
    const own = this.#own.get(local.id);
    if (own === undefined) return;
    own.publishedAt = now.steady;
    own.changed = false;
    const payload = encodeBeacon(own.beacon);
    const beaconVersion = this.#publishTopic(transaction, local, BundleClass.Presence, 'presence', payload, now);
    const kind = own.beacon.show === 'offline' ? 'sign-off' : 'beacon';
    transaction.set(this.#core.state.presence, local.id, {
      evidence: { kind, at: now.steady, hops: 0 },
      beacon: own.beacon,
      beaconVersion,
    });
  }

  #renewProfile(transaction: Transaction, local: LocalPerson, now: Now): void {
    const profile = { nickname: local.nickname, boxKey: local.box.publicKey, node: this.#core.node };
    const payload = encodeProfile(profile);
    const known = this.#core.state.devices.get(recordKey(local.id, local.device));
    const published = this.#core.state.ledger.byTopic(local.source, 'profile');
    const unchanged = known !== undefined && bytesEqual(encodeProfile(known.profile), payload);
    const fresh = published !== undefined && now.steady - published.receivedAt < PROFILE_RENEWAL_MS;
    if (unchanged && fresh) return;
    const version = this.#publishTopic(transaction, local, BundleClass.Certificate, 'profile', payload, now);
    transaction.set(this.#core.state.devices, recordKey(local.id, local.device), { version, profile });
  }

  #publishTopic(
    transaction: Transaction,
    local: LocalPerson,
    bundleClass: BundleClass.Presence | BundleClass.Certificate,
    topic: 'presence' | 'profile',
    payload: Uint8Array,
    now: Now,
  ): number {
    const version = this.#core.nextVersion(transaction, local, topic, now);
    const [destination, lifetimeMs] =
      topic === 'presence' ? [PRESENCE_ENDPOINT, PRESENCE_LIFETIME_MS] : [PROFILE_ENDPOINT, PROFILE_LIFETIME_MS];
    try {
      const spec = { destination, payload, lifetimeMs, topic: { name: topic, version } };
      this.#core.publish(transaction, local, bundleClass, spec, now);
    } catch (error) {
      if (!(error instanceof HearsayError) || error.code !== 'ERR_QUOTA') throw error;
      this.#core.config.log.warn(`the ${topic} of ${local.id} is not published: the store is full`);
    }
    return version;
  }

  takeBeacon(transaction: Transaction, examined: Examined, now: Now): Reading {
    let beacon: Beacon;
    try {
      beacon = decodeBeacon(examined.payload);
    } catch (error) {
      if (error instanceof DecodeError) return 'bad-payload';
      throw error;
    }
    const evidence = { kind: kindOf(beacon), at: later(now.steady, -examined.ageMs), hops: examined.hops };
    const known = this.#core.state.presence.get(examined.author);
    const beaconVersion = examined.topic?.version ?? 0;
    if (known !== undefined && known.beaconVersion >= beaconVersion) return 'stale';
    transaction.set(this.#core.state.presence, examined.author, {
      evidence: newerEvidence(known?.evidence, evidence),
      beacon,
      beaconVersion,
    });
    transaction.afterCommit(() => this.checkPerson(examined.author, now));
    return 'news';
  }

  takeProfile(transaction: Transaction, examined: Examined): Reading {
    let profile: ReturnType<typeof decodeProfile>;
    try {
      profile = decodeProfile(examined.payload);
    } catch (error) {
      if (error instanceof DecodeError) return 'bad-payload';
      throw error;
    }
    const version = examined.topic?.version ?? 0;
    const key = recordKey(examined.author, examined.device);
    if ((this.#core.state.devices.get(key)?.version ?? -1) >= version) return 'stale';
    transaction.set(this.#core.state.devices, key, { version, profile });
    return 'news';
  }

  /** Their laptop was running when this was made. */
  noteActivity(transaction: Transaction, examined: Examined, now: Now): void {
    const known = this.#core.state.presence.get(examined.author);
    const fresh = { kind: 'activity' as const, at: later(now.steady, -examined.ageMs), hops: examined.hops };
    const evidence = newerEvidence(known?.evidence, fresh);
    if (evidence !== fresh) return;
    transaction.set(this.#core.state.presence, examined.author, {
      evidence,
      beacon: known?.beacon,
      beaconVersion: known?.beaconVersion ?? 0,
    });
    transaction.afterCommit(() => this.checkPerson(examined.author, now));
  }

  /** Our own beacon came back from the mesh: the next ones must be newer. */
  noteOwnTopic(transaction: Transaction, local: LocalPerson, examined: Examined): void {
    if (examined.device !== local.device || examined.topic === undefined) return;
    this.#core.learnVersion(transaction, local, examined.topic.name, examined.topic.version);
  }

  /** When {@link wake} should run next. */
  nextWake(): SteadyMs | undefined {
    let next = this.#nextCheck;
    for (const own of this.#own.values()) {
      const due = this.#dueAt(own);
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    return next;
  }

  wake(transaction: Transaction, now: Now): void {
    for (const local of this.#core.locals.values()) {
      const own = this.#own.get(local.id);
      if (own !== undefined) this.#publishDue(transaction, local, own, now);
      this.#renewProfileIfOld(transaction, local, now);
    }
    if (this.#nextCheck === undefined || this.#nextCheck > now.steady) return;
    this.#nextCheck = later(now.steady, this.#core.config.timing.presenceCheckMs);
    for (const local of this.#core.locals.values()) {
      for (const contact of this.#core.state.rosterOf(local.id).all()) this.#check(local.id, contact.jid, now);
    }
  }

  #renewProfileIfOld(transaction: Transaction, local: LocalPerson, now: Now): void {
    const published = this.#core.state.ledger.byTopic(local.source, 'profile');
    if (published === undefined || now.steady - published.receivedAt >= PROFILE_RENEWAL_MS) {
      this.#renewProfile(transaction, local, now);
    }
  }

  /** Something about this person changed: tells the clients of everybody who has them in the roster, if it is worth it. */
  checkPerson(person: PersonId, now: Now): void {
    for (const local of this.#core.locals.values()) {
      const contact = this.#core.state.rosterOf(local.id).byPerson(person);
      if (contact !== undefined) this.#check(local.id, contact.jid, now);
    }
  }

  #check(owner: PersonId, jid: string, now: Now): void {
    const contact = this.#views.contact(owner, jid, now);
    if (contact === undefined) return;
    const { show, status, confidence } = contact.presence;
    const key = recordKey(owner, jid);
    const shown = this.#shown.get(key);
    const same =
      shown !== undefined &&
      shown.show === show &&
      shown.status === status &&
      Math.abs(shown.confidence - confidence) < WORTH_TELLING - SAME_CONFIDENCE &&
      (shown.confidence === 1) === (confidence === 1);
    if (same) return;
    this.#shown.set(key, { show, status, confidence });
    this.#core.notify(owner, { type: 'presence', contact });
  }
}

function kindOf(beacon: Beacon): EvidenceKind {
  return beacon.show === 'offline' ? 'sign-off' : 'beacon';
}

/** Cuts a status to what a beacon may hold, between characters. */
function clip(status: string): string {
  // A character is at most four bytes of UTF-8.
  return [...status].slice(0, Math.floor(MAX_STATUS_BYTES / 4)).join('');
}
