/** Presence, both ways: what our people say of themselves, and what is told to their clients of others. */
import { bytesEqual, DecodeError, HearsayError, later, type Now, type SteadyMs } from '../base/index.js';
import type { Show } from '../chat/index.js';
import {
  decodeProfile,
  encodeProfile,
  MAX_DEVICES,
  type PersonId,
  PRESENCE_ENDPOINT,
  PROFILE_ENDPOINT,
} from '../people/index.js';
import {
  type Beacon,
  decodeBeacon,
  type EvidenceKind,
  encodeBeacon,
  MAX_STATUS_BYTES,
  newerEvidence,
  type PresenceRecord,
} from '../presence/index.js';
import { BundleClass } from '../store/index.js';
import { makeRoom } from './bounds.js';
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
/** How many people and devices are remembered before strangers are forgotten for newer strangers. */
const MAX_PEOPLE = 20_000;
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
  /** The mesh has a profile that says something else. */
  profileOutdated: boolean;
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
      this.#own.set(local.id, {
        beacon: { show: 'offline', status: '' },
        publishedAt: undefined,
        changed: false,
        profileOutdated: false,
      });
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
      beaconDevice: local.device,
      beaconVersion,
    });
  }

  #renewProfile(transaction: Transaction, local: LocalPerson, now: Now): void {
    if (this.#core.config.introduced !== undefined) return;
    const profile = { nickname: local.nickname, boxKey: local.box.publicKey, node: this.#core.node };
    const payload = encodeProfile(profile);
    const known = this.#core.state.devices.get(recordKey(local.id, local.device));
    const published = this.#core.state.ledger.byTopic(local.source, 'profile');
    const unchanged = known !== undefined && bytesEqual(encodeProfile(known.profile), payload);
    const isOurs = published?.own === true;
    const fresh = isOurs && now.steady - published.receivedAt < PROFILE_RENEWAL_MS;
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
    const fresh = { kind: kindOf(beacon), at: later(now.steady, -examined.ageMs), hops: examined.hops };
    const known = this.#core.state.presence.get(examined.author);
    const beaconVersion = examined.topic?.version ?? 0;
    const sameDevice = known !== undefined && known.beaconDevice === examined.device;
    if (sameDevice && known.beaconVersion >= beaconVersion) return 'stale';
    // Versions order the beacons of one device, whatever their measured ages; between two devices only ages can.
    const overrides = sameDevice && known.evidence?.kind !== 'activity';
    const evidence = overrides ? fresh : newerEvidence(known?.evidence, fresh);
    if (!sameDevice && evidence !== fresh) return 'news';
    this.#remember(transaction, examined, now, {
      evidence,
      beacon,
      beaconDevice: examined.device,
      beaconVersion,
    });
    return 'news';
  }

  #remember(transaction: Transaction, { author }: Examined, now: Now, record: PresenceRecord): void {
    const { presence } = this.#core.state;
    makeRoom(transaction, presence, author, MAX_PEOPLE, (person) => this.#matters(person as PersonId));
    transaction.set(presence, author, record);
    transaction.afterCommit(() => this.checkPerson(author, now));
  }

  /** Strangers may be forgotten when there are too many; ours, and those in a roster, never. */
  #matters(person: PersonId): boolean {
    if (this.#core.locals.has(person)) return true;
    return [...this.#core.locals.keys()].some((local) => this.#core.state.rosterOf(local).byPerson(person));
  }

  takeProfile(transaction: Transaction, examined: Examined, now: Now): Reading {
    let profile: ReturnType<typeof decodeProfile>;
    try {
      profile = decodeProfile(examined.payload);
    } catch (error) {
      if (error instanceof DecodeError) return 'bad-payload';
      throw error;
    }
    const version = examined.topic?.version ?? 0;
    const { author, device } = examined;
    const { devices, directory } = this.#core.state;
    const key = recordKey(author, device);
    if ((devices.get(key)?.version ?? -1) >= version) return 'stale';
    const nickname = directory.nicknameOf(author);
    const others = directory.deviceNamesOf(author).filter((other) => other !== device);
    const [oldest] = others;
    if (others.length >= MAX_DEVICES && oldest !== undefined) transaction.unset(devices, recordKey(author, oldest));
    makeRoom(transaction, devices, key, MAX_PEOPLE, (other) => this.#matters(other.split(' ', 1)[0] as PersonId));
    transaction.set(devices, key, { version, profile });
    if (directory.nicknameOf(author) !== nickname) {
      transaction.afterCommit(() => this.#tellOfNickname(author, now));
    }
    return 'news';
  }

  #tellOfNickname(person: PersonId, now: Now): void {
    for (const local of this.#core.locals.keys()) {
      const jid = this.#core.state.rosterOf(local).byPerson(person)?.jid;
      const contact = jid === undefined ? undefined : this.#views.contact(local, jid, now);
      if (contact !== undefined) this.#core.notify(local, { type: 'contact-changed', contact });
    }
  }

  /** Their laptop was running when this was made. */
  noteActivity(transaction: Transaction, examined: Examined, now: Now): void {
    const known = this.#core.state.presence.get(examined.author);
    const fresh = { kind: 'activity' as const, at: later(now.steady, -examined.ageMs), hops: examined.hops };
    if (newerEvidence(known?.evidence, fresh) !== fresh) return;
    this.#remember(transaction, examined, now, {
      evidence: fresh,
      beacon: known?.beacon,
      beaconDevice: known?.beaconDevice ?? '',
      beaconVersion: known?.beaconVersion ?? 0,
    });
  }

  /**
   * A topic of this very device came back from the mesh, newer than we know it: the store was lost or is a backup. What
   * we say next must be above it, and is said soon, because others now believe the old one.
   */
  noteOwnTopic(transaction: Transaction, local: LocalPerson, examined: Examined, now: Now): void {
    const { device, topic } = examined;
    if (device !== local.device || topic === undefined) return;
    this.#core.learnVersion(transaction, local, topic.name, topic.version);
    const own = this.#own.get(local.id);
    if (own === undefined) return;
    if (topic.name === 'presence') {
      own.changed = true;
      own.publishedAt ??= now.steady;
    } else {
      own.profileOutdated = true;
    }
  }

  /** When {@link wake} should run next. */
  nextWake(): SteadyMs | undefined {
    let next = this.#core.state.hasContacts ? this.#nextCheck : undefined;
    for (const own of this.#own.values()) {
      const due = this.#dueAt(own);
      if (due !== undefined && (next === undefined || due < next)) next = due;
      if (own.profileOutdated) next = 0 as SteadyMs;
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
    const own = this.#own.get(local.id);
    const published = this.#core.state.ledger.byTopic(local.source, 'profile');
    const old = published === undefined || now.steady - published.receivedAt >= PROFILE_RENEWAL_MS;
    if (old || own?.profileOutdated === true) this.#renewProfile(transaction, local, now);
    if (own !== undefined) own.profileOutdated = false;
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
