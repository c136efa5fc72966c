/** Every request that is understood, in one list. */
import type { IqHandler } from './iq.js';
import { sessionHandler } from './legacy-session.js';
import { rosterHandler } from './roster.js';
import { carbonHandlers } from './xep/carbons.js';
import { discoHandlers } from './xep/disco.js';
import { lastActivityHandler } from './xep/last-activity.js';
import { pingHandler } from './xep/ping.js';
import { vcardHandler } from './xep/vcard.js';
import { versionHandler } from './xep/version.js';

const OWN: readonly IqHandler[] = [
  rosterHandler,
  sessionHandler,
  pingHandler,
  lastActivityHandler,
  versionHandler,
  vcardHandler,
  ...carbonHandlers,
];

export const IQ_HANDLERS: readonly IqHandler[] = [...OWN, ...discoHandlers(OWN)];
