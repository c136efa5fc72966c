/** What a person's own clients say of themselves (RFC 6121 §4.2, §4.4, §4.5), and what the mesh is told of it. */
import { clone, type Element } from 'ltx';
import type { Show } from '../chat/index.js';
import { showContact } from './contact-presence.js';
import { NS } from './namespaces.js';
import type { Session } from './session.js';
import { el } from './xml.js';

/** What a client last said of itself. */
export interface Availability {
  readonly priority: number;
  readonly show: Show;
  readonly status: string;
  /** Counts up over the person's clients: the larger is the later. */
  readonly serial: number;
  readonly stanza: Element;
}

const MAX_STATUS_UNITS = 1024;

/** The client is there, or has something new to say. */
export function becomeAvailable(stanza: Element, session: Session): void {
  const { person } = session;
  const first = session.availability === undefined;
  session.availability = {
    priority: priorityOf(stanza),
    show: showOf(stanza),
    status: (stanza.getChild('status', NS.client)?.getText() ?? '').slice(0, MAX_STATUS_UNITS),
    serial: person.nextPresenceSerial(),
    stanza,
  };
  person.publishPresence();
  tellOwnClients(stanza, session);
  if (first) {
    for (const other of person.sessions) {
      if (other !== session && other.availability !== undefined)
        session.send(ownPresence(other.availability.stanza, other, session));
    }
    for (const contact of person.account.contacts()) showContact(contact, session);
  }
  session.handover.flush();
}

/** The client, or its stream's end, says that it is gone. */
export function withdrawPresence(session: Session): void {
  if (session.availability === undefined) return;
  session.availability = undefined;
  session.shown.clear();
  session.person.publishPresence();
  tellOwnClients(el('presence', { type: 'unavailable' }), session);
}

/** RFC 6121 §4.2.2: one's own clients see each other. */
function tellOwnClients(stanza: Element, from: Session): void {
  for (const session of from.person.sessions) {
    if (session.availability !== undefined) session.send(ownPresence(stanza, from, session));
  }
}

function ownPresence(stanza: Element, from: Session, to: Session): Element {
  const copy = clone(stanza);
  copy.attrs.from = from.jid;
  copy.attrs.to = to.jid;
  return copy;
}

function priorityOf(stanza: Element): number {
  const text = stanza.getChild('priority', NS.client)?.getText().trim() ?? '0';
  const priority = /^[+-]?\d{1,3}$/.test(text) ? Number.parseInt(text, 10) : 0;
  return Math.max(-128, Math.min(127, priority));
}

function showOf(stanza: Element): Show {
  const text = stanza.getChild('show', NS.client)?.getText().trim();
  return text === 'chat' || text === 'away' || text === 'xa' || text === 'dnd' ? text : 'available';
}

/** The word of the client with the highest priority, the latest among equals. */
export function mergedPresence(sessions: readonly Session[]): { readonly show: Show; readonly status: string } {
  let best: Availability | undefined;
  for (const { availability } of sessions) {
    if (availability === undefined) continue;
    const better =
      best === undefined ||
      availability.priority > best.priority ||
      (availability.priority === best.priority && availability.serial > best.serial);
    if (better) best = availability;
  }
  return { show: best?.show ?? 'offline', status: best?.status ?? '' };
}
