/** XEP-0092: what runs here. The operating system is nobody's business. */
import type { IqHandler } from '../iq.js';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';

export const versionHandler: IqHandler = {
  name: 'query',
  xmlns: NS.version,
  accepts: { server: ['get'] },
  features: { server: [NS.version] },
  handle: ({ session }) =>
    el(
      'query',
      { xmlns: NS.version },
      el('name', {}, 'Hearsay'),
      el('version', {}, session.person.context.softwareVersion),
    ),
};
