/** Everything that one node's decisions look at, built once from the store's snapshot. */
import { DecodeError, type Logger, utf8, utf8Decode } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';
import {
  type AssemblyRecord,
  decodeAssembly,
  decodeInbox,
  decodeOutbox,
  encodeAssembly,
  encodeInbox,
  encodeOutbox,
  type InboxRecord,
  type OutboxRecord,
} from '../chat/index.js';
import type { Cursor } from '../gossip/index.js';
import {
  type Contact,
  Directory,
  decodeContact,
  decodeKnownDevice,
  encodeContact,
  encodeKnownDevice,
  isPersonId,
  type KnownDevice,
  type PersonId,
  Roster,
} from '../people/index.js';
import { decodePresenceRecord, encodePresenceRecord, type PresenceRecord } from '../presence/index.js';
import { Ledger, type QuotaShares, type StoreSnapshot, type Worth } from '../store/index.js';
import { InboxBudget } from './inbox-budget.js';
import { OwnerIndex } from './owner-index.js';
import { PeopleStanding } from './standing.js';
import { type RecordCodec, Table } from './table.js';

const NUMBER_CODEC: RecordCodec<number> = {
  encode: (value) => encodeCbor(value),
  decode: (bytes) => {
    const value = decodeCbor(bytes);
    if (typeof value !== 'number') throw new DecodeError('ERR_RECORD', 'not a number', 0);
    return value;
  },
};

const BYTES_CODEC: RecordCodec<Uint8Array> = { encode: (value) => value, decode: (bytes) => bytes };

const CURSOR_CODEC: RecordCodec<Cursor> = {
  encode: ({ epoch, seq }) => utf8(`${epoch}/${seq}`),
  decode: (bytes) => {
    const match = /^([0-9a-f]{16})\/(\d{1,16})$/.exec(utf8Decode(bytes) ?? '');
    if (match?.[1] === undefined) throw new DecodeError('ERR_RECORD', 'not a cursor', 0);
    return { epoch: match[1], seq: Number(match[2]) };
  },
};

/** Parts of a record's key; ids and JIDs hold no spaces. */
export function recordKey(...parts: readonly string[]): string {
  return parts.join(' ');
}

export interface StateOptions {
  readonly domain: string;
  readonly quotaBytes: number;
  readonly quotas: QuotaShares;
  readonly worth: Worth | undefined;
  readonly log: Logger;
  readonly introduced: Directory | undefined;
  /** The people whom this node serves. */
  readonly own: ReadonlySet<PersonId>;
}

export class NodeState {
  readonly ledger: Ledger;
  readonly standing: PeopleStanding;
  readonly directory: Directory;
  /** Keyed by person and JID. */
  readonly contacts: Table<Contact>;
  /** Keyed by local person and local id; the order of the ids is the order of writing. */
  readonly outbox: Table<OutboxRecord>;
  /** Keyed by local person and inbox id. */
  readonly inbox: Table<InboxRecord>;
  /** Messages for our people that come in chunks and are not whole yet, keyed by their bundles. */
  readonly assemblies: Table<AssemblyRecord>;
  /** Keyed by person. */
  readonly presence: Table<PresenceRecord>;
  /** Keyed by person and device. */
  readonly devices: Table<KnownDevice>;
  /** Our standing in neighbours' stores, keyed by NodeId. */
  readonly cursors: Table<Cursor>;
  /** How far foreign nodes were pushed our bundles, keyed by EID. */
  readonly pushed: Table<number>;
  /** What routing strategies remember, keyed by their names. */
  readonly routing: Table<Uint8Array>;
  /** Receipts that came before their bundle, keyed by bundle key and recipient: remembered until then. */
  readonly receipts: Table<number>;
  /** Our own counters: boots, topic versions. */
  readonly counters: Table<number>;

  readonly #rosters = new Map<PersonId, Roster>();
  readonly #outboxByBundle = new Map<BundleKey, string>();
  /** Outbox key → characters that wait. */
  readonly #waiting = new Map<string, number>();
  #waitingBytes = 0;
  readonly inboxBudget: InboxBudget;
  /** In the order of writing: neighbours send the newest first, and a conversation is not read backwards. */
  readonly inboxByOwner = new OwnerIndex<InboxRecord>(
    (a, b) => a.writtenAt - b.writtenAt || a.receivedAt - b.receivedAt || compareText(a.inboxId, b.inboxId),
  );
  readonly outboxByOwner = new OwnerIndex<OutboxRecord>((a, b) => compareText(a.localId, b.localId));

  constructor(snapshot: StoreSnapshot, options: StateOptions) {
    const { log, quotaBytes, quotas, worth } = options;
    this.directory = options.introduced ?? new Directory(options.domain);
    this.standing = new PeopleStanding(options.own, () => this.#rosters.values(), this.directory);
    this.ledger = Ledger.from(snapshot, {
      quotaBytes,
      quotas,
      standing: this.standing,
      ...(worth === undefined ? {} : { worth }),
    });
    this.inboxBudget = new InboxBudget(quotaBytes, this.standing);
    const stored = (space: string): ReadonlyMap<string, Uint8Array> | undefined => snapshot.records.get(space);
    this.contacts = new Table(
      'contacts',
      { encode: encodeContact, decode: decodeContact },
      stored('contacts'),
      log,
      (key, value, before) => this.#indexContact(key, value, before),
    );
    this.outbox = new Table(
      'outbox',
      { encode: encodeOutbox, decode: decodeOutbox },
      stored('outbox'),
      log,
      (key, value, before) => this.#indexOutbox(key, value, before),
    );
    this.inbox = new Table(
      'inbox',
      { encode: encodeInbox, decode: decodeInbox },
      stored('inbox'),
      log,
      (key, value, before) => this.#indexInbox(key, value, before),
    );
    this.assemblies = new Table(
      'assemblies',
      { encode: encodeAssembly, decode: decodeAssembly },
      stored('assemblies'),
      log,
    );
    this.presence = new Table(
      'presence',
      { encode: encodePresenceRecord, decode: decodePresenceRecord },
      stored('presence'),
      log,
    );
    this.devices = new Table(
      'devices',
      { encode: ({ version, profile }) => encodeKnownDevice(version, profile), decode: decodeKnownDevice },
      stored('devices'),
      log,
      (key, value) => this.#indexDevice(key, value),
    );
    this.cursors = new Table('cursors', CURSOR_CODEC, stored('cursors'), log);
    this.pushed = new Table('pushed', NUMBER_CODEC, stored('pushed'), log);
    this.routing = new Table('routing', BYTES_CODEC, stored('routing'), log);
    this.receipts = new Table('receipts', NUMBER_CODEC, stored('receipts'), log);
    this.counters = new Table('counters', NUMBER_CODEC, stored('counters'), log);
  }

  /** Characters of text that wait for their recipient's key. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  rosterOf(person: PersonId): Roster {
    const known = this.#rosters.get(person);
    if (known !== undefined) return known;
    const roster = new Roster();
    this.#rosters.set(person, roster);
    return roster;
  }

  /** The outbox key of the message that a bundle of ours carries. */
  outboxKeyOf(bundle: BundleKey): string | undefined {
    return this.#outboxByBundle.get(bundle);
  }

  get hasContacts(): boolean {
    return this.contacts.size > 0;
  }

  /** Whether any message waits for its recipient's key. */
  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** The outbox keys of messages whose recipient's key is not known yet. */
  waiting(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  #indexContact(key: string, value: Contact | undefined, before: Contact | undefined): void {
    const person = key.split(' ', 1)[0] ?? '';
    if (!isPersonId(person)) return;
    const roster = this.rosterOf(person);
    if (value !== undefined) roster.put(value);
    else if (before !== undefined) roster.remove(before.jid);
    this.standing.changed();
    for (const known of new Set([value?.person, before?.person])) {
      if (known === undefined) continue;
      this.ledger.reclassify(known);
      this.inboxBudget.reclassify(known);
    }
  }

  #indexOutbox(key: string, value: OutboxRecord | undefined, before: OutboxRecord | undefined): void {
    this.outboxByOwner.change(key, value, before);
    if (before?.bundle !== undefined) this.#outboxByBundle.delete(before.bundle);
    if (value?.bundle !== undefined) this.#outboxByBundle.set(value.bundle, key);
    this.#waitingBytes -= this.#waiting.get(key) ?? 0;
    this.#waiting.delete(key);
    if (value === undefined || value.body === undefined || value.outcome !== undefined) return;
    this.#waiting.set(key, value.body.length);
    this.#waitingBytes += value.body.length;
  }

  #indexInbox(key: string, value: InboxRecord | undefined, before: InboxRecord | undefined): void {
    this.inboxByOwner.change(key, value, before);
    if (before !== undefined) this.inboxBudget.remove(before.from, before.body);
    if (value !== undefined) this.inboxBudget.add(value.from, value.body);
  }

  #indexDevice(key: string, value: KnownDevice | undefined): void {
    const [person, device] = key.split(' ');
    if (person === undefined || device === undefined || !isPersonId(person)) return;
    this.directory.put(person, device, value);
    if (this.standing.tierOfAuthor(person) !== 'unknown') this.standing.changed();
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
