/**
 * One gossip session over one link: a machine from events to outputs.
 *
 * | phase | event | next |
 * | --- | --- | --- |
 * | greeting | link up | HELLO goes out |
 * | greeting | HELLO | AUTH goes out; proving |
 * | proving | AUTH that proves the node key | open; offers go out, or the first ranges of a comparison |
 * | open | OFFER, WANT, DONE, RANGES, LIST, transfer outcomes, new bundles | open |
 * | any | anything else | failed: the link is closed |
 */
import { bytesEqual, DecodeError, fromHex, later, SECOND_MS, type SteadyMs, steadyMs, toHex } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { SigningKey, Verify } from '../crypto/index.js';
import { type NodeId, nodeIdOf } from '../people/index.js';
import { type BundleClass, type LedgerEntry, placeOf, type Timeline } from '../store/index.js';
import type { Asking } from './asking.js';
import { Comparing } from './comparing.js';
import type { Conduct } from './conduct.js';
import { decodeFrame, encodeFrame, GOSSIP_VERSION, type GossipFrame } from './frames.js';
import { checkProof, type Hello, type LinkChannel, leads, prove, sessionIds } from './handshake.js';
import { Offering, type OfferingSteps, type SendOutcome } from './offering.js';
import type { Routing } from './routing.js';
import type { Neighbour } from './strategy.js';
import { Taking } from './taking.js';

/** DONE is said this often at most: what is not said at the end of a session costs 8 bytes for each bundle in the next. */
const DONE_GAP_MS = SECOND_MS;
/** The disk hears of a moving cursor this often at most: to forget the last steps costs 8 bytes for each. */
const CURSOR_GAP_MS = 10 * SECOND_MS;

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
  /** What is held of a class, by time of creation. */
  timeline(bundleClass: BundleClass): Timeline;
  /** Every key that begins with these 16 bits and is held or was seen. */
  knownAt(place: number): readonly BundleKey[];
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
  /** DONE was said: of what the neighbour was to get it lacks nothing any more. */
  | { readonly type: 'done'; readonly neighbour: Neighbour }
  /** `backOffMs`: the neighbour broke the rules, and should not be met again before. */
  | { readonly type: 'close'; readonly reason: string; readonly backOffMs?: number };

/** What the sessions of one node share. */
export interface Shared {
  readonly asking: Asking;
  readonly conduct: Conduct;
}

type State =
  | { readonly phase: 'greeting' }
  | { readonly phase: 'proving'; readonly theirs: Hello; readonly since: number }
  | Open
  | { readonly phase: 'failed' };

interface Open {
  readonly phase: 'open';
  readonly since: SteadyMs;
  readonly theirs: Hello;
  readonly neighbour: Neighbour & { readonly id: NodeId };
  readonly offering: Offering;
  readonly taking: Taking;
  /** What was kept back in earlier sessions, and is not any more. */
  readonly withheld: readonly LedgerEntry[];
  /** Undefined when the stores need not be compared, and once they are. */
  comparing: Comparing | undefined;
}

export class GossipSession {
  readonly #home: SessionHome;
  readonly #mine: Hello;
  readonly #channel: LinkChannel;
  #state: State = { phase: 'greeting' };
  /** Keys that are coming to disk and came over this very link: its other end has them. */
  readonly #cameFromThere = new Set<BundleKey>();
  readonly #shared: Shared;
  readonly #link: number;
  /** What the disk has not heard of yet. */
  #cursor: Cursor | undefined;
  #cursorDueAt = Number.NEGATIVE_INFINITY;
  #doneDueAt = steadyMs(Number.NEGATIVE_INFINITY);

  /** @param link the host's name for the link. */
  constructor(home: SessionHome, shared: Shared, link: number, nonce: Uint8Array, channel: LinkChannel) {
    this.#home = home;
    this.#shared = shared;
    this.#link = link;
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
      return this.#withDone(this.#onFrame(decodeFrame(bytes), now), now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return this.#offend(error.message, now);
    }
  }

  #onFrame(received: GossipFrame, now: SteadyMs): SessionOutput[] {
    const state = this.#state;
    if (state.phase === 'failed') return [];
    if (state.phase === 'greeting' && received.kind === 'hello') return this.#onHello(received, now);
    if (state.phase === 'proving' && received.kind === 'auth') return this.#onAuth(state, received, now);
    if (state.phase !== 'open') {
      return this.#offend(`a ${received.kind} frame came while ${state.phase}`, now);
    }
    switch (received.kind) {
      case 'offer':
        return [frame(state.taking.onOffer(received.batch, received.ids, now))];
      case 'want': {
        const steps = state.offering.onWant(received.batch, received.bitmap, received.later);
        const epoch = toHex(state.theirs.epoch);
        for (const { key } of steps.wanted) {
          if (!this.#shared.conduct.mayWant(state.neighbour.id, epoch, key)) {
            return this.#offend('the neighbour wants again what it has acknowledged', now);
          }
        }
        for (const { key } of steps.declined) this.#home.routing.settled(state.neighbour, key);
        return [...outputsOf(steps), ...this.#compare(state)];
      }
      case 'ranges':
        if (received.ranges !== undefined || state.comparing !== undefined) comparingOf(state).onRanges(received);
        return this.#compare(state);
      case 'list': {
        const { ids, theyLack } = comparingOf(state).onList(received.class, received.items);
        const want = state.taking.onListed(received.batch, ids, now);
        const stored = theyLack.filter(({ key }) => this.#home.holds(key) && !state.offering.hasGiven(key));
        const offered = this.#home.routing.select(state.neighbour, stored, now);
        return [frame(want), ...outputsOf(state.offering.consider(offered, 0)), ...this.#compare(state)];
      }
      case 'strategy':
        this.#home.routing.onSummary(state.neighbour, received.name, received.summary, now);
        return this.reconsider(now);
      case 'done': {
        if (!state.taking.onDone(received.upTo, now - state.since)) return [];
        this.#cursor = { epoch: toHex(state.theirs.epoch), seq: received.upTo };
        return this.#noteCursor(state, now);
      }
      case 'custody':
        return [{ type: 'promised', node: state.neighbour.id, keys: received.keys, forMs: received.forMs }];
      default:
        return this.#offend(`a second ${received.kind} frame came`, now);
    }
  }

  #onHello(theirs: Hello, now: SteadyMs): SessionOutput[] {
    if (theirs.version !== GOSSIP_VERSION) {
      return this.#fail(`the neighbour speaks gossip version ${theirs.version}`, now);
    }
    if (bytesEqual(theirs.nodeKey, this.#mine.nodeKey)) return this.#fail('the neighbour is this node itself', now);
    const since = this.#sinceFor(theirs);
    this.#state = { phase: 'proving', theirs, since };
    const signature = prove(this.#home.nodeKey, this.#mine, theirs, this.#channel);
    return [frame({ kind: 'auth', signature, since })];
  }

  #sinceFor(theirs: Hello): number {
    // The claimed id is enough here: a liar learns a number, and takes nothing by it before the proof.
    const id = nodeIdOf(theirs.nodeKey);
    const cursor = this.#home.cursorFor(id);
    if (!this.#home.routing.remembers({ id, foreign: false })) return 0;
    if (cursor === undefined || cursor.epoch !== toHex(theirs.epoch) || cursor.seq > theirs.head) return 0;
    return this.#home.audit() ? 0 : cursor.seq;
  }

  #onAuth(
    { theirs, since }: Extract<State, { phase: 'proving' }>,
    auth: Extract<GossipFrame, { kind: 'auth' }>,
    now: SteadyMs,
  ): SessionOutput[] {
    const node = checkProof(this.#mine, theirs, auth.signature, this.#home.verify, this.#channel);
    if (node === undefined) return this.#fail(UNPROVED, now);
    const shunnedForMs = this.#shared.conduct.shunnedForMs(node, now);
    if (shunnedForMs > 0) return [...this.#end(now), { type: 'close', reason: SHUNNED, backOffMs: shunnedForMs }];
    const isAnythingThere = this.#mine.head > 0 || theirs.head > 0;
    const compares = isAnythingThere && (since === 0 || auth.since === 0);
    const state = this.#opened(theirs, node, auth.since, compares, now);
    this.#state = state;
    const { neighbour, offering } = state;
    const outputs: SessionOutput[] = [{ type: 'opened', node }, ...this.#summary(neighbour, now)];
    if (state.comparing !== undefined) return [...outputs, ...this.#compare(state)];
    const news = this.#home.routing.select(neighbour, this.#home.committedSince(auth.since), now);
    const steps = offering.consider([...state.withheld, ...news], this.#home.committedHead());
    return [...outputs, ...outputsOf(steps)];
  }

  #opened(theirs: Hello, node: NodeId, since: number, compares: boolean, now: SteadyMs): Open {
    const { routing } = this.#home;
    const neighbour = { id: node, foreign: false };
    const ids = sessionIds(this.#mine, theirs);
    routing.meet(neighbour, now);
    const holds = (key: BundleKey): boolean => this.#home.holds(key);
    const offering = new Offering(since, (key) => ids.shortId(key), holds, routing.order(neighbour));
    const { asking } = this.#shared;
    const taking = new Taking({ link: this.#link, asking, knownAt: (place) => this.#home.knownAt(place) }, ids);
    // First what was withheld below the cursor: from then on routing knows whether it remembers all of it.
    const withheld = routing.reconsider(neighbour, compares ? 0 : since, now);
    const home = {
      timeline: (bundleClass: BundleClass) => this.#home.timeline(bundleClass),
      holds,
      openLists: () => offering.openLists,
      list: (bundleClass: BundleClass, entries: readonly LedgerEntry[]) => {
        const offered = new Set(routing.select(neighbour, entries, now));
        return offering.list(
          bundleClass,
          entries.map((entry) => (offered.has(entry) ? entry : undefined)),
        );
      },
    };
    const comparing = compares ? new Comparing(home, ids, leads(this.#mine, theirs)) : undefined;
    return { phase: 'open', since: now, theirs, neighbour, offering, taking, withheld, comparing };
  }

  /** Goes on comparing as far as that is possible now. */
  #compare(state: Open): SessionOutput[] {
    const { comparing, offering } = state;
    if (comparing === undefined) return [];
    const frames = comparing.advance().map(frame);
    offering.setOpenClass(comparing.openClass);
    if (!comparing.isOver) return [...frames, ...outputsOf(offering.advance())];
    state.comparing = undefined;
    return [...frames, ...outputsOf(offering.consider([], this.#home.committedHead()))];
  }

  #noteCursor(state: Open, now: SteadyMs): SessionOutput[] {
    const cursor = this.#cursor;
    if (cursor === undefined || now < this.#cursorDueAt) return [];
    this.#cursor = undefined;
    this.#cursorDueAt = later(now, CURSOR_GAP_MS);
    return [{ type: 'cursor', node: state.neighbour.id, cursor }];
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
    // While stores are compared, not everything below the head has been considered.
    return this.#withDone(outputsOf(state.offering.consider(offered, state.comparing === undefined ? head : 0)), now);
  }

  /** The key need not come again though it is not held: it was delivered here. */
  onSeen(key: BundleKey): void {
    this.#cameFromThere.delete(key);
    if (this.#state.phase === 'open') this.#state.taking.onKnown(key);
  }

  /** A bundle is on its way to disk. @param fromHere whether it came over this very link. */
  onReceived(key: BundleKey, fromHere: boolean, now: SteadyMs): SessionOutput[] {
    if (fromHere) this.#cameFromThere.add(key);
    const state = this.#state;
    if (state.phase !== 'open') return [];
    if (fromHere) state.taking.onReceived();
    state.taking.onKnown(key);
    return state.taking.reconsider(now, placeOf(key)).map(frame);
  }

  /** Adds DONE if it is due; else a wake sees to it. */
  #withDone(outputs: SessionOutput[], now: SteadyMs): SessionOutput[] {
    const state = this.#state;
    if (state.phase !== 'open' || !state.offering.isDone || now < this.#doneDueAt) return outputs;
    this.#doneDueAt = later(now, DONE_GAP_MS);
    return [...outputs, frame(state.offering.sayDone()), { type: 'done', neighbour: state.neighbour }];
  }

  /** When {@link onWake} has something to say. */
  nextWake(): SteadyMs | undefined {
    return this.#state.phase === 'open' && this.#state.offering.isDone ? this.#doneDueAt : undefined;
  }

  onWake(now: SteadyMs): SessionOutput[] {
    return this.#withDone([], now);
  }

  /** Whether something is wanted of this neighbour only if another does not bring it. */
  get isWaiting(): boolean {
    return this.#state.phase === 'open' && this.#state.taking.isWaiting;
  }

  /** Another link is gone, or time has passed: what was put off may be wanted here after all. */
  onPatienceEnded(now: SteadyMs): SessionOutput[] {
    const state = this.#state;
    if (state.phase !== 'open') return [];
    return state.taking.reconsider(now).map(frame);
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
    if (steps.forwarded === undefined) return this.#withDone(outputsOf(steps), now);
    this.#shared.conduct.took(state.neighbour.id, toHex(state.theirs.epoch), key);
    this.#home.routing.strategy.onForwarded(steps.forwarded, state.neighbour, now);
    const { neighbour } = state;
    return this.#withDone([{ type: 'forwarded', entry: steps.forwarded, neighbour }, ...outputsOf(steps)], now);
  }

  onDown(now: SteadyMs): SessionOutput[] {
    return this.#end(now);
  }

  #fail(reason: string, now: SteadyMs): SessionOutput[] {
    return [...this.#end(now), { type: 'close', reason }];
  }

  /** As {@link #fail}, for what no honest neighbour does: whoever has proved who it is, is left alone for a while. */
  #offend(reason: string, now: SteadyMs): SessionOutput[] {
    const { neighbour } = this;
    if (neighbour === undefined) return this.#fail(reason, now);
    const backOffMs = this.#shared.conduct.offend(neighbour.id, now);
    return [...this.#end(now), { type: 'close', reason, backOffMs }];
  }

  #end(now: SteadyMs): SessionOutput[] {
    const ended = this.#state;
    this.#state = { phase: 'failed' };
    if (ended.phase !== 'open') return [];
    if (ended.comparing !== undefined) this.#home.routing.interrupted(ended.neighbour);
    this.#home.routing.part(ended.neighbour, now);
    this.#cursorDueAt = Number.NEGATIVE_INFINITY;
    return [...this.#noteCursor(ended, now), { type: 'parted', node: ended.neighbour.id }];
  }
}

const UNPROVED = 'the neighbour does not prove, for this very link, that it holds the key that it claims';
const SHUNNED = 'the neighbour broke the rules a moment ago';

/** @throws DecodeError when there is nothing to compare. */
function comparingOf({ comparing }: Open): Comparing {
  if (comparing === undefined) throw new DecodeError('ERR_GOSSIP_RANGE', 'ranges came though nothing is compared', 0);
  return comparing;
}

function frame(value: GossipFrame): SessionOutput {
  return { type: 'frame', bytes: encodeFrame(value) };
}

function outputsOf(steps: OfferingSteps): SessionOutput[] {
  return [...steps.frames.map(frame), ...steps.sends.map((entry): SessionOutput => ({ type: 'send', entry }))];
}
