/**
 * One gossip session over one link: a machine from events to outputs.
 *
 * | phase | event | next |
 * | --- | --- | --- |
 * | greeting | link up | HELLO goes out |
 * | greeting | HELLO | AUTH goes out; proving |
 * | proving | AUTH that proves the node key | open; offers go out |
 * | open | OFFER, WANT, DONE, transfer outcomes, new bundles | open |
 * | any | anything else | failed: the link is closed |
 */
import { bytesEqual, DecodeError, fromHex, type SteadyMs, toHex } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { SigningKey, Verify } from '../crypto/index.js';
import { type NodeId, nodeIdOf } from '../people/index.js';
import type { LedgerEntry } from '../store/index.js';
import { decodeFrame, encodeFrame, GOSSIP_VERSION, type GossipFrame } from './frames.js';
import { checkProof, type Hello, type LinkChannel, prove, shortIdMaker } from './handshake.js';
import { Offering, type OfferingSteps, type SendOutcome } from './offering.js';
import type { Routing } from './routing.js';
import type { Neighbour } from './strategy.js';
import { Taking } from './taking.js';

/** Where we stand in a neighbour's store. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** What a session needs to know of its own node, always as of now. */
export interface SessionHome {
  readonly nodeKey: SigningKey;
  readonly verify: Verify;
  readonly epoch: string;
  readonly routing: Routing;
  /** The highest arrival number below which all is on disk. */
  committedHead(): number;
  /** Entries on disk with a higher arrival number. */
  committedSince(seq: number): readonly LedgerEntry[];
  holds(key: BundleKey): boolean;
  knownKeys(): Iterable<BundleKey>;
  cursorFor(node: NodeId): Cursor | undefined;
  /** Whether this meeting is one in which the neighbour's whole store is compared again. */
  audit(): boolean;
}

export type SessionOutput =
  | { readonly type: 'frame'; readonly bytes: Uint8Array }
  | { readonly type: 'send'; readonly entry: LedgerEntry }
  | { readonly type: 'opened'; readonly node: NodeId }
  /** An open session is over, by a broken rule or a link that went down. */
  | { readonly type: 'parted'; readonly node: NodeId }
  | { readonly type: 'cursor'; readonly node: NodeId; readonly cursor: Cursor }
  /** The neighbour has promised to keep these for so long from now. */
  | { readonly type: 'promised'; readonly node: NodeId; readonly keys: readonly BundleKey[]; readonly forMs: number }
  | { readonly type: 'forwarded'; readonly entry: LedgerEntry; readonly neighbour: Neighbour }
  | { readonly type: 'close'; readonly reason: string };

type State =
  | { readonly phase: 'greeting' }
  | { readonly phase: 'proving'; readonly theirs: Hello }
  | {
      readonly phase: 'open';
      readonly theirs: Hello;
      readonly neighbour: Neighbour & { readonly id: NodeId };
      readonly offering: Offering;
      readonly taking: Taking;
    }
  | { readonly phase: 'failed' };

export class GossipSession {
  readonly #home: SessionHome;
  readonly #mine: Hello;
  readonly #channel: LinkChannel;
  #state: State = { phase: 'greeting' };
  /** Keys that are coming to disk and came over this very link: its other end has them. */
  readonly #cameFromThere = new Set<BundleKey>();

  constructor(home: SessionHome, nonce: Uint8Array, channel: LinkChannel) {
    this.#home = home;
    this.#channel = channel;
    this.#mine = {
      kind: 'hello',
      version: GOSSIP_VERSION,
      nodeKey: home.nodeKey.publicKey,
      epoch: fromHex(home.epoch),
      head: home.committedHead(),
      nonce,
    };
  }

  /** The proven neighbour, once the session is open. */
  get neighbour(): (Neighbour & { readonly id: NodeId }) | undefined {
    return this.#state.phase === 'open' ? this.#state.neighbour : undefined;
  }

  start(): SessionOutput[] {
    return [frame(this.#mine)];
  }

  onFrame(bytes: Uint8Array, now: SteadyMs): SessionOutput[] {
    try {
      return this.#onFrame(decodeFrame(bytes), now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return this.#fail(error.message, now);
    }
  }

  #onFrame(received: GossipFrame, now: SteadyMs): SessionOutput[] {
    const state = this.#state;
    if (state.phase === 'failed') return [];
    if (state.phase === 'greeting' && received.kind === 'hello') return this.#onHello(received, now);
    if (state.phase === 'proving' && received.kind === 'auth') return this.#onAuth(state.theirs, received, now);
    if (state.phase !== 'open') {
      return this.#fail(`a ${received.kind} frame came while ${state.phase}`, now);
    }
    switch (received.kind) {
      case 'offer': {
        const bitmap = state.taking.onOffer(received.ids);
        if (bitmap === undefined) return this.#fail('the neighbour offers without end', now);
        return [frame({ kind: 'want', batch: received.batch, bitmap })];
      }
      case 'want': {
        const steps = state.offering.onWant(received.batch, received.bitmap);
        for (const { key } of steps.declined) this.#home.routing.settled(state.neighbour, key);
        return outputsOf(steps);
      }
      case 'strategy':
        this.#home.routing.onSummary(state.neighbour, received.name, received.summary, now);
        return this.reconsider(now);
      case 'done': {
        const mayMove = state.taking.onDone(received.upTo);
        if (mayMove === undefined) return this.#fail('the neighbour says the same again', now);
        if (!mayMove) return [];
        const cursor = { epoch: toHex(state.theirs.epoch), seq: received.upTo };
        return [{ type: 'cursor', node: state.neighbour.id, cursor }];
      }
      case 'custody':
        return [{ type: 'promised', node: state.neighbour.id, keys: received.keys, forMs: received.forMs }];
      default:
        return this.#fail(`a second ${received.kind} frame came`, now);
    }
  }

  #onHello(theirs: Hello, now: SteadyMs): SessionOutput[] {
    if (theirs.version !== GOSSIP_VERSION) {
      return this.#fail(`the neighbour speaks gossip version ${theirs.version}`, now);
    }
    if (bytesEqual(theirs.nodeKey, this.#mine.nodeKey)) return this.#fail('the neighbour is this node itself', now);
    this.#state = { phase: 'proving', theirs };
    const signature = prove(this.#home.nodeKey, this.#mine, theirs, this.#channel);
    return [frame({ kind: 'auth', signature, since: this.#sinceFor(theirs) })];
  }

  #sinceFor(theirs: Hello): number {
    // The claimed id is enough here: a liar learns a number, and takes nothing by it before the proof.
    const cursor = this.#home.cursorFor(nodeIdOf(theirs.nodeKey));
    if (cursor === undefined || cursor.epoch !== toHex(theirs.epoch) || cursor.seq > theirs.head) return 0;
    return this.#home.audit() ? 0 : cursor.seq;
  }

  #onAuth(theirs: Hello, auth: Extract<GossipFrame, { kind: 'auth' }>, now: SteadyMs): SessionOutput[] {
    const node = checkProof(this.#mine, theirs, auth.signature, this.#home.verify, this.#channel);
    if (node === undefined)
      return this.#fail('the neighbour does not prove, for this very link, that it holds the key that it claims', now);
    const neighbour = { id: node, foreign: false };
    const shortId = shortIdMaker(this.#mine, theirs);
    const { routing } = this.#home;
    routing.meet(neighbour, now);
    const offering = new Offering(auth.since, shortId, (key) => this.#home.holds(key), routing.order(neighbour));
    const taking = new Taking(shortId, () => this.#home.knownKeys());
    this.#state = { phase: 'open', theirs, neighbour, offering, taking };
    // First what was withheld below the cursor: from then on routing knows whether it remembers all of it.
    const before = routing.reconsider(neighbour, auth.since, now);
    const since = routing.select(neighbour, this.#home.committedSince(auth.since), now);
    const steps = offering.consider([...before, ...since], this.#home.committedHead());
    return [{ type: 'opened', node }, ...this.#summary(neighbour, now), ...outputsOf(steps)];
  }

  /** The strategy may have changed its mind about what it withheld, and have something new to say. */
  reconsider(now: SteadyMs): SessionOutput[] {
    const state = this.#state;
    if (state.phase !== 'open') return [];
    const offered = this.#home.routing.reconsider(state.neighbour, Number.POSITIVE_INFINITY, now);
    return [...this.#summary(state.neighbour, now), ...outputsOf(state.offering.consider(offered, 0))];
  }

  #summary(neighbour: Neighbour, now: SteadyMs): SessionOutput[] {
    const summary = this.#home.routing.summary(neighbour, now);
    return summary === undefined ? [] : [frame({ kind: 'strategy', ...summary })];
  }

  /** Entries came to be on disk; `head` is the new committed head. */
  onCommitted(entries: readonly LedgerEntry[], head: number, now: SteadyMs): SessionOutput[] {
    const state = this.#state;
    if (state.phase !== 'open') return [];
    for (const entry of entries) state.taking.onKnown(entry.key);
    const news = entries.filter((entry) => !this.#cameFromThere.delete(entry.key));
    const offered = this.#home.routing.select(state.neighbour, news, now);
    return outputsOf(state.offering.consider(offered, head));
  }

  /** The key need not come again though it is not held: it was delivered here. */
  onSeen(key: BundleKey): void {
    this.#cameFromThere.delete(key);
    if (this.#state.phase === 'open') this.#state.taking.onKnown(key);
  }

  onReceived(key: BundleKey): void {
    this.#cameFromThere.add(key);
  }

  onTurnedAway(): void {
    if (this.#state.phase === 'open') this.#state.taking.onTurnedAway();
  }

  /** Neither side's cursor moves on from here in this session. */
  distrust(): void {
    this.#cameFromThere.clear();
    if (this.#state.phase !== 'open') return;
    this.#state.taking.onTurnedAway();
    this.#state.offering.distrust();
  }

  onOutcome(key: BundleKey, outcome: SendOutcome, now: SteadyMs): SessionOutput[] {
    const state = this.#state;
    if (state.phase !== 'open') return [];
    const steps = state.offering.onOutcome(key, outcome);
    this.#home.routing.onOutcome(state.neighbour, key, outcome);
    if (steps.forwarded === undefined) return outputsOf(steps);
    this.#home.routing.strategy.onForwarded(steps.forwarded, state.neighbour, now);
    return [{ type: 'forwarded', entry: steps.forwarded, neighbour: state.neighbour }, ...outputsOf(steps)];
  }

  onDown(now: SteadyMs): SessionOutput[] {
    return this.#end(now);
  }

  #fail(reason: string, now: SteadyMs): SessionOutput[] {
    return [...this.#end(now), { type: 'close', reason }];
  }

  #end(now: SteadyMs): SessionOutput[] {
    const ended = this.#state;
    this.#state = { phase: 'failed' };
    if (ended.phase !== 'open') return [];
    this.#home.routing.part(ended.neighbour, now);
    return [{ type: 'parted', node: ended.neighbour.id }];
  }
}

function frame(value: GossipFrame): SessionOutput {
  return { type: 'frame', bytes: encodeFrame(value) };
}

function outputsOf(steps: OfferingSteps): SessionOutput[] {
  return [...steps.frames.map(frame), ...steps.sends.map((entry): SessionOutput => ({ type: 'send', entry }))];
}
