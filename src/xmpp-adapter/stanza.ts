/** What the three kinds of stanza share (RFC 6120 §8): who they are for, and how they are answered. */
import type { Element } from 'ltx';
import { StanzaError } from './errors.js';
import { NS } from './namespaces.js';
import { el } from './xml.js';

const STANZAS: ReadonlySet<string> = new Set(['iq', 'message', 'presence']);

export function isStanzaName(name: string): boolean {
  return STANZAS.has(name);
}

export function isStanza(element: Element): boolean {
  return isStanzaName(element.getName()) && element.getNS() === NS.client;
}

/** The attributes of an answer: the way back, and the same id. */
function returnPath(stanza: Element, type: string): Record<string, string | undefined> {
  return { type, id: stanza.attrs.id, from: stanza.attrs.to, to: stanza.attrs.from };
}

export function resultReply(iq: Element, payload?: Element): Element {
  return el('iq', returnPath(iq, 'result'), payload);
}

export function errorReply(stanza: Element, error: StanzaError): Element {
  return el(stanza.getName(), returnPath(stanza, 'error'), error.toElement());
}

/** @throws StanzaError */
export function badRequest(message: string): never {
  throw new StanzaError('bad-request', message);
}
