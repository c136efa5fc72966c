/**
 * All neighbours of one node: sessions by link, and what each has of ours and we of theirs.
 *
 * One event in, a list of outputs out; synchronous, no clock, no I/O. The engine carries the outputs out.
 */
import type { Random, SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { NodeId } from '../people/index.js';
import { type LedgerEntry, placeOf } from '../store/index.js';
import { Asking, patienceEnds } from './asking.js';
import { Conduct } from './conduct.js';
import { ForeignSession } from './foreign.js';
import { NONCE_BYTES } from './frames.js';
import { type LinkChannel, UNBOUND } from './handshake.js';
import type { SendOutcome } from './offering.js';
import { GossipSession, type SessionHome, type SessionOutput, type Shared } from './session.js';
import type { Neighbour } from './strategy.js';

/** The host's name for a link; never reused while a node runs. */
export type LinkId = number;

export type GossipOutput =
  | Exclude<SessionOutput, { type: 'frame' | 'send' | 'close' | 'opened' | 'parted' }>
  | { readonly type: 'frame'; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly type: 'send'; readonly link: LinkId; readonly entry: LedgerEntry }
  /** `backOffMs`: the neighbour broke the rules, and should not be met again before. */
  | { readonly type: 'close'; readonly link: LinkId; readonly reason: string; readonly backOffMs?: number }
  | { readonly type: 'opened'; readonly link: LinkId; readonly node: NodeId }
  | { readonly type: 'parted'; readonly link: LinkId; readonly node: NodeId }
  /** All that we hold up to `seq` was pushed to this foreign node. */
  | { readonly type: 'pushed'; readonly eid: string; readonly seq: number };

/** What gossip needs of its node beyond a session's needs. */
export interface GossipHome extends SessionHome {
  readonly random: Random;
  /** How far a foreign node has been pushed our bundles, by our arrival numbers. */
  pushedTo(eid: string): number;
}

interface LinkState {
  readonly since: SteadyMs;
  readonly session: GossipSession | ForeignSession;
}

export interface NeighbourView {
  readonly link: LinkId;
  readonly since: SteadyMs;
  /** Undefined until a Hearsay neighbour has proved its key. */
  readonly neighbour: Neighbour | undefined;
}

export class Gossip {
  readonly #home: GossipHome;
  readonly #links = new Map<LinkId, LinkState>();
  readonly #shared: Shared = { asking: new Asking(), conduct: new Conduct() };
  #patienceEndsAt: SteadyMs | undefined;

  constructor(home: GossipHome) {
    this.#home = home;
  }

  get linkCount(): number {
    return this.#links.size;
  }

  neighbours(): readonly NeighbourView[] {
    return [...this.#links].map(([link, { since, session }]) => ({ link, since, neighbour: session.neighbour }));
  }

  /** How often a neighbour that had proved its key broke the rules, since the start. */
  get rulesBroken(): number {
    return this.#shared.conduct.offences;
  }

  /** Who is at the other end; undefined until a Hearsay neighbour has proved its key. */
  neighbourOn(link: LinkId): Neighbour | undefined {
    return this.#links.get(link)?.session.neighbour;
  }

  /** Whether a link to this laptop is up, proved by its key. */
  hasLinkTo(node: NodeId): boolean {
    for (const { session } of this.#links.values()) {
      if (session.neighbour?.foreign === false && session.neighbour.id === node) return true;
    }
    return false;
  }

  /** @param up `forgetful`: no cursor is kept of what the other end has; it is offered everything at every meeting. */
  onLinkUp(
    up: {
      readonly link: LinkId;
      readonly peerEid: string;
      readonly gossip: boolean;
      readonly channel?: LinkChannel;
      readonly forgetful?: boolean;
    },
    now: SteadyMs,
  ): GossipOutput[] {
    const { link, peerEid } = up;
    if (up.gossip) {
      const session = new GossipSession(
        this.#home,
        this.#shared,
        link,
        this.#home.random.bytes(NONCE_BYTES),
        up.channel ?? UNBOUND,
      );
      this.#links.set(link, { since: now, session });
      return this.#tag(link, session.start());
    }
    const { routing } = this.#home;
    const watched = routing.pushedTo({ id: peerEid, foreign: true });
    const known = watched ?? this.#home.pushedTo(peerEid);
    // Numbers of an epoch before this one mean nothing.
    const pushedTo = !up.forgetful && known <= this.#home.committedHead() ? known : 0;
    const progress = up.forgetful ? Number.POSITIVE_INFINITY : pushedTo;
    const session = new ForeignSession(peerEid, routing, (key) => this.#home.holds(key), progress);
    this.#links.set(link, { since: now, session });
    routing.meet(session.neighbour, now);
    // What is on disk is below all that was withheld, so that is all there is to look at again after a start.
    const before = session.reconsider(watched === undefined ? 0 : pushedTo, now).sends;
    const since = this.#push(link, session, this.#home.committedSince(pushedTo), now);
    return [...before.map((entry): GossipOutput => ({ type: 'send', link, entry })), ...since];
  }

  /** Strategies change their minds with time: what is withheld is looked at again. */
  reconsider(now: SteadyMs): GossipOutput[] {
    const outputs: GossipOutput[] = [];
    for (const [link, { session }] of this.#links) {
      if (session instanceof GossipSession) outputs.push(...this.#tag(link, session.reconsider(now)));
      else {
        const { sends } = session.reconsider(Number.POSITIVE_INFINITY, now);
        outputs.push(...sends.map((entry): GossipOutput => ({ type: 'send', link, entry })));
      }
    }
    return outputs;
  }

  onLinkDown(link: LinkId, now: SteadyMs): GossipOutput[] {
    const state = this.#links.get(link);
    this.#links.delete(link);
    if (state === undefined) return [];
    if (state.session instanceof GossipSession) {
      const outputs = this.#tag(link, state.session.onDown(now));
      this.#shared.asking.end(link);
      return [...outputs, ...this.#endPatience(now)];
    }
    this.#home.routing.part(state.session.neighbour, now);
    return [];
  }

  onFrame(link: LinkId, bytes: Uint8Array, now: SteadyMs): GossipOutput[] {
    const session = this.#links.get(link)?.session;
    if (!(session instanceof GossipSession)) return [];
    const outputs = this.#tag(link, session.onFrame(bytes, now));
    if (session.isWaiting) this.#notePatience(now);
    return outputs;
  }

  onCommitted(entries: readonly LedgerEntry[], now: SteadyMs): GossipOutput[] {
    const head = this.#home.committedHead();
    const outputs: GossipOutput[] = [];
    for (const [link, { session }] of this.#links) {
      if (session instanceof GossipSession) outputs.push(...this.#tag(link, session.onCommitted(entries, head, now)));
      else outputs.push(...this.#push(link, session, entries, now));
    }
    return outputs;
  }

  /** A bundle was delivered here and is not kept. */
  onSeen(key: BundleKey): void {
    for (const { session } of this.#links.values()) session.onSeen(key);
  }

  /** A commit failed: answers that were given since it was decided may have relied on it, so no cursor moves any more. */
  onCommitFailed(): void {
    for (const { session } of this.#links.values()) session.distrust();
  }

  /** A bundle that came over this link is on its way to disk: nobody else need bring it. */
  onReceived(link: LinkId, key: BundleKey, now: SteadyMs): GossipOutput[] {
    this.#shared.asking.arrived(placeOf(key));
    const outputs: GossipOutput[] = [];
    for (const [other, { session }] of this.#links) {
      if (session instanceof GossipSession) {
        outputs.push(...this.#tag(other, session.onReceived(key, other === link, now)));
      } else if (other === link) session.onReceived(key);
    }
    return outputs;
  }

  /** When {@link onWake} has something to do. */
  nextWake(): SteadyMs | undefined {
    let next = this.#patienceEndsAt;
    for (const { session } of this.#links.values()) {
      const wake = session instanceof GossipSession ? session.nextWake() : undefined;
      if (wake !== undefined && (next === undefined || wake < next)) next = wake;
    }
    return next;
  }

  onWake(now: SteadyMs): GossipOutput[] {
    const isOver = this.#patienceEndsAt !== undefined && now >= this.#patienceEndsAt;
    const outputs = isOver ? this.#endPatience(now) : [];
    for (const [link, { session }] of this.#links) {
      if (session instanceof GossipSession) outputs.push(...this.#tag(link, session.onWake(now)));
    }
    return outputs;
  }

  /** Whoever was asked for something has had time enough to bring it, or is gone. */
  #endPatience(now: SteadyMs): GossipOutput[] {
    const outputs: GossipOutput[] = [];
    for (const [link, { session }] of this.#links) {
      if (session instanceof GossipSession) outputs.push(...this.#tag(link, session.onPatienceEnded(now)));
    }
    this.#patienceEndsAt = undefined;
    this.#notePatience(now);
    return outputs;
  }

  #notePatience(now: SteadyMs): void {
    if (this.#patienceEndsAt !== undefined) return;
    for (const { session } of this.#links.values()) {
      if (!(session instanceof GossipSession) || !session.isWaiting) continue;
      this.#patienceEndsAt = patienceEnds(now);
      return;
    }
  }

  /** A bundle that came over this link was refused for want of room. */
  onTurnedAway(link: LinkId): void {
    const session = this.#links.get(link)?.session;
    if (session instanceof GossipSession) session.onTurnedAway();
  }

  onOutcome(link: LinkId, key: BundleKey, outcome: SendOutcome, now: SteadyMs): GossipOutput[] {
    const session = this.#links.get(link)?.session;
    if (session === undefined) return [];
    if (session instanceof GossipSession) return this.#tag(link, session.onOutcome(key, outcome, now));
    const steps = session.onOutcome(key, outcome, now);
    const outputs: GossipOutput[] = steps.sends.map((entry) => ({ type: 'send', link, entry }));
    if (steps.forwarded !== undefined) {
      outputs.unshift({ type: 'forwarded', entry: steps.forwarded, neighbour: session.neighbour });
    }
    const seq = session.takeProgress(this.#home.committedHead());
    if (seq !== undefined) outputs.push({ type: 'pushed', eid: session.neighbour.id, seq });
    return outputs;
  }

  #push(link: LinkId, session: ForeignSession, entries: readonly LedgerEntry[], now: SteadyMs): GossipOutput[] {
    const sends = session.push(entries, now).sends;
    return sends.map((entry) => ({ type: 'send', link, entry }));
  }

  #tag(link: LinkId, outputs: readonly SessionOutput[]): GossipOutput[] {
    return outputs.map((output) => {
      switch (output.type) {
        case 'frame':
        case 'send':
        case 'close':
        case 'opened':
        case 'parted':
          return { ...output, link };
        default:
          return output;
      }
    });
  }
}
