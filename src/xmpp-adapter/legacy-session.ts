/** The session request of RFC 3921 §3, which does nothing; some clients still insist on it. */
import type { IqHandler } from './iq.js';
import { NS } from './namespaces.js';

export const sessionHandler: IqHandler = {
  name: 'session',
  xmlns: NS.session,
  accepts: { server: ['set'], self: ['set'] },
  features: {},
  handle: () => undefined,
};
