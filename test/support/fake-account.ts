/** An `Account` without a mesh: what an edge asks of it is remembered, and a test plays everybody else. */
import { HearsayError, type WallTimeMs, wallTimeMs } from '../../src/base/index.js';
import type {
  Account,
  AccountEvent,
  ContactView,
  InboxMessage,
  MessageState,
  OutgoingMessage,
  PresenceView,
  SentMessage,
  Show,
} from '../../src/chat/index.js';
import type { PersonId } from '../../src/people/index.js';

/** Nobody was heard: the presence of a contact who was only just added. */
export const UNHEARD: PresenceView = { show: 'offline', status: '', confidence: 0.05, heardAgoMs: undefined, hops: 0 };

export interface FakeAccountOptions {
  readonly jid?: string;
  readonly nickname?: string;
  readonly personId?: string;
}

/** What `lookup` and `putContact` take: `name.abc234@domain`, `<PersonId>@domain`, a PersonId, or `dtn://<PersonId>/…`. */
const DTN = /^dtn:\/\/([a-z2-7]{26})\/~chat$/;
const PERSON = /^[a-z2-7]{26}$/;

export class FakeAccount implements Account {
  readonly personId: PersonId;
  readonly jid: string;
  readonly nickname: string;
  readonly domain: string;
  /** Everything that was sent, with its body. */
  readonly outgoing: OutgoingMessage[] = [];
  /** Every call of `setPresence`. */
  readonly presences: { readonly show: Show; readonly status: string }[] = [];
  /** Every call of `confirmInbox`, in order. */
  readonly confirmed: string[] = [];
  /** The next `send` fails with this. */
  failNextSend: HearsayError | undefined;
  /** What `writtenAt` of the next message is. */
  now: WallTimeMs = wallTimeMs(Date.UTC(2024, 2, 1, 12));

  private readonly roster = new Map<string, ContactView>();
  private readonly strangers = new Map<string, ContactView>();
  private readonly listeners = new Set<(event: AccountEvent) => void>();
  private waiting: InboxMessage[] = [];
  private readonly outbox: SentMessage[] = [];
  private nextId = 1;

  constructor(options: FakeAccountOptions = {}) {
    this.jid = options.jid ?? 'ana.aaaaaa@mesh.localhost';
    this.nickname = options.nickname ?? 'ana';
    this.personId = (options.personId ?? 'a'.repeat(26)) as PersonId;
    this.domain = this.jid.slice(this.jid.indexOf('@') + 1);
  }

  contacts(): readonly ContactView[] {
    return [...this.roster.values()];
  }

  async putContact(
    address: string,
    change: { readonly petname?: string; readonly groups?: readonly string[] },
  ): Promise<ContactView> {
    await Promise.resolve();
    const known = this.lookup(address);
    const base = known ?? this.newContact(address);
    const contact = { ...base, petname: change.petname ?? base.petname, groups: change.groups ?? base.groups };
    this.roster.set(contact.jid, contact);
    this.emit({ type: 'contact-changed', contact });
    return contact;
  }

  async removeContact(address: string): Promise<boolean> {
    await Promise.resolve();
    const jid = this.lookup(address)?.jid ?? address;
    const removed = this.roster.delete(jid);
    if (removed) this.emit({ type: 'contact-removed', jid });
    return removed;
  }

  lookup(address: string): ContactView | undefined {
    const person = this.personOf(address);
    if (person === undefined) this.refuseElsewhere(address);
    const fits = (contact: ContactView): boolean =>
      contact.jid === address || (person !== undefined && contact.personId === person);
    return [...this.roster.values(), ...this.strangers.values()].find(fits);
  }

  async send(message: OutgoingMessage): Promise<SentMessage> {
    await Promise.resolve();
    const failure = this.failNextSend;
    this.failNextSend = undefined;
    if (failure !== undefined) throw failure;
    const contact = this.lookup(message.to) ?? this.newContact(message.to);
    this.outgoing.push(message);
    const sent: SentMessage = {
      localId: `local-${this.nextId++}`,
      to: message.to,
      toJid: contact.jid,
      clientId: message.clientId,
      writtenAt: this.now,
      state: { state: 'kept', waitingForKey: contact.personId === undefined },
      wantsReceipt: message.wantsReceipt ?? false,
      outcomeShown: false,
    };
    this.outbox.push(sent);
    return sent;
  }

  sent(): readonly SentMessage[] {
    return this.outbox;
  }

  markOutcomeShown(localIds: readonly string[]): Promise<void> {
    for (const localId of localIds) this.change(localId, { outcomeShown: true });
    return Promise.resolve();
  }

  inbox(): readonly InboxMessage[] {
    return this.waiting;
  }

  confirmInbox(inboxIds: readonly string[]): Promise<void> {
    this.confirmed.push(...inboxIds);
    this.waiting = this.waiting.filter(({ inboxId }) => !inboxIds.includes(inboxId));
    return Promise.resolve();
  }

  setPresence(show: Show, status: string): void {
    this.presences.push({ show, status });
  }

  subscribe(listener: (event: AccountEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // What the mesh does

  get subscribers(): number {
    return this.listeners.size;
  }

  /** Somebody is known, in the roster or not, without an event. */
  addKnown(jid: string, more: Partial<ContactView> = {}, where: 'roster' | 'stranger' = 'roster'): ContactView {
    const contact: ContactView = { ...this.newContact(jid), ...more, jid };
    (where === 'roster' ? this.roster : this.strangers).set(jid, contact);
    return contact;
  }

  /** A message arrives. */
  receive(body: string, more: Partial<InboxMessage> = {}): InboxMessage {
    const serial = this.nextId++;
    const message: InboxMessage = {
      inboxId: `inbox-${serial}`,
      from: 'b'.repeat(26) as PersonId,
      fromJid: 'ben.bbbbbb@mesh.localhost',
      body,
      messageId: `m-${serial}`,
      writtenAt: this.now,
      receivedAt: this.now,
      ...more,
    };
    this.waiting = [...this.waiting, message];
    this.emit({ type: 'inbox', message });
    return message;
  }

  /** Something becomes of a message of ours. */
  setState(localId: string, state: MessageState): void {
    const message = this.change(localId, { state });
    this.emit({ type: 'message-state', message });
  }

  /** A contact is heard, or not for long. */
  hear(jid: string, presence: Partial<PresenceView>): void {
    const known = this.roster.get(jid);
    if (known === undefined) throw new Error(`no contact ${jid}`);
    const contact = { ...known, presence: { ...known.presence, ...presence } };
    this.roster.set(jid, contact);
    this.emit({ type: 'presence', contact });
  }

  private emit(event: AccountEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private change(localId: string, change: Partial<SentMessage>): SentMessage {
    const at = this.outbox.findIndex((message) => message.localId === localId);
    const old = this.outbox[at];
    if (old === undefined) throw new Error(`no message ${localId}`);
    const message = { ...old, ...change };
    this.outbox[at] = message;
    return message;
  }

  private personOf(address: string): string | undefined {
    const local = address.endsWith(`@${this.domain}`) ? address.slice(0, -this.domain.length - 1) : address;
    if (PERSON.test(local)) return local;
    return DTN.exec(address)?.[1];
  }

  private refuseElsewhere(address: string): void {
    if (!address.endsWith(`@${this.domain}`)) throw new HearsayError('ERR_ADDRESS', 'not an address of this mesh');
  }

  private newContact(address: string): ContactView {
    const person = this.personOf(address);
    if (person === undefined) this.refuseElsewhere(address);
    return {
      jid: person === undefined ? address : `${person}@${this.domain}`,
      personId: person as PersonId | undefined,
      petname: '',
      nickname: '',
      groups: [],
      presence: UNHEARD,
    };
  }
}
