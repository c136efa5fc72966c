/** One local person, as the edges see them: the chat port over the engine. */
import type {
  Account,
  AccountEvent,
  ContactView,
  InboxMessage,
  OutgoingMessage,
  SentMessage,
  Show,
} from '../chat/index.js';
import type { PersonId } from '../people/index.js';
import type { EngineHost } from './engine-host.js';

export class HostAccount implements Account {
  readonly personId: PersonId;
  readonly jid: string;
  readonly nickname: string;
  readonly #host: EngineHost;

  constructor(
    host: EngineHost,
    person: { readonly personId: PersonId; readonly jid: string; readonly nickname: string },
  ) {
    this.#host = host;
    this.personId = person.personId;
    this.jid = person.jid;
    this.nickname = person.nickname;
  }

  contacts(): readonly ContactView[] {
    return this.#host.engine.contacts(this.personId, this.#host.now());
  }

  putContact(
    address: string,
    change: { readonly petname?: string; readonly groups?: readonly string[] },
  ): Promise<ContactView> {
    return this.#host.request(this.personId, { command: 'put-contact', address, change });
  }

  removeContact(address: string): Promise<boolean> {
    return this.#host.request(this.personId, { command: 'remove-contact', address });
  }

  lookup(address: string): ContactView | undefined {
    return this.#host.engine.lookup(this.personId, address, this.#host.now());
  }

  send(message: OutgoingMessage): Promise<SentMessage> {
    return this.#host.request(this.personId, { command: 'send', message });
  }

  sent(): readonly SentMessage[] {
    return this.#host.engine.sent(this.personId, this.#host.now());
  }

  async markOutcomeShown(localIds: readonly string[]): Promise<void> {
    await this.#host.request(this.personId, { command: 'mark-outcome-shown', localIds });
  }

  inbox(): readonly InboxMessage[] {
    return this.#host.engine.inbox(this.personId);
  }

  async confirmInbox(inboxIds: readonly string[]): Promise<void> {
    await this.#host.request(this.personId, { command: 'confirm-inbox', inboxIds });
  }

  setPresence(show: Show, status: string): void {
    this.#host.feed({ type: 'set-presence', person: this.personId, show, status });
  }

  subscribe(listener: (event: AccountEvent) => void): () => void {
    return this.#host.subscribe(this.personId, listener);
  }
}
