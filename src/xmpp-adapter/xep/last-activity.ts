/** XEP-0012: seconds since somebody was last heard of; for the server, since it began. */
import { SECOND_MS } from '../../base/index.js';
import { StanzaError } from '../errors.js';
import type { IqHandler, IqRequest } from '../iq.js';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';

export const lastActivityHandler: IqHandler = {
  name: 'query',
  xmlns: NS.lastActivity,
  accepts: { server: ['get'], self: ['get'], contact: ['get'] },
  features: { server: [NS.lastActivity], self: [NS.lastActivity], contact: [NS.lastActivity] },
  handle(request) {
    const seconds = Math.max(0, Math.floor(idleMs(request) / SECOND_MS));
    return el('query', { xmlns: NS.lastActivity, seconds: String(seconds) });
  },
};

function idleMs({ scope, session, contact }: IqRequest): number {
  const { timers, startedAt } = session.person.context;
  if (scope === 'server') return timers.now() - startedAt;
  if (scope === 'self') return 0;
  if (contact?.presence.heardAgoMs === undefined) throw new StanzaError('item-not-found', 'not heard of yet');
  return contact.presence.heardAgoMs;
}
