/**
 * Carries out what the engine decides: commits to the store, sends over links, wakes it in time, tells the edges.
 *
 * Everything that happens outside comes back in as one event at a time; the engine itself never waits.
 */
import PQueue from 'p-queue';
import { type HearsayError, type Logger, messageOf, type Now } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { AccountEvent } from '../chat/index.js';
import {
  type Command,
  type CommandResults,
  type Engine,
  type EngineAction,
  type EngineEvent,
  forLink,
  inPieces,
  type Refusal,
} from '../engine/index.js';
import type { LinkChannel, LinkId, TransferOutcome } from '../gossip/index.js';
import {
  type IncomingTransfer,
  type LinkEvents,
  type LinkSession,
  RefuseReason,
  type SendOutcome,
} from '../link/index.js';
import type { PersonId } from '../people/index.js';
import type { CustodyStore } from '../store/index.js';

const REFUSE_REASONS: Readonly<Record<Refusal, RefuseReason>> = {
  'already-had': RefuseReason.Completed,
  'no-room': RefuseReason.NoResources,
  unacceptable: RefuseReason.NotAcceptable,
  // RFC 9174 has no reason for content of ours; the nearest says that what came with the transfer could not be used.
  unexpanded: RefuseReason.ExtensionFailure,
};

interface Request {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: HearsayError) => void;
}

interface Link {
  readonly session: LinkSession;
  readonly transfers: Map<number, IncomingTransfer>;
  /** Bundles are read and handed over one after the other, in the order that the engine chose. */
  readonly sending: PQueue;
  /** Bundles that the engine wants sent and that have no outcome yet. */
  unanswered: number;
  readonly whenQuiet: (() => void)[];
}

export interface EngineHostOptions {
  readonly engine: Engine;
  readonly store: CustodyStore;
  readonly now: () => Now;
  readonly log: Logger;
}

export class EngineHost {
  readonly engine: Engine;
  /** Hand these to the neighbourhood. */
  readonly linkEvents: LinkEvents;
  readonly #store: CustodyStore;
  readonly #now: () => Now;
  readonly #log: Logger;
  readonly #links = new Map<LinkId, Link>();
  readonly #requests = new Map<number, Request>();
  readonly #listeners = new Map<PersonId, Set<(event: AccountEvent) => void>>();
  readonly #commits = new Set<Promise<void>>();
  #nextRequest = 1;
  #nextTransfer = 1;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: EngineHostOptions) {
    this.engine = options.engine;
    this.#store = options.store;
    this.#now = options.now;
    this.#log = options.log;
    this.linkEvents = {
      up: (session) => this.#linkUp(session),
      frame: (session, bytes) => this.feed({ type: 'frame', link: session.id, bytes }),
      bundle: (session, transfer) => this.#bundle(session, transfer),
      cut: (session, { bytes, tookMs }) => this.feed({ type: 'bundle-cut', link: session.id, bytes, tookMs }),
      down: (session, reason) => this.#linkDown(session, reason),
    };
  }

  now(): Now {
    return this.#now();
  }

  /** The sessions that stand, by link. */
  session(link: LinkId): LinkSession | undefined {
    return this.#links.get(link)?.session;
  }

  /** Resolves when the engine has nothing more to send over this link for now, or the link is down. */
  quiet(link: LinkId): Promise<void> {
    const there = this.#links.get(link);
    if (there === undefined || there.unanswered === 0) return Promise.resolve();
    return new Promise((resolve) => there.whenQuiet.push(resolve));
  }

  async start(): Promise<void> {
    this.feed({ type: 'start' });
    await this.#settled();
  }

  /** Signs off and waits until all that was decided is on disk. Links should still stand, so that the sign-off leaves. */
  async signOff(): Promise<void> {
    this.feed({ type: 'stop' });
    await this.#settled();
  }

  /** After this nothing is decided any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#settled();
  }

  async #settled(): Promise<void> {
    while (this.#commits.size > 0) await Promise.all(this.#commits);
  }

  feed(event: EngineEvent): void {
    if (this.#stopped) return;
    for (const action of this.engine.handle(event, this.#now())) this.#carryOut(action);
    this.#scheduleWake();
  }

  /** @throws HearsayError what the command's documentation says, or `ERR_STORE_IO`. */
  request<Name extends Command['command']>(
    person: PersonId,
    command: Extract<Command, { command: Name }>,
  ): Promise<CommandResults[Name]> {
    const request = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve: resolve as (value: unknown) => void, reject });
      this.feed({ type: 'command', request, person, command });
    });
  }

  /** @returns a function that ends the subscription. */
  subscribe(person: PersonId, listener: (event: AccountEvent) => void): () => void {
    const listeners = this.#listeners.get(person) ?? new Set();
    this.#listeners.set(person, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  #carryOut(action: EngineAction): void {
    switch (action.type) {
      case 'commit':
        return this.#commit(action);
      case 'accept':
        return this.#takeTransfer(action.link, action.transfer)?.accept();
      case 'refuse':
        return this.#takeTransfer(action.link, action.transfer)?.refuse(
          REFUSE_REASONS[action.reason],
          action.objection,
        );
      case 'send-frame':
        return this.#sendFrame(action.link, action.bytes);
      case 'send-bundle':
        return this.#sendBundle(action);
      case 'read-bundles':
        void this.#readBundles(action);
        return;
      case 'close-link':
        this.#log.info('a link is closed', { link: action.link, reason: action.reason });
        return this.#links.get(action.link)?.session.close();
      case 'reply':
        return this.#reply(action);
      case 'notify':
        for (const listener of this.#listeners.get(action.person) ?? []) listener(action.event);
    }
  }

  #commit({ token, ops }: Extract<EngineAction, { type: 'commit' }>): void {
    const done: Promise<void> = this.#store
      .commit(ops)
      .then(
        () => this.feed({ type: 'committed', token }),
        (error) => {
          this.#log.error('the store could not write', { error: messageOf(error) });
          this.feed({ type: 'commit-failed', token, error });
        },
      )
      .finally(() => this.#commits.delete(done));
    this.#commits.add(done);
  }

  #reply({ request, result }: Extract<EngineAction, { type: 'reply' }>): void {
    const waiting = this.#requests.get(request);
    this.#requests.delete(request);
    if (result.ok) waiting?.resolve(result.value);
    else waiting?.reject(result.error);
  }

  #linkUp(session: LinkSession): void {
    this.#links.set(session.id, {
      session,
      transfers: new Map(),
      sending: new PQueue({ concurrency: 1 }),
      unanswered: 0,
      whenQuiet: [],
    });
    const { peerEid, gossip, security } = session;
    const { host } = session.remote;
    const encrypted = security?.encrypted ?? false;
    this.#log.info('a neighbour is here', { peer: peerEid, address: host, gossip, encrypted });
    const forgetful = session.forgetful ?? false;
    this.feed({ type: 'link-up', link: session.id, peerEid, gossip, forgetful, ...channelOf(session) });
  }

  #linkDown(session: LinkSession, reason: string): void {
    const link = this.#links.get(session.id);
    if (link === undefined) return;
    link.sending.clear();
    this.#links.delete(session.id);
    for (const tell of link.whenQuiet.splice(0)) tell();
    this.#log.info('a neighbour is gone', { peer: session.peerEid, reason });
    this.feed({ type: 'link-down', link: session.id });
  }

  #bundle(session: LinkSession, incoming: IncomingTransfer): void {
    const transfer = this.#nextTransfer++;
    this.#links.get(session.id)?.transfers.set(transfer, incoming);
    const { bytes, tookMs } = incoming;
    this.feed({ type: 'bundle', link: session.id, transfer, bytes, tookMs });
  }

  #takeTransfer(link: LinkId, transfer: number): IncomingTransfer | undefined {
    const transfers = this.#links.get(link)?.transfers;
    const incoming = transfers?.get(transfer);
    transfers?.delete(transfer);
    return incoming;
  }

  #sendFrame(link: LinkId, bytes: Uint8Array): void {
    const session = this.#links.get(link)?.session;
    // A session that takes no frames is ending or hopelessly behind; a gossip session with a hole in it is worth nothing.
    if (session !== undefined && !session.sendFrame(bytes)) session.close();
  }

  #sendBundle(action: Extract<EngineAction, { type: 'send-bundle' }>): void {
    const { link, entry } = action;
    const there = this.#links.get(link);
    if (there === undefined) return;
    there.unanswered++;
    const ended = (outcome: TransferOutcome | 'unexpanded'): void => {
      this.feed({ type: 'sent', link, key: entry.key, outcome });
      there.unanswered--;
      if (there.unanswered === 0) for (const tell of there.whenQuiet.splice(0)) tell();
    };
    void there.sending.add(async () => {
      const declined = await there.session.declines?.(entry);
      if (declined !== undefined) return ended(outcomeOf({ outcome: 'refused', reason: declined }));
      // One bundle per neighbour is in memory, however slow it is, and none ages after it was told how old it is.
      await there.session.ready?.();
      if (!this.#links.has(link)) return ended('cut');
      const bytes = await this.#readForLink(action);
      if (bytes === undefined || !this.#links.has(link)) return ended('cut');
      const pieces = inPieces(bytes, there.session.maxBundleBytes ?? Number.POSITIVE_INFINITY);
      if (pieces.length > 1) return ended(outcomeOf(await sendAll(there.session, pieces)));
      void there.session.sendBundle(bytes).then((outcome) => ended(outcomeOf(outcome)));
    });
  }

  #readForLink(action: Extract<EngineAction, { type: 'send-bundle' }>): Promise<Uint8Array | undefined> {
    return this.#read(action.entry.key, (stored) => forLink(stored, action, this.engine.node, this.#now().steady));
  }

  async #readBundles({ message, keys }: Extract<EngineAction, { type: 'read-bundles' }>): Promise<void> {
    const bundles: (Uint8Array | undefined)[] = [];
    for (const key of keys) bundles.push(await this.#read(key, (stored) => stored));
    this.feed({ type: 'bundles-read', message, bundles });
  }

  /** @returns undefined when the store no longer has it, or has it spoilt: one bad block of a disk stops nothing else. */
  async #read(key: BundleKey, use: (stored: Uint8Array) => Uint8Array): Promise<Uint8Array | undefined> {
    try {
      const stored = await this.#store.read(key);
      return stored === undefined ? undefined : use(stored);
    } catch (error) {
      this.#log.error('a bundle could not be read', { key, error: messageOf(error) });
      return undefined;
    }
  }

  #scheduleWake(): void {
    clearTimeout(this.#timer);
    const next = this.engine.nextWake();
    if (next === undefined || this.#stopped) return;
    const waitMs = Math.min(Math.max(0, next - this.#now().steady), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.feed({ type: 'wake' }), waitMs);
    this.#timer.unref();
  }
}

/** Longer timers fire at once in Node; waking early does no harm. */
const MAX_TIMER_MS = 3_600_000;

function channelOf({ security, peerEid }: LinkSession): { readonly channel?: LinkChannel } {
  if (security === undefined) return {};
  return { channel: { binding: security.channel, provedEid: security.proved ? peerEid : undefined } };
}

/** @returns how the first piece that did not arrive ended; then all of them go again, or none. */
async function sendAll(session: LinkSession, pieces: readonly Uint8Array[]): Promise<SendOutcome> {
  for (const piece of pieces) {
    await session.ready?.();
    const outcome = await session.sendBundle(piece);
    if (outcome.outcome !== 'acked') return outcome;
  }
  return { outcome: 'acked' };
}

function outcomeOf(outcome: SendOutcome): TransferOutcome | 'unexpanded' {
  if (outcome.outcome !== 'refused') return outcome.outcome;
  switch (outcome.reason) {
    case RefuseReason.Completed:
      return 'already-had';
    case RefuseReason.NoResources:
      return 'no-room';
    case RefuseReason.SessionTerminating:
    case RefuseReason.Retransmit:
      return 'cut';
    case RefuseReason.ExtensionFailure:
      return 'unexpanded';
    default:
      return 'unacceptable';
  }
}
