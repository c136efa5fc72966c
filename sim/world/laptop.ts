/** A simulated laptop: the very engine that laptops run, hosted on virtual time. */
import { type Now, type Random, steadyMs, wallTimeMs } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import type { AccountEvent } from '../../src/chat/index.js';
import {
  type Command,
  Engine,
  type EngineAction,
  type EngineConfig,
  type EngineEvent,
  forLink,
} from '../../src/engine/index.js';
import type { LinkId } from '../../src/gossip/index.js';
import type { PersonId } from '../../src/people/index.js';
import { BundleClass, type LedgerEntry } from '../../src/store/index.js';
import type { ByteKind } from '../reports/types.js';
import type { Calendar } from './calendar.js';
import { SimDisk } from './disk.js';
import type { LinkDirection } from './radio-link.js';

/** TCPCL's own bytes (RFC 9174): a message header of ours around a frame, a segment's and an acknowledgement's. */
const FRAME_HEAD_BYTES = 3;
const SEGMENT_HEAD_BYTES = 26;
const ACK_BYTES = 18;

/** What the world wants to know of its laptops. */
export interface LaptopObserver {
  onBytes(kind: ByteKind, bytes: number): void;
  onTransferStarted(): void;
  onTransferAccepted(key: BundleKey, from: Laptop, to: Laptop): void;
  onTransferRefused(reason: string): void;
  onLeft(laptop: Laptop, entry: LedgerEntry, stayedMs: number): void;
  onMade(laptop: Laptop, entry: LedgerEntry): void;
  onEvent(laptop: Laptop, event: AccountEvent): void;
}

export interface LaptopOptions {
  readonly index: number;
  readonly config: EngineConfig;
  readonly person: PersonId;
  readonly clockErrorMs: number;
  readonly mayCrash: boolean;
  /** Whether its person is there, and says so, whenever it is on. */
  readonly signsOn: boolean;
}

/** One end of a link that is up. */
interface LinkEnd {
  readonly peer: Laptop;
  /** The peer's name for the link. */
  peerLink: LinkId;
  readonly direction: LinkDirection;
}

interface Arrival {
  readonly link: LinkId;
  readonly key: BundleKey;
}

const KIND_OF: Readonly<Record<BundleClass, ByteKind>> = {
  [BundleClass.Certificate]: 'certificate',
  [BundleClass.Receipt]: 'receipt',
  [BundleClass.Message]: 'message',
  [BundleClass.Presence]: 'presence',
  [BundleClass.Bulk]: 'bulk',
};

export class Laptop {
  readonly index: number;
  readonly person: PersonId;
  readonly #calendar: Calendar;
  readonly #options: LaptopOptions;
  readonly #observer: LaptopObserver;
  readonly #disk: SimDisk;
  #engine: Engine | undefined;
  /** Counts starts: what an earlier run had on its calendar does nothing. */
  #run = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #nextLink = 1;
  #nextTransfer = 1;
  readonly #links = new Map<LinkId, LinkEnd>();
  readonly #arrivals = new Map<number, Arrival>();
  /** Events that wait for the one that is being handled. */
  readonly #events: EngineEvent[] = [];
  #isHandling = false;

  constructor(calendar: Calendar, random: Random, observer: LaptopObserver, options: LaptopOptions) {
    this.index = options.index;
    this.person = options.person;
    this.#calendar = calendar;
    this.#observer = observer;
    this.#options = options;
    this.#disk = new SimDisk(random, options.mayCrash);
  }

  get engine(): Engine | undefined {
    return this.#engine;
  }

  now(): Now {
    const steady = steadyMs(Math.round(this.#calendar.nowMs));
    return { steady, wall: wallTimeMs(START_MS + steady + this.#options.clockErrorMs), wallTrusted: true };
  }

  start(): void {
    this.#engine = new Engine(this.#options.config, this.#disk.load());
    this.#run += 1;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.feed({ type: 'start' });
    if (this.#options.signsOn) this.feed({ type: 'set-presence', person: this.person, show: 'available', status: '' });
  }

  /** The power fails. Its links go with it; the world sees to their other ends. */
  crash(): void {
    this.#engine = undefined;
    this.#run += 1;
    this.#links.clear();
    this.#arrivals.clear();
    this.#events.length = 0;
  }

  /** @returns this laptop's name for the link. */
  openLink(peer: Laptop, direction: LinkDirection): LinkId {
    const link = this.#nextLink++;
    this.#links.set(link, { peer, peerLink: 0, direction });
    return link;
  }

  /** Both ends know the link: from here on it may be spoken over. */
  linkUp(link: LinkId, peerLink: LinkId): void {
    const end = this.#links.get(link);
    if (end === undefined) return;
    end.peerLink = peerLink;
    this.feed({ type: 'link-up', link, peerEid: `dtn://node-${end.peer.index}/`, gossip: true });
  }

  linkDown(link: LinkId): void {
    if (this.#links.delete(link)) this.feed({ type: 'link-down', link });
  }

  command(command: Command): void {
    this.feed({ type: 'command', request: 0, person: this.person, command });
  }

  feed(event: EngineEvent): void {
    this.#events.push(event);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const action of this.#engine?.handle(next, this.now()) ?? []) this.#carryOut(action);
      }
    } finally {
      this.#isHandling = false;
    }
    this.#scheduleWake();
  }

  #carryOut(action: EngineAction): void {
    switch (action.type) {
      case 'commit':
        this.#disk.commit(action.ops, (entry) =>
          this.#observer.onLeft(this, entry, this.now().steady - entry.receivedAt),
        );
        for (const op of action.ops) if (op.op === 'put' && op.entry.own) this.#observer.onMade(this, op.entry);
        this.#events.push({ type: 'committed', token: action.token });
        return;
      case 'accept':
        return this.#answer(action.transfer, 'acked');
      case 'refuse':
        return this.#answer(action.transfer, action.reason);
      case 'send-frame':
        return this.#sendFrame(action.link, action.bytes);
      case 'send-bundle':
        return this.#sendBundle(action);
      case 'read-bundles': {
        const bundles = action.keys.map((key) => this.#disk.read(key));
        this.#events.push({ type: 'bundles-read', message: action.message, bundles });
        return;
      }
      case 'close-link':
        return this.linkDown(action.link);
      case 'reply':
        // Refused for want of room, say: the message was never made, and shows as such in the results.
        return;
      case 'notify':
        return this.#notify(action.event);
    }
  }

  #notify(event: AccountEvent): void {
    this.#observer.onEvent(this, event);
    // Whoever reads simulated mail reads it at once.
    if (event.type !== 'inbox') return;
    const inboxIds = [event.message.inboxId];
    this.#events.push({
      type: 'command',
      request: 0,
      person: this.person,
      command: { command: 'confirm-inbox', inboxIds },
    });
  }

  #sendFrame(link: LinkId, bytes: Uint8Array): void {
    const end = this.#links.get(link);
    end?.direction.send({
      isControl: true,
      begin: () => {
        this.#observer.onBytes('gossip', bytes.length + FRAME_HEAD_BYTES);
        return bytes.length + FRAME_HEAD_BYTES;
      },
      arrive: () => end.peer.feed({ type: 'frame', link: end.peerLink, bytes }),
    });
  }

  #sendBundle(action: Extract<EngineAction, { type: 'send-bundle' }>): void {
    const { link, entry } = action;
    const end = this.#links.get(link);
    if (end === undefined) return;
    let bytes: Uint8Array | undefined;
    end.direction.send({
      isControl: false,
      begin: () => {
        const stored = this.#disk.read(entry.key);
        const engine = this.#engine;
        if (stored === undefined || engine === undefined) {
          this.feed({ type: 'sent', link, key: entry.key, outcome: 'cut' });
          return undefined;
        }
        bytes = forLink(stored, action, engine.node, this.now().steady);
        const hollow = entry.sizeBytes - stored.length;
        const onWire = hollow + bytes.length + SEGMENT_HEAD_BYTES;
        this.#observer.onTransferStarted();
        this.#observer.onBytes(KIND_OF[entry.class], onWire);
        return onWire;
      },
      arrive: (tookMs) => {
        if (bytes !== undefined) end.peer.#receive(end.peerLink, entry.key, bytes, tookMs);
      },
    });
  }

  #receive(link: LinkId, key: BundleKey, bytes: Uint8Array, tookMs: number): void {
    const transfer = this.#nextTransfer++;
    this.#arrivals.set(transfer, { link, key });
    this.feed({ type: 'bundle', link, transfer, bytes, tookMs });
  }

  #answer(transfer: number, outcome: Extract<EngineEvent, { type: 'sent' }>['outcome']): void {
    const arrival = this.#arrivals.get(transfer);
    const end = arrival && this.#links.get(arrival.link);
    this.#arrivals.delete(transfer);
    if (arrival === undefined || end === undefined) return;
    const { key } = arrival;
    if (outcome === 'acked') this.#observer.onTransferAccepted(key, end.peer, this);
    else this.#observer.onTransferRefused(String(outcome));
    end.direction.sendFirst({
      isControl: true,
      begin: () => {
        this.#observer.onBytes('gossip', ACK_BYTES);
        return ACK_BYTES;
      },
      arrive: () => end.peer.feed({ type: 'sent', link: end.peerLink, key, outcome }),
    });
  }

  #scheduleWake(): void {
    const next = this.#engine?.nextWake();
    if (next === undefined || next >= this.#wakeAt) return;
    this.#wakeAt = next;
    const run = this.#run;
    // A laptop's clock counts whole milliseconds: woken within one, it would find that nothing is due yet, and again.
    this.#calendar.at(Math.ceil(next), () => {
      if (run !== this.#run || this.#wakeAt !== next) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.feed({ type: 'wake' });
    });
  }
}

/** Where virtual time begins, as Unix time: 2027-01-01T00:00:00Z. */
export const START_MS = Date.UTC(2027, 0, 1);
