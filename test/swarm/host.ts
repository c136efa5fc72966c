/**
 * A laptop of a swarm: the engine, hosted so that the power can fail between any two of its actions, and a witness of
 * what it tells others.
 */

import { DEFAULT_TIMING } from '../../sim/sim-node.js';
import type { Calendar } from '../../sim/world/calendar.js';
import { standInBox, standInKey } from '../../sim/world/stand-ins.js';
import { type Now, type Random, SILENT, steadyMs, wallTimeMs } from '../../src/base/index.js';
import { type BundleKey, bundleKeyOf, decodeBundle } from '../../src/bundle/index.js';
import type { InboxMessage } from '../../src/chat/index.js';
import { boxKeyPairFromSeed, signingKeyFromSeed } from '../../src/crypto/index.js';
import {
  type Command,
  type CommandResult,
  Engine,
  type EngineAction,
  type EngineConfig,
  type EngineEvent,
  forLink,
} from '../../src/engine/index.js';
import { decodeFrame, type LinkId, strategyFor } from '../../src/gossip/index.js';
import { type PersonId, personIdOf } from '../../src/people/index.js';
import { ageingModel } from '../../src/presence/index.js';
import type { StoreOp } from '../../src/store/index.js';
import { cheapCrypto } from './cheap-crypto.js';
import { SwarmDisk } from './disk.js';
import type { Liar } from './liar.js';
import type { Answer, Parcel, Party, Wire } from './wire.js';

const START_MS = Date.UTC(2027, 0, 1);
const CUSTODY_KIND = 8;
/** What a promise of custody does not allow. */
const FORBIDDEN_DROPS: ReadonlySet<string> = new Set(['evicted', 'forwarded']);

export interface HostOptions {
  readonly name: string;
  readonly random: Random;
  readonly realCrypto: boolean;
  readonly strategy: string;
  readonly quotaBytes: number;
  readonly clock: { readonly errorMs: number; readonly known: boolean; readonly rate: number };
  readonly liar?: Liar;
  /** A promise was broken. */
  readonly onBroken: (what: string) => void;
  /** The power fails by the countdown. */
  readonly onPowerFailure: () => void;
}

interface Arrival {
  readonly key: BundleKey | undefined;
  readonly answer: (answer: Answer) => void;
}

export class Host implements Party {
  readonly gossips = true;
  readonly name: string;
  readonly person: PersonId;
  readonly disk: SwarmDisk;
  readonly liar: Liar | undefined;
  readonly config: EngineConfig;
  /** Everything that clients ever saw, by inbox id. */
  readonly observed = new Map<string, InboxMessage>();
  readonly confirmed = new Set<string>();
  /** What a client has asked to confirm: a crash may leave it either way. */
  readonly confirming = new Set<string>();
  readonly #calendar: Calendar;
  readonly #options: HostOptions;
  readonly #promisedUntil = new Map<BundleKey, number>();
  #engine: Engine | undefined;
  #run = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #nextName = 1;
  /** Of the last commit that was handed in. */
  #syncsAt = 0;
  #fullUntilMs = 0;
  #actionsLeft = Number.POSITIVE_INFINITY;
  #isHandling = false;
  readonly #events: EngineEvent[] = [];
  readonly #links = new Map<LinkId, { readonly wire: Wire; readonly end: 0 | 1 }>();
  readonly #arrivals = new Map<number, Arrival>();
  readonly #replies = new Map<number, (value: CommandResult) => void>();

  constructor(calendar: Calendar, options: HostOptions) {
    const { random, realCrypto, strategy, quotaBytes, liar, name } = options;
    this.name = name;
    this.liar = liar;
    this.#calendar = calendar;
    this.#options = options;
    this.disk = new SwarmDisk(random);
    const key = () => (realCrypto ? signingKeyFromSeed(random.bytes(32)) : standInKey(random));
    const personKey = key();
    this.person = personIdOf(personKey.publicKey);
    const box = realCrypto ? boxKeyPairFromSeed(random.bytes(32)) : standInBox(random);
    this.config = {
      ...(realCrypto ? {} : { crypto: cheapCrypto() }),
      nodeKey: key(),
      people: [{ personKey, deviceKey: key(), box, nickname: name }],
      domain: 'mesh.localhost',
      quotaBytes,
      random,
      log: SILENT,
      strategy: strategyFor({ name: strategy, parameters: {} }),
      presenceModel: ageingModel(),
      timing: DEFAULT_TIMING,
    };
  }

  get engine(): Engine | undefined {
    return this.#engine;
  }

  now(): Now {
    const { errorMs, known, rate } = this.#options.clock;
    const steady = steadyMs(START_MS + Math.round(this.#calendar.nowMs * rate));
    return { steady, wall: wallTimeMs(steady + errorMs), wallTrusted: !known };
  }

  start(): void {
    this.#engine = new Engine(this.config, this.disk.load());
    this.#run++;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.feed({ type: 'start' });
    this.#observeInbox();
  }

  /** The power fails. The contacts are for the swarm to end. */
  crash(): void {
    this.#engine = undefined;
    this.#run++;
    this.#actionsLeft = Number.POSITIVE_INFINITY;
    this.#events.length = 0;
    this.#links.clear();
    this.#arrivals.clear();
    this.#replies.clear();
    this.disk.powerFails();
  }

  /** The power will fail when so many more actions have been carried out. */
  failAfter(actions: number): void {
    this.#actionsLeft = actions;
  }

  /** The disk refuses everything for a while. */
  fillDisk(forMs: number): void {
    this.#fullUntilMs = this.#calendar.nowMs + forMs;
  }

  command(command: Command, onReply: (value: CommandResult) => void): void {
    const request = this.#nextName++;
    this.#replies.set(request, onReply);
    this.feed({ type: 'command', request, person: this.person, command });
  }

  connect(wire: Wire, end: 0 | 1): LinkId {
    const link = this.#nextName++;
    this.#links.set(link, { wire, end });
    return link;
  }

  begin(link: LinkId): void {
    const there = this.#links.get(link);
    if (there === undefined) return;
    const peer = there.wire.parties[there.end === 0 ? 1 : 0];
    const peerEid = `dtn://${peer instanceof Host ? peer.name : 'somebody.example'}/`;
    this.feed({ type: 'link-up', link, peerEid, gossip: peer.gossips });
  }

  linkDown(link: LinkId): void {
    if (this.#links.delete(link)) this.feed({ type: 'link-down', link });
  }

  onFrame(link: LinkId, bytes: Uint8Array): void {
    if (this.#links.has(link)) this.feed({ type: 'frame', link, bytes });
  }

  onBundle(link: LinkId, { bytes, key }: Parcel, tookMs: number, answer: (answer: Answer) => void): void {
    if (!this.#links.has(link)) return;
    const lie = this.liar?.answer();
    if (lie !== undefined) return answer(lie);
    const transfer = this.#nextName++;
    this.#arrivals.set(transfer, { key: key ?? keyOf(bytes), answer });
    this.feed({ type: 'bundle', link, transfer, bytes, tookMs });
  }

  onCut(link: LinkId, bytes: Uint8Array, tookMs: number): void {
    if (this.#links.has(link)) this.feed({ type: 'bundle-cut', link, bytes, tookMs });
  }

  feed(event: EngineEvent): void {
    if (this.#engine === undefined) return;
    this.#events.push(event);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#handle(next);
    } finally {
      this.#isHandling = false;
    }
    this.#scheduleWake();
  }

  #handle(event: EngineEvent): void {
    const run = this.#run;
    for (const action of this.#engine?.handle(event, this.now()) ?? []) {
      if (this.#actionsLeft-- <= 0) this.#options.onPowerFailure();
      if (run !== this.#run) return;
      this.#carryOut(action);
    }
  }

  #carryOut(action: EngineAction): void {
    switch (action.type) {
      case 'commit':
        return this.#commit(action.token, action.ops);
      case 'accept':
        return this.#answer(action.transfer, 'acked');
      case 'refuse':
        return this.#answer(action.transfer, action.reason);
      case 'send-frame':
        return this.#sendFrame(action.link, action.bytes);
      case 'send-bundle':
        return this.#sendBundle(action);
      case 'read-bundles': {
        const bundles = action.keys.map((key) => this.disk.read(key));
        this.#events.push({ type: 'bundles-read', message: action.message, bundles });
        return;
      }
      case 'close-link':
        if (this.liar === undefined) this.#links.get(action.link)?.wire.cut();
        return;
      case 'reply': {
        const reply = this.#replies.get(action.request);
        this.#replies.delete(action.request);
        if (action.result.ok) reply?.(action.result.value);
        return;
      }
      case 'notify':
        if (action.event.type === 'inbox') this.#observe(action.event.message, true);
    }
  }

  #commit(token: number, ops: readonly StoreOp[]): void {
    const run = this.#run;
    this.disk.handIn(ops);
    this.#syncsAt = Math.max(this.#syncsAt, this.#calendar.nowMs + 1 + Math.floor(this.#options.random.unit() * 8));
    this.#calendar.at(this.#syncsAt, () => {
      if (run !== this.#run) return;
      if (this.#calendar.nowMs < this.#fullUntilMs) {
        this.disk.refuse();
        return this.feed({ type: 'commit-failed', token, error: new Error('the disk is full') });
      }
      this.#checkPromises(this.disk.sync());
      this.feed({ type: 'committed', token });
    });
  }

  #checkPromises(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.op !== 'drop' || !FORBIDDEN_DROPS.has(op.reason)) continue;
      const until = this.#promisedUntil.get(op.key);
      if (until !== undefined && until > this.now().steady)
        this.#broken(`it promised custody of ${op.key}: ${op.reason}`);
    }
  }

  #answer(transfer: number, outcome: Answer): void {
    const arrival = this.#arrivals.get(transfer);
    if (arrival === undefined) return;
    this.#arrivals.delete(transfer);
    const { key, answer } = arrival;
    if (outcome === 'acked' && key !== undefined && !this.disk.knows(key)) this.#broken(`${key} acked, not on disk`);
    answer(outcome);
  }

  #sendFrame(link: LinkId, bytes: Uint8Array): void {
    const there = this.#links.get(link);
    if (there === undefined) return;
    if (this.liar !== undefined) {
      for (const lie of this.liar.frames(bytes)) there.wire.sendFrame(there.end, lie);
      return;
    }
    if (bytes[1] === CUSTODY_KIND) this.#notePromise(bytes);
    there.wire.sendFrame(there.end, bytes);
  }

  #notePromise(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind !== 'custody') return;
    for (const key of frame.keys) {
      const until = this.now().steady + frame.forMs;
      this.#promisedUntil.set(key, until);
      const onDisk = this.disk.held.get(key)?.entry;
      if ((onDisk?.custodyUntil ?? 0) < until) this.#broken(`custody of ${key} was promised, and is not on disk`);
    }
  }

  #sendBundle(action: Extract<EngineAction, { type: 'send-bundle' }>): void {
    const { link, entry } = action;
    const there = this.#links.get(link);
    const stored = this.disk.read(entry.key);
    if (there === undefined || stored === undefined) {
      this.#events.push({ type: 'sent', link, key: entry.key, outcome: 'cut' });
      return;
    }
    const bytes = forLink(stored, action, this.#engine?.node ?? ('' as never), this.now().steady);
    const isLie = this.liar !== undefined;
    const run = this.#run;
    const onAnswer = (outcome: Answer): void => {
      if (run === this.#run && this.#links.has(link)) this.feed({ type: 'sent', link, key: entry.key, outcome });
    };
    if (!isLie) return there.wire.sendBundle(there.end, { bytes, key: entry.key }, onAnswer);
    for (const lie of this.liar?.bundles(bytes, this) ?? []) {
      there.wire.sendBundle(there.end, { bytes: lie }, onAnswer);
    }
  }

  #observeInbox(): void {
    for (const message of this.#engine?.inbox(this.person) ?? []) this.#observe(message, false);
  }

  #observe(message: InboxMessage, isNews: boolean): void {
    if (this.confirmed.has(message.inboxId))
      this.#broken(`message ${message.inboxId} came again after it was confirmed`);
    if (isNews && this.observed.has(message.inboxId)) this.#broken(`message ${message.inboxId} was announced twice`);
    this.observed.set(message.inboxId, message);
  }

  /** Clients read and confirm what is there. */
  readInbox(): void {
    const inboxIds = (this.#engine?.inbox(this.person) ?? []).map(({ inboxId }) => inboxId);
    this.#observeInbox();
    if (inboxIds.length === 0) return;
    for (const inboxId of inboxIds) this.confirming.add(inboxId);
    this.command({ command: 'confirm-inbox', inboxIds }, () => {
      for (const inboxId of inboxIds) this.confirmed.add(inboxId);
    });
  }

  /** Nothing takes more than it may have, and nothing that a client was shown is lost. */
  checkHoldings(): void {
    if (this.#engine === undefined) return;
    const { store } = this.#engine.status(this.now());
    if (store.bytes > store.quotaBytes) this.#broken(`it holds ${store.bytes} bytes of ${store.quotaBytes}`);
    for (const [tier, { bytes, limitBytes }] of Object.entries(store.byTier)) {
      if (bytes > limitBytes) this.#broken(`${bytes} bytes of ${limitBytes} are the ${tier} tier's`);
    }
    if (store.custody.bytes > store.custody.limitBytes) this.#broken(`${store.custody.bytes} bytes are under promises`);
    if (store.seen > store.seenLimit) this.#broken(`${store.seen} keys are remembered`);
    const inbox = new Set(this.#engine.inbox(this.person).map(({ inboxId }) => inboxId));
    for (const inboxId of this.observed.keys()) {
      if (!inbox.has(inboxId) && !this.confirming.has(inboxId))
        this.#broken(`message ${inboxId} left the inbox by itself`);
    }
    for (const [key, until] of this.#promisedUntil) {
      if (until > this.now().steady && !this.disk.knows(key)) this.#broken(`${key} was promised and is gone`);
    }
  }

  #broken(what: string): void {
    if (this.liar === undefined) this.#options.onBroken(`${this.name}: ${what}`);
  }

  #scheduleWake(): void {
    const next = this.#engine?.nextWake();
    if (next === undefined || next >= this.#wakeAt) return;
    this.#wakeAt = next;
    const run = this.#run;
    this.#calendar.at(Math.ceil((next - START_MS) / this.#options.clock.rate), () => {
      if (run !== this.#run || this.#wakeAt !== next) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.feed({ type: 'wake' });
    });
  }
}

function keyOf(bytes: Uint8Array): BundleKey | undefined {
  try {
    return bundleKeyOf(decodeBundle(bytes));
  } catch {
    return undefined;
  }
}
