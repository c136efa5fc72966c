/** Writes down what happens in a run, and makes the result of it. */
import type { BundleKey } from '../../src/bundle/index.js';
import type { AccountEvent } from '../../src/chat/index.js';
import { BundleClass, type LedgerEntry } from '../../src/store/index.js';
import type { ByteKind, MessageResult } from '../reports/types.js';
import { type EventLog, Happening } from './event-log.js';
import type { Laptop, LaptopObserver } from './laptop.js';
import type { LinkMeter } from './radio-link.js';
import type { PlannedMessage } from './traffic.js';

/** Watts above idle listening, measured on an 11 Mbit/s card (Feeney and Nilsson, INFOCOM 2001, table 1). */
const SENDING_WATTS = 1.346 - 0.739;
const RECEIVING_WATTS = 0.901 - 0.739;

interface Tracked {
  /** Its place in the plan. */
  readonly index: number;
  readonly planned: PlannedMessage;
  key?: BundleKey;
  /** Of its bundle, when it was made. */
  wireBytes?: number;
  deliveredAtMs?: number;
  receiptAtMs?: number;
  copies: number;
  /** From whom each node has it. */
  readonly via: Map<number, number>;
}

export class Recorder implements LaptopObserver, LinkMeter {
  readonly #nowMs: () => number;
  readonly #messages: readonly Tracked[];
  readonly #log: EventLog | undefined;
  readonly #byKey = new Map<BundleKey, Tracked>();
  readonly #byId = new Map<string, Tracked>();
  /** The message that is being handed to its laptop just now. */
  #writing: Tracked | undefined;
  readonly bytes: Record<ByteKind, number> = {
    gossip: 0,
    message: 0,
    receipt: 0,
    presence: 0,
    certificate: 0,
    bulk: 0,
  };
  readonly transfers = { started: 0, completed: 0, cut: 0, refused: 0 };
  readonly refusals: Record<string, number> = {};
  readonly #joules: Float64Array;
  #stays = 0;
  #stayedMs = 0;

  /** @param log is told what becomes of each message. */
  constructor(nodes: number, planned: readonly PlannedMessage[], nowMs: () => number, log?: EventLog) {
    this.#nowMs = nowMs;
    this.#log = log;
    log?.begin(planned, nodes);
    this.#joules = new Float64Array(nodes);
    this.#messages = planned.map((message, index) => ({ index, planned: message, copies: 0, via: new Map() }));
    for (const message of this.#messages) this.#byId.set(message.planned.id, message);
  }

  get energyJoules(): { readonly total: number; readonly perNodeMax: number } {
    return {
      total: this.#joules.reduce((sum, joules) => sum + joules, 0),
      perNodeMax: this.#joules.reduce((most, joules) => Math.max(most, joules), 0),
    };
  }

  /** Everything that `hand` makes its laptop send belongs to this message. */
  write({ id }: PlannedMessage, hand: () => void): void {
    this.#writing = this.#byId.get(id);
    hand();
    this.#writing = undefined;
  }

  onBytes(kind: ByteKind, bytes: number): void {
    this.bytes[kind] += bytes;
  }

  onAir(from: number, to: number, lastsMs: number): void {
    this.#joules[from] = (this.#joules[from] ?? 0) + (lastsMs / 1000) * SENDING_WATTS;
    this.#joules[to] = (this.#joules[to] ?? 0) + (lastsMs / 1000) * RECEIVING_WATTS;
  }

  onTransferStarted(): void {
    this.transfers.started += 1;
  }

  onTransferAccepted(key: BundleKey, from: Laptop, to: Laptop): void {
    this.transfers.completed += 1;
    const message = this.#byKey.get(key);
    if (message === undefined) return;
    message.copies += 1;
    if (!message.via.has(to.index)) message.via.set(to.index, from.index);
    this.#note(Happening.Copied, message, to.index, from.index);
  }

  onTransferRefused(reason: string): void {
    this.transfers.refused += 1;
    this.refusals[reason] = (this.refusals[reason] ?? 0) + 1;
  }

  onMade(_: Laptop, entry: LedgerEntry): void {
    if (entry.class !== BundleClass.Message || this.#writing === undefined) return;
    this.#writing.key = entry.key;
    this.#writing.wireBytes = entry.sizeBytes;
    this.#byKey.set(entry.key, this.#writing);
    this.#note(Happening.Written, this.#writing, this.#writing.planned.from);
  }

  onEvent(laptop: Laptop, event: AccountEvent): void {
    if (event.type === 'inbox') {
      const message = this.#byId.get(event.message.messageId);
      if (message?.planned.to !== laptop.index || message.deliveredAtMs !== undefined) return;
      message.deliveredAtMs = this.#nowMs();
      this.#note(Happening.Delivered, message, laptop.index);
    } else if (event.type === 'message-state' && event.message.state.state === 'delivered') {
      const message = this.#byId.get(event.message.clientId ?? '');
      if (message === undefined || message.receiptAtMs !== undefined) return;
      message.receiptAtMs = this.#nowMs();
      this.#note(Happening.Receipt, message, laptop.index);
    }
  }

  /** Of each message's bundle, in their order; undefined where none was made. */
  wireSizes(): readonly (number | undefined)[] {
    return this.#messages.map(({ wireBytes }) => wireBytes);
  }

  /** How long messages and bulk stayed in the stores that they have left, on average. */
  get meanStayMs(): number {
    return this.#stays === 0 ? 0 : this.#stayedMs / this.#stays;
  }

  onLeft(laptop: Laptop, { key }: LedgerEntry, stayedMs: number): void {
    this.#stays += 1;
    this.#stayedMs += stayedMs;
    const message = this.#log === undefined ? undefined : this.#byKey.get(key);
    if (message !== undefined) this.#note(Happening.Left, message, laptop.index);
  }

  onPower(laptop: Laptop, on: boolean): void {
    this.#log?.addPower({ atMs: this.#nowMs(), node: laptop.index, on });
  }

  #note(happening: Happening, { index }: Tracked, node: number, from?: number): void {
    this.#log?.add({ atMs: this.#nowMs(), happening, message: index, node, ...(from === undefined ? {} : { from }) });
  }

  /** @param earliest per message, in their order: on links without limits, and on those that there were. */
  results(earliest: Float64Array, overLinks: Float64Array | undefined, untilMs: number): readonly MessageResult[] {
    const results = this.#messages.map((message, index) => {
      const { id, from, to, sizeBytes, createdAtMs } = message.planned;
      const path = message.deliveredAtMs === undefined ? undefined : pathOf(message);
      return {
        id,
        from,
        to,
        sizeBytes,
        createdAtMs,
        copies: message.copies,
        ...(message.deliveredAtMs === undefined ? {} : { deliveredAtMs: message.deliveredAtMs }),
        ...(message.receiptAtMs === undefined ? {} : { receiptAtMs: message.receiptAtMs }),
        ...(path === undefined ? {} : { path, hops: path.length - 1 }),
        oracle: {
          ...finite('earliestAtMs', earliest[index], untilMs),
          ...finite('earliestOverLinksAtMs', overLinks?.[index], untilMs),
        },
      };
    });
    return results.filter(({ createdAtMs }) => createdAtMs < untilMs);
  }
}

function finite(name: 'earliestAtMs' | 'earliestOverLinksAtMs', value: number | undefined, untilMs: number): object {
  return value === undefined || value > untilMs ? {} : { [name]: value };
}

function pathOf({ planned, via }: Tracked): readonly number[] {
  const path = [planned.to];
  for (let at = via.get(planned.to); at !== undefined && path.length <= via.size; at = via.get(at)) {
    path.unshift(at);
    if (at === planned.from) break;
  }
  return path;
}
