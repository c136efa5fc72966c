/** Presence that clients send (RFC 6121 §3, §4): about themselves, and to contacts. */
import type { Element } from 'ltx';
import type { ContactView } from '../chat/index.js';
import { showContact } from './contact-presence.js';
import { StanzaError } from './errors.js';
import { addressOf } from './jid.js';
import { NS } from './namespaces.js';
import { becomeAvailable, withdrawPresence } from './own-presence.js';
import type { Person } from './person.js';
import { pushItem } from './roster.js';
import type { Session } from './session.js';
import { el } from './xml.js';

/** @throws StanzaError, and what `Account.putContact` throws. */
export async function handlePresence(stanza: Element, session: Session): Promise<void> {
  const { to, type } = stanza.attrs;
  if (to === undefined) {
    if (type === undefined) becomeAvailable(stanza, session);
    else if (type === 'unavailable') withdrawPresence(session);
    else if (type !== 'error') throw new StanzaError('bad-request', 'presence of that type needs an address');
    return;
  }
  const address = addressOf(to);
  switch (type) {
    case 'subscribe': {
      if (address === undefined) throw new StanzaError('jid-malformed');
      return subscribe(address, session);
    }
    case 'unsubscribe':
    case 'unsubscribed': {
      // A contact is in the roster or not; there is nothing in between, and the client is told so.
      const contact = address === undefined ? undefined : listed(session.person, address);
      if (contact !== undefined) pushItem(session.person, contact);
      return;
    }
    case 'probe': {
      const contact = address === undefined ? undefined : session.person.lookup(address);
      if (contact !== undefined) showContact(contact, session);
      return;
    }
    case undefined:
      // Rooms would let the client wait for ever. Any other directed presence says nothing that the mesh doesn't know.
      if (stanza.getChild('x', NS.muc) !== undefined) throw new StanzaError('service-unavailable');
      return;
    default:
      return;
  }
}

/** RFC 6121 §3.1, with the contact's node always willing. */
async function subscribe(address: string, session: Session): Promise<void> {
  const { person } = session;
  if (person.isSelf(address)) return;
  const since = person.pushes.count;
  const contact = listed(person, address) ?? (await person.account.putContact(address, {}));
  if (!person.pushes.has(contact.jid, since)) pushItem(person, contact);
  session.send(el('presence', { type: 'subscribed', from: contact.jid, to: person.account.jid }));
  showContact(contact, session);
}

function listed(person: Person, address: string): ContactView | undefined {
  const jid = person.lookup(address)?.jid ?? address;
  return person.account.contacts().find((contact) => contact.jid === jid);
}
