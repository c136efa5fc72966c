/** XEP-0054, reading only: the nickname is all that the mesh knows of anybody. */
import type { Element } from 'ltx';
import { StanzaError } from '../errors.js';
import type { IqHandler } from '../iq.js';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';

export const vcardHandler: IqHandler = {
  name: 'vCard',
  xmlns: NS.vcard,
  accepts: { self: ['get'], contact: ['get'] },
  features: { self: [NS.vcard], contact: [NS.vcard] },
  handle({ scope, session, contact }): Element {
    const nickname = scope === 'self' ? session.person.account.nickname : (contact?.nickname ?? '');
    if (nickname === '') throw new StanzaError('item-not-found');
    return el('vCard', { xmlns: NS.vcard }, el('FN', {}, nickname), el('NICKNAME', {}, nickname));
  },
};
