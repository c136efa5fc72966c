/** XEP-0203: when something was really said. */
import type { Element } from 'ltx';
import type { WallTimeMs } from '../../base/index.js';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';

const LAST_TIME_MS = 8_640_000_000_000_000;

/** @param by the domain of the node that vouches for the time. */
export function delayElement(at: WallTimeMs, by: string): Element {
  // Beyond these bounds a Date has no ISO form, and a mesh message may claim any time.
  const bounded = Number.isFinite(at) ? Math.max(0, Math.min(at, LAST_TIME_MS)) : 0;
  return el('delay', { xmlns: NS.delay, from: by, stamp: new Date(bounded).toISOString() });
}
