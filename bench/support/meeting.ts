/** Two nodes' gossip over a link in memory, without engines: what a session costs in bytes, round trips and time. */
import { later, type SteadyMs, seededRandom, steadyMs, toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { signingKeyFromSeed, verify } from '../../src/crypto/index.js';
import { type Cursor, decodeFrame, epidemic, Gossip, type GossipOutput, Routing } from '../../src/gossip/index.js';
import { nodeIdOf } from '../../src/people/index.js';
import { BundleClass, Ledger, type LedgerEntry } from '../../src/store/index.js';

export const LINK = 1;
const EPOCH_BYTES = 8;
const PAUSE_MS = 60_000;

/** A bundle as both sides would know it; each gives it an arrival number of its own. */
export type Carried = Omit<LedgerEntry, 'seq'>;

export interface SideOptions {
  /** Endpoints of the people whom the other side serves. */
  readonly destinations?: ReadonlySet<string>;
}

/** One node: a ledger, and gossip over it. */
export class Side {
  readonly node: string;
  readonly epoch: string;
  readonly gossip: Gossip;
  readonly #ledger: Ledger;
  /** Where this side stands in the other's store. */
  cursor: Cursor | undefined;
  now: SteadyMs = steadyMs(0);
  /** What has come over the link. */
  readonly received: BundleKey[] = [];
  #neighbour = '';

  constructor(seed: number, held: readonly Carried[], { destinations = new Set() }: SideOptions = {}) {
    const random = seededRandom(seed);
    const nodeKey = signingKeyFromSeed(random.bytes(32));
    this.node = nodeIdOf(nodeKey.publicKey);
    this.epoch = toHex(random.bytes(EPOCH_BYTES));
    const entries = held.map((bundle, index) => ({ ...bundle, seq: index + 1 }));
    const snapshot = { epoch: this.epoch, lastSeq: entries.length, entries, seen: [], records: new Map() };
    this.#ledger = Ledger.from(snapshot, { quotaBytes: Number.MAX_SAFE_INTEGER });
    const ledger = this.#ledger;
    const routing = new Routing({
      strategy: epidemic(),
      mesh: {
        self: this.node,
        quotaBytes: ledger.quotaBytes,
        nodesOf: (destination) => (destinations.has(destination) ? [this.#neighbour] : []),
        population: () => 2,
        held: () => ledger.entries(),
      },
      entry: (key) => ledger.get(key),
      committedSince: (seq) => ledger.since(seq),
    });
    this.gossip = new Gossip({
      nodeKey,
      verify,
      epoch: this.epoch,
      routing,
      random,
      committedHead: () => ledger.lastSeq,
      committedSince: (seq) => ledger.since(seq),
      holds: (key) => ledger.has(key),
      timeline: (bundleClass) => ledger.comparison.timeline(bundleClass),
      knownAt: (place) => ledger.comparison.knownAt(place),
      cursorFor: () => this.cursor,
      pushedTo: () => 0,
      audit: () => false,
    });
  }

  get head(): number {
    return this.#ledger.lastSeq;
  }

  get keys(): ReadonlySet<BundleKey> {
    return new Set(Array.from(this.#ledger.entries(), ({ key }) => key));
  }

  /** Has the indexes built: they stand from a process's first comparison on. */
  buildIndexes(): void {
    this.#ledger.comparison.timeline(BundleClass.Message);
    this.#ledger.comparison.knownAt(0);
  }

  linkUp(other: Side): readonly GossipOutput[] {
    this.#neighbour = other.node;
    return this.gossip.onLinkUp({ link: LINK, peerEid: `dtn://${other.node}/`, gossip: true }, this.now);
  }

  linkDown(): void {
    for (const output of this.gossip.onLinkDown(LINK, this.now))
      if (output.type === 'cursor') this.cursor = output.cursor;
  }

  /** Time passes. */
  later(): readonly GossipOutput[] {
    this.now = later(this.now, PAUSE_MS);
    return this.gossip.onWake(this.now);
  }

  hear(bytes: Uint8Array): readonly GossipOutput[] {
    return this.gossip.onFrame(LINK, bytes, this.now);
  }

  /** Puts a bundle into the store that did not come over the link. */
  add(bundle: Carried): LedgerEntry {
    const entry = { ...bundle, seq: this.#ledger.nextSeq() };
    this.#ledger.apply([{ op: 'put', entry, bytes: new Uint8Array(0) }]);
    return entry;
  }

  /** Takes a bundle that has crossed the link. */
  receive(bundle: LedgerEntry): readonly GossipOutput[] {
    const arriving = this.gossip.onReceived(LINK, bundle.key, this.now);
    if (this.#ledger.has(bundle.key)) return arriving;
    this.received.push(bundle.key);
    return [...arriving, ...this.gossip.onCommitted([this.add(bundle)], this.now)];
  }

  acknowledged(bundle: LedgerEntry): readonly GossipOutput[] {
    return this.gossip.onOutcome(LINK, bundle.key, 'acked', this.now);
  }
}

/** What a meeting cost. */
export interface Cost {
  /** Of frames after the greeting, and of the heads and cursors in it. */
  readonly bytes: number;
  readonly greetingBytes: number;
  readonly roundTrips: number;
  /** Of both sides, until both know what to send. */
  readonly cpuMs: number;
  /** Why a side closed the link. */
  readonly closed: string | undefined;
}

/**
 * Both sides say what they have to say, again and again, until both are silent. Only then what was wanted crosses, at once
 * and for nothing, and they say what is left to say: it is ids that are measured.
 */
export function meet(a: Side, b: Side): Cost {
  const meeting = new Meeting(a, b);
  const before = process.cpuUsage();
  meeting.begin();
  meeting.talk();
  const { user, system } = process.cpuUsage(before);
  const roundTrips = meeting.roundTrips;
  meeting.deliver();
  return { ...meeting.cost(), roundTrips, cpuMs: (user + system) / 1000, closed: meeting.closed };
}

class Meeting {
  closed: string | undefined;
  readonly #a: Side;
  readonly #b: Side;
  readonly #said = new Map<Side, Uint8Array[]>();
  /** What crossed at the same time, both ways. */
  readonly #flights: Uint8Array[][] = [];
  #sent: { readonly from: Side; readonly entry: LedgerEntry }[] = [];

  constructor(a: Side, b: Side) {
    this.#a = a;
    this.#b = b;
  }

  begin(): void {
    this.#heed(this.#a, this.#a.linkUp(this.#b));
    this.#heed(this.#b, this.#b.linkUp(this.#a));
  }

  talk(): void {
    for (;;) {
      const [fromA, fromB] = [this.#take(this.#a), this.#take(this.#b)];
      if (fromA.length + fromB.length === 0) return;
      this.#flights.push([...fromA, ...fromB]);
      for (const bytes of fromA) this.#heed(this.#b, this.#b.hear(bytes));
      for (const bytes of fromB) this.#heed(this.#a, this.#a.hear(bytes));
    }
  }

  deliver(): void {
    while (this.#sent.length > 0) {
      for (const { from, entry } of this.#sent.splice(0)) {
        const to = from === this.#a ? this.#b : this.#a;
        this.#heed(to, to.receive(entry));
        this.#heed(from, from.acknowledged(entry));
      }
      this.talk();
    }
    // What is said only now and then is said now.
    for (const side of [this.#a, this.#b]) this.#heed(side, side.later());
    this.talk();
  }

  /** So far; the greeting, in which both say where they stand, is one. */
  get roundTrips(): number {
    const flights = this.#flights.filter((flight) => !flight.some(isGreeting)).length;
    return Math.max(1, flights / 2);
  }

  cost(): Pick<Cost, 'bytes' | 'greetingBytes'> {
    let [bytes, greetingBytes] = [0, 0];
    for (const frame of this.#flights.flat()) {
      bytes += isGreeting(frame) ? standingBytes(frame) : frame.length;
      greetingBytes += isGreeting(frame) ? frame.length : 0;
    }
    return { bytes, greetingBytes };
  }

  #take(side: Side): Uint8Array[] {
    const said = this.#said.get(side) ?? [];
    this.#said.delete(side);
    return said;
  }

  #heed(side: Side, outputs: readonly GossipOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'send') this.#sent.push({ from: side, entry: output.entry });
      else if (output.type === 'cursor') side.cursor = output.cursor;
      else if (output.type === 'close') this.closed = output.reason;
      else if (output.type === 'frame') {
        const said = this.#said.get(side);
        if (said === undefined) this.#said.set(side, [output.bytes]);
        else said.push(output.bytes);
      }
    }
  }
}

/** HELLO and AUTH: the second byte of a frame is its kind. */
function isGreeting(bytes: Uint8Array): boolean {
  return (bytes[1] ?? 0) <= 1;
}

/** The part of a greeting that says how far a store goes, or where one stands in it: what a cursor costs. */
function standingBytes(bytes: Uint8Array): number {
  const frame = decodeFrame(bytes);
  if (frame.kind === 'hello') return sizeOfNumber(frame.head);
  return frame.kind === 'auth' ? sizeOfNumber(frame.since) : 0;
}

/** Bytes of an unsigned CBOR number (RFC 8949 §3.1). */
function sizeOfNumber(value: number): number {
  if (value < 24) return 1;
  if (value < 0x100) return 2;
  if (value < 0x1_0000) return 3;
  return value < 0x1_0000_0000 ? 5 : 9;
}
