/** One line for a person about how much is known of somebody: `probably here (72 %, heard 5 min ago, 2 hops)`. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/index.js';
import type { PresenceView } from '../chat/index.js';

export function confidenceLine({ show, confidence, heardAgoMs, hops }: PresenceView): string {
  if (heardAgoMs === undefined) return 'not heard of yet';
  const heard = `heard ${ago(heardAgoMs)}`;
  if (show === 'offline') return `signed off, ${heard}`;
  if (confidence >= 1) return 'here now';
  const way = hops === 0 ? 'directly' : hops === 1 ? '1 hop' : `${hops} hops`;
  return `${guess(confidence)} (${percent(confidence)} %, ${heard}, ${way})`;
}

function guess(confidence: number): string {
  if (confidence >= 0.5) return 'probably here';
  return confidence >= 0.1 ? 'perhaps here' : 'probably away';
}

/** Never 0 or 100: those would be certainties. */
function percent(confidence: number): number {
  return Math.max(1, Math.min(99, Math.round(confidence * 100)));
}

function ago(ms: number): string {
  if (ms < MINUTE_MS) return 'just now';
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`;
  return `${Math.floor(ms / DAY_MS)} days ago`;
}
