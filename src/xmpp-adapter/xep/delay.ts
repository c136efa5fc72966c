/** XEP-0203: when something was really said. */
import type { Element } from 'ltx';
import type { WallTimeMs } from '../../base/index.js';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';

/** The last moment of the year 9999: after it, ISO 8601 has more digits than XEP-0082 allows. */
const LAST_TIME_MS = 253_402_300_799_999;

/** @param by the domain of the node that vouches for the time. */
export function delayElement(at: WallTimeMs, by: string): Element {
  // A mesh message may claim any time, and a Date throws at what it can't express.
  const bounded = Number.isFinite(at) ? Math.max(0, Math.min(at, LAST_TIME_MS)) : 0;
  return el('delay', { xmlns: NS.delay, from: by, stamp: new Date(bounded).toISOString() });
}
