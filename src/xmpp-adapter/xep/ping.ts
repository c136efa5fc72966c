/** XEP-0199: are you there? Only this node answers for itself; for anybody else it would be a guess. */
import type { IqHandler } from '../iq.js';
import { NS } from '../namespaces.js';

export const pingHandler: IqHandler = {
  name: 'ping',
  xmlns: NS.ping,
  accepts: { server: ['get'], self: ['get'] },
  features: { server: [NS.ping], self: [NS.ping] },
  handle: () => undefined,
};
