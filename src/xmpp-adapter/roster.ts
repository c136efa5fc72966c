/**
 * The roster (RFC 6121 §2). It belongs to the account: a client reads it, asks for changes, and is told of them.
 * Subscriptions are always `both`: presence on the mesh is published to everybody who carries it.
 */
import type { Element } from 'ltx';
import type { ContactView } from '../chat/index.js';
import { announce, presenceJid } from './contact-presence.js';
import { StanzaError } from './errors.js';
import type { IqHandler, IqRequest } from './iq.js';
import { addressOf } from './jid.js';
import { NS } from './namespaces.js';
import type { Person } from './person.js';
import { badRequest } from './stanza.js';
import { el } from './xml.js';

const MAX_GROUPS = 64;
const MAX_NAME_UNITS = 1024;

export const rosterHandler: IqHandler = {
  name: 'query',
  xmlns: NS.roster,
  accepts: { self: ['get', 'set'] },
  features: { self: [NS.roster] },
  handle(request): Element | Promise<undefined> {
    if (request.type === 'set') return change(request);
    const { session } = request;
    session.wantsRoster = true;
    return el('query', { xmlns: NS.roster }, ...session.person.account.contacts().map(itemElement));
  },
};

/** The petname, else what they call themselves, marked as nobody's word but their own. */
export function displayName(contact: ContactView): string {
  if (contact.petname !== '') return contact.petname;
  return contact.nickname === '' ? '' : `${contact.nickname} (unverified)`;
}

function itemElement(contact: ContactView): Element {
  const name = displayName(contact);
  return el(
    'item',
    { jid: contact.jid, subscription: 'both', name: name === '' ? undefined : name },
    ...contact.groups.map((group) => el('group', {}, group)),
  );
}

/** §2.1.6: to every client that asked for the roster. */
export function pushItem(person: Person, contact: ContactView): void {
  person.pushes.add(contact.jid);
  push(person, itemElement(contact));
}

export function pushRemoval(person: Person, jid: string): void {
  person.pushes.add(jid);
  push(person, el('item', { jid, subscription: 'remove' }));
  for (const session of person.sessions) {
    if (session.shown.delete(jid)) {
      session.send(el('presence', { type: 'unavailable', from: presenceJid(jid), to: session.jid }));
    }
  }
}

function push(person: Person, item: Element): void {
  for (const session of person.sessions) {
    if (!session.wantsRoster) continue;
    const id = person.nextId('push');
    session.send(el('iq', { type: 'set', id, to: session.jid }, el('query', { xmlns: NS.roster }, item)));
  }
}

/** §2.3 to §2.5: add, change or remove one item. */
async function change({ payload, session }: IqRequest): Promise<undefined> {
  const { person } = session;
  const [item, ...more] = payload.getChildElements();
  if (item === undefined || more.length > 0 || !item.is('item', NS.roster)) badRequest('a roster set has one item');
  const address = addressOf(item.attrs.jid ?? '');
  if (address === undefined) throw new StanzaError('jid-malformed');
  const since = person.pushes.count;
  if (item.attrs.subscription === 'remove') {
    const jid = person.lookup(address)?.jid ?? address;
    if (!(await person.account.removeContact(address))) throw new StanzaError('item-not-found');
    if (!person.pushes.has(jid, since)) pushRemoval(person, jid);
    return;
  }
  if (person.isSelf(address)) throw new StanzaError('not-allowed', 'that is you');
  const petname = petnameOf(item, person.lookup(address));
  const contact = await person.account.putContact(address, { petname, groups: groupsOf(item) });
  if (!person.pushes.has(contact.jid, since)) pushItem(person, contact);
  announce(person, contact);
}

/** A client that changes only the groups sends back the name that it was shown: that makes it nobody's petname. */
function petnameOf(item: Element, known: ContactView | undefined): string {
  const name = item.attrs.name ?? '';
  if (name.length > MAX_NAME_UNITS) throw new StanzaError('not-acceptable', 'the name is too long');
  return known !== undefined && known.petname === '' && name === displayName(known) ? '' : name;
}

function groupsOf(item: Element): readonly string[] {
  const groups = [...new Set(item.getChildren('group', NS.roster).map((group) => group.getText()))];
  const tooMany = groups.length > MAX_GROUPS || groups.some(({ length }) => length === 0 || length > MAX_NAME_UNITS);
  if (tooMany) throw new StanzaError('not-acceptable', 'too many groups, or one without or with too long a name');
  return groups;
}

/**
 * Which items were pushed lately. The account reports a change of ours as an event as well, before its promise is
 * kept: whoever asked then need not push again.
 */
export class PushLog {
  private readonly latest = new Map<string, number>();
  count = 0;

  add(jid: string): void {
    this.count += 1;
    this.latest.set(jid, this.count);
  }

  has(jid: string, since: number): boolean {
    return (this.latest.get(jid) ?? 0) > since;
  }
}
