/**
 * The mesh's guesses about people, as a client shows them (RFC 6121 §4).
 *
 *     they said        confidence      shown as
 *     offline          any             unavailable
 *     anything else    0.5 and more    what they said
 *                      0.1 to 0.5      xa
 *                      below 0.1       unavailable
 *
 * The status line always says how much is known.
 */
import type { Element } from 'ltx';
import type { ContactView, Show } from '../chat/index.js';
import { confidenceLine } from './confidence-line.js';
import type { Person } from './person.js';
import type { Session } from './session.js';
import { el } from './xml.js';

/** What a client was shown of a contact. */
export interface ShownPresence {
  readonly shown: Show;
  readonly status: string;
  readonly confidence: number;
}

const LIKELY = 0.5;
const POSSIBLE = 0.1;
/** A smaller move of the confidence is not worth a stanza. Ten points are, whatever the floating point makes of them. */
const NOTEWORTHY = 0.1 - 1e-9;

/** Some clients take presence from a bare JID for a server's, so contacts have one resource. */
export function presenceJid(contactJid: string): string {
  return `${contactJid}/mesh`;
}

/** To every client that is there, if a person would notice the difference. */
export function announce(person: Person, contact: ContactView): void {
  for (const session of person.sessions) {
    if (session.availability === undefined) continue;
    const last = session.shown.get(contact.jid);
    if (last === undefined || differs(last, contact)) showContact(contact, session);
  }
}

function differs(last: ShownPresence, { presence }: ContactView): boolean {
  return (
    last.shown !== shownAs(presence.show, presence.confidence) ||
    last.status !== presence.status ||
    (last.confidence === 1) !== (presence.confidence === 1) ||
    Math.abs(last.confidence - presence.confidence) >= NOTEWORTHY
  );
}

export function showContact(contact: ContactView, session: Session): void {
  const { presence } = contact;
  const shown = shownAs(presence.show, presence.confidence);
  session.shown.set(contact.jid, { shown, status: presence.status, confidence: presence.confidence });
  session.send(presenceElement(contact, session.jid));
}

export function shownAs(said: Show, confidence: number): Show {
  if (said === 'offline' || confidence < POSSIBLE) return 'offline';
  return confidence >= LIKELY ? said : 'xa';
}

export function presenceElement(contact: ContactView, to: string): Element {
  const { presence } = contact;
  const shown = shownAs(presence.show, presence.confidence);
  const line = confidenceLine(presence);
  const status = presence.status === '' ? line : `${presence.status} — ${line}`;
  return el(
    'presence',
    { from: presenceJid(contact.jid), to, type: shown === 'offline' ? 'unavailable' : undefined },
    shown === 'offline' || shown === 'available' ? undefined : el('show', {}, shown),
    el('status', {}, status),
  );
}
