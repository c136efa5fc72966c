/** The roster of local people: adding, changing, removing, and finding out whom an address means. */
import { HearsayError, invariant, type Now, utf8 } from '../base/index.js';
import type { ContactView } from '../chat/index.js';
import { type Contact, jidOfAddress, type PersonId } from '../people/index.js';
import type { Core } from './core.js';
import type { LocalPerson } from './local-person.js';
import { recordKey } from './state.js';
import type { Transaction } from './transaction.js';
import type { Views } from './views.js';

const MAX_CONTACTS = 10_000;
const MAX_NAME_BYTES = 1024;
const MAX_GROUPS = 64;

export class ContactBook {
  readonly #core: Core;
  readonly #views: Views;

  constructor(core: Core, views: Views) {
    this.#core = core;
    this.#views = views;
  }

  /** @throws HearsayError `ERR_ADDRESS`, `ERR_TOO_LARGE` */
  put(
    transaction: Transaction,
    owner: LocalPerson,
    text: string,
    change: { readonly petname?: string; readonly groups?: readonly string[] },
    now: Now,
  ): ContactView {
    const roster = this.#core.state.rosterOf(owner.id);
    const address = this.#views.parse(text);
    const person = this.#views.resolve(owner.id, address);
    const holder = person === undefined ? undefined : roster.byPerson(person);
    // The very JID first: two contacts may turn out to be one person, and a client that names one means that one.
    const known = roster.byJid(jidOfAddress(address, this.#core.config.domain)) ?? holder;
    if (known === undefined && roster.all().length >= MAX_CONTACTS) {
      throw new HearsayError('ERR_TOO_LARGE', `a roster holds ${MAX_CONTACTS} contacts at most`);
    }
    const contact: Contact = {
      jid: known?.jid ?? jidOfAddress(address, this.#core.config.domain),
      person: known?.person ?? (holder === undefined ? person : undefined),
      petname: bounded(change.petname ?? known?.petname ?? ''),
      groups: (change.groups ?? known?.groups ?? []).slice(0, MAX_GROUPS).map(bounded),
      trust: known?.trust ?? 'introduced',
    };
    transaction.set(this.#core.state.contacts, recordKey(owner.id, contact.jid), contact);
    const view = this.#mustView(owner.id, contact.jid, now);
    transaction.afterCommit(() => this.#core.notify(owner.id, { type: 'contact-changed', contact: view }));
    return view;
  }

  remove(transaction: Transaction, owner: LocalPerson, text: string): boolean {
    const address = this.#views.parse(text);
    const person = this.#views.resolve(owner.id, address);
    const roster = this.#core.state.rosterOf(owner.id);
    const contact =
      roster.byJid(jidOfAddress(address, this.#core.config.domain)) ??
      (person === undefined ? undefined : roster.byPerson(person));
    if (contact === undefined) return false;
    transaction.unset(this.#core.state.contacts, recordKey(owner.id, contact.jid));
    transaction.afterCommit(() => this.#core.notify(owner.id, { type: 'contact-removed', jid: contact.jid }));
    return true;
  }

  /** Somebody was heard of: contacts that were only an address may now be a person. */
  resolveWaiting(transaction: Transaction, now: Now): void {
    for (const owner of this.#core.locals.values()) {
      const roster = this.#core.state.rosterOf(owner.id);
      for (const contact of roster.all()) {
        if (contact.person !== undefined) continue;
        const person = this.#core.state.directory.resolve(this.#views.parse(contact.jid));
        // Who is a contact already, by another address, stays that contact; this one is looked up each time.
        if (person === undefined || roster.byPerson(person) !== undefined) continue;
        transaction.set(this.#core.state.contacts, recordKey(owner.id, contact.jid), { ...contact, person });
        const view = this.#mustView(owner.id, contact.jid, now);
        transaction.afterCommit(() => this.#core.notify(owner.id, { type: 'contact-changed', contact: view }));
      }
    }
  }

  #mustView(owner: PersonId, jid: string, now: Now): ContactView {
    const view = this.#views.contact(owner, jid, now);
    invariant(view !== undefined, 'a contact that was just put is there');
    return view;
  }
}

function bounded(name: string): string {
  if (utf8(name).length > MAX_NAME_BYTES) {
    throw new HearsayError('ERR_TOO_LARGE', `a contact's names may have ${MAX_NAME_BYTES} bytes at most`);
  }
  return name;
}
