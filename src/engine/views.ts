/** How the engine's state looks through the port: contacts, messages and their states, presence. */
import { type Now, wallTimeMs } from '../base/index.js';
import type {
  ContactView,
  InboxMessage,
  InboxRecord,
  MessageState,
  OutboxRecord,
  PresenceView,
  SentMessage,
} from '../chat/index.js';
import type { Gossip } from '../gossip/index.js';
import { type Address, jidOfAddress, type PersonId, parseAddress, shortJid } from '../people/index.js';
import type { Core } from './core.js';
import { recordKey } from './state.js';

export class Views {
  readonly #core: Core;
  readonly #gossip: Gossip;

  constructor(core: Core, gossip: Gossip) {
    this.#core = core;
    this.#gossip = gossip;
  }

  /** Whether a link to a laptop that serves this person is up. */
  liveLink(person: PersonId): boolean {
    return this.#core.state.directory.devicesOf(person).some((device) => this.#gossip.hasLinkTo(device.node));
  }

  presence(person: PersonId | undefined, now: Now): PresenceView {
    const { presenceModel } = this.#core.config;
    const record = person === undefined ? undefined : this.#core.state.presence.get(person);
    const live = person !== undefined && this.liveLink(person);
    return {
      show: record?.beacon?.show ?? 'offline',
      status: record?.beacon?.status ?? '',
      confidence: presenceModel.confidence(record?.evidence, live, now.steady),
      heardAgoMs: record?.evidence === undefined ? undefined : Math.max(0, now.steady - record.evidence.at),
      hops: record?.evidence?.hops ?? 0,
    };
  }

  contact(owner: PersonId, jid: string, now: Now): ContactView | undefined {
    const contact = this.#core.state.rosterOf(owner).byJid(jid);
    if (contact === undefined) return undefined;
    const person = contact.person ?? this.#core.state.directory.resolve(this.parse(jid));
    return {
      jid: contact.jid,
      personId: person,
      petname: contact.petname,
      nickname: person === undefined ? '' : this.#core.state.directory.nicknameOf(person),
      groups: contact.groups,
      presence: this.presence(person, now),
    };
  }

  contacts(owner: PersonId, now: Now): readonly ContactView[] {
    const roster = this.#core.state.rosterOf(owner).all();
    return roster.flatMap((contact) => this.contact(owner, contact.jid, now) ?? []);
  }

  /** @throws HearsayError `ERR_ADDRESS` */
  parse(address: string): Address {
    return parseAddress(address, this.#core.config.domain);
  }

  /** Whom an address means to this person: their own contact first, else whoever has been heard of. */
  resolve(owner: PersonId, address: Address): PersonId | undefined {
    if (address.kind === 'person') return address.person;
    const contact = this.#core.state.rosterOf(owner).byJid(jidOfAddress(address, this.#core.config.domain));
    return contact?.person ?? this.#core.state.directory.resolve(address);
  }

  /** The JID that this person knows somebody by. */
  jidFor(owner: PersonId, person: PersonId): string {
    return this.#core.state.rosterOf(owner).byPerson(person)?.jid ?? this.jidOf(person);
  }

  /** The JID that somebody's nickname gives; of our own people the nickname that they have here. */
  jidOf(person: PersonId): string {
    const local = this.#core.locals.get(person);
    if (local === undefined || local.nickname === '') return this.#core.state.directory.jidOf(person);
    return shortJid(local.nickname, person, this.#core.config.domain);
  }

  /** The best current view of anybody that fits the address, in the roster or not. */
  lookup(owner: PersonId, address: Address, now: Now): ContactView | undefined {
    const { state, config } = this.#core;
    const person = this.resolve(owner, address);
    const contact = person === undefined ? undefined : state.rosterOf(owner).byPerson(person);
    const jid = contact?.jid ?? jidOfAddress(address, config.domain);
    const known = this.contact(owner, jid, now);
    if (known !== undefined || person === undefined || !state.directory.knows(person)) return known;
    return {
      jid: this.jidOf(person),
      personId: person,
      petname: '',
      nickname: state.directory.nicknameOf(person),
      groups: [],
      presence: this.presence(person, now),
    };
  }

  /**
   * In the order of writing: neighbours send the newest first, and a conversation is not read backwards. What is not on disk
   * yet is not shown yet: a crash would bring it a second time, and its announcement is still to come.
   */
  inbox(owner: PersonId): readonly InboxMessage[] {
    const { inbox, inboxByOwner } = this.#core.state;
    const stored = inboxByOwner.of(owner).filter(({ inboxId }) => inbox.isStored(recordKey(owner, inboxId)));
    return stored.map((record) => this.inboxMessage(owner, record));
  }

  /** How many messages no client has confirmed yet. */
  inboxSize(owner: PersonId): number {
    return this.#core.state.inboxByOwner.of(owner).length;
  }

  inboxMessage(owner: PersonId, record: InboxRecord): InboxMessage {
    return { ...record, fromJid: this.jidFor(owner, record.from) };
  }

  sent(owner: PersonId): readonly SentMessage[] {
    return this.#core.state.outboxByOwner.of(owner).map((record) => this.sentMessage(record));
  }

  sentMessage(record: OutboxRecord): SentMessage {
    const { localId, to, toJid, clientId, writtenAt, wantsReceipt, outcomeShown } = record;
    return { localId, to, toJid, clientId, writtenAt, wantsReceipt, outcomeShown, state: this.#stateOf(record) };
  }

  #stateOf(record: OutboxRecord): MessageState {
    if (record.outcome !== undefined) return record.outcome;
    if (record.carriers.length === 0) return { state: 'kept', waitingForKey: record.body !== undefined };
    const { now } = this.#core;
    const promises = record.promises.filter(({ until }) => until > now.steady);
    const carried = { state: 'carried' as const, by: record.carriers.length };
    if (promises.length === 0) return carried;
    const longest = Math.max(...promises.map(({ until }) => until));
    // Promises run on the steady line; what the clock will say then is only said to people.
    return {
      ...carried,
      promised: { by: promises.length, until: wallTimeMs(Math.floor(now.wall + (longest - now.steady))) },
    };
  }
}
