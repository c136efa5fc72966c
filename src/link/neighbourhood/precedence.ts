/**
 * Which of two sessions with the same peer stays. Pure.
 *
 * Both ends must come to the same answer without talking about it, or they close each other's choice. So one is preferred
 * for reasons that both see alike: gossip before none; then, in different directions, the one that the node with the lower
 * id dialled (ids compared byte by byte); in the same direction, the one dialled first.
 *
 * The preferred one may be dead without our knowing, because the other laptop was carried off or restarted; and nobody has
 * proved yet that a new session's node id is its own. So the old session stays if it answers a probe. Only the same process
 * (its boot id is random) may take a living session's place, which is what two nodes that dial each other at once do.
 */
import type { SessionTerms } from '../tcpcl/negotiation.js';

export interface Contender {
  readonly role: 'active' | 'passive';
  readonly gossip: SessionTerms['gossip'];
  /** True when it is already saying goodbye. */
  readonly ending: boolean;
  /** True when its node id was proved by a certificate. */
  readonly proved: boolean;
  /** True when nothing came from the peer for longer than its keepalives allow to explain. */
  readonly quiet: boolean;
}

/** `keep-old-if-alive`: the old one stays if it answers a probe. */
export type Verdict = 'take-new' | 'keep-old' | 'keep-old-if-alive';

export function judge(nodeEid: string, peerEid: string, old: Contender, fresh: Contender): Verdict {
  if (old.ending) return 'take-new';
  // Silence alone does not make room for somebody who proves less than the one who is silent.
  if (old.quiet) return old.proved && !fresh.proved ? 'keep-old-if-alive' : 'take-new';
  const preferredRole = nodeEid < peerEid ? 'active' : 'passive';
  if (old.gossip === undefined) {
    // It knows no probe. A foreign peer that dials again has most likely lost its first session.
    const isPreferred = fresh.role === old.role || fresh.role === preferredRole;
    return fresh.gossip !== undefined || isPreferred ? 'take-new' : 'keep-old';
  }
  if (fresh.gossip === undefined || fresh.gossip.bootId !== old.gossip.bootId) return 'keep-old-if-alive';
  const isPreferred =
    fresh.role === old.role
      ? isEarlierDial(fresh.gossip.dialNumber, old.gossip.dialNumber)
      : fresh.role === preferredRole;
  return isPreferred ? 'take-new' : 'keep-old-if-alive';
}

/** Dial numbers have 32 bits and wrap: the nearer way round counts. */
function isEarlierDial(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
