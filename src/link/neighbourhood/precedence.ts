/**
 * Which of two sessions with the same peer stays. Pure.
 *
 * Both ends must come to the same answer without talking about it, or they close each other's choice:
 *
 * - in different directions, the one that the node with the lower id dialled (ids compared byte by byte);
 * - in the same direction, the one dialled later: whoever dials twice has given the first one up.
 *
 * A session may be dead without our knowing: the other laptop was carried off or restarted. So a session that should win
 * is put to the test before it beats a new one.
 */
import type { SessionTerms } from '../tcpcl/negotiation.js';

export interface Contender {
  readonly role: 'active' | 'passive';
  readonly gossip: SessionTerms['gossip'];
  /** True when it is already saying goodbye. */
  readonly ending: boolean;
  /** True when nothing came from the peer for longer than its keepalives allow to explain. */
  readonly quiet: boolean;
}

/** `keep-old-if-alive`: the old one wins if it answers. */
export type Verdict = 'take-new' | 'keep-old' | 'keep-old-if-alive';

export function judge(nodeEid: string, peerEid: string, old: Contender, fresh: Contender): Verdict {
  if (old.ending || old.quiet) return 'take-new';
  const hasRestarted =
    old.gossip !== undefined && fresh.gossip !== undefined && old.gossip.bootId !== fresh.gossip.bootId;
  if (hasRestarted) return 'take-new';
  if (old.role === fresh.role) return isLaterDial(old, fresh) ? 'take-new' : 'keep-old';
  const preferred = nodeEid < peerEid ? 'active' : 'passive';
  if (fresh.role === preferred) return 'take-new';
  return old.gossip === undefined ? 'keep-old' : 'keep-old-if-alive';
}

function isLaterDial(old: Contender, fresh: Contender): boolean {
  if (old.gossip === undefined || fresh.gossip === undefined) return true;
  // 32 bits that wrap: the nearer way round counts.
  return ((fresh.gossip.dialNumber - old.gossip.dialNumber) | 0) >= 0;
}
