/** The two strategies that keep one copy in the mesh beside the author's: waiting, and giving it to whoever comes. */
import type { HandOver, RoutingStrategy } from '../strategy.js';

/**
 * Direct transmission: only the one a bundle is for gets it, from its author (the lower bound of Spyropoulos et al.,
 * *Single-copy routing in intermittently connected mobile networks*, SECON 2004).
 */
export function direct(): RoutingStrategy {
  return {
    name: 'direct',
    onMeet() {},
    onPart() {},
    shouldOffer: () => false,
    onForwarded() {},
  };
}

const GIVE_IT_AWAY: HandOver = { along: 1, stay: 0 };

/**
 * First contact: the bundle goes to whoever is met first, and on from there (Jain, Fall, Patra, *Routing in a delay
 * tolerant network*, SIGCOMM 2004). It never comes back to a node that had it. The author keeps the bundle until its
 * receipt or its end, to tell what became of it, but gives it to nobody else but the one it is for.
 */
export function firstContact(): RoutingStrategy {
  return {
    name: 'first-contact',
    movesOn: true,
    onMeet() {},
    onPart() {},
    shouldOffer: ({ copies }) => (copies ?? 1) > 0,
    onForwarded() {},
    budget: () => 1,
    handOver: ({ copies }) => ((copies ?? 1) > 0 ? GIVE_IT_AWAY : undefined),
  };
}
