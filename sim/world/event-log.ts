/**
 * What becomes of messages, event by event, for a replay. Recorded only when asked for, and bounded: of a large run some
 * messages are followed, each to its end, rather than all of them for a while.
 */
import type { PlannedMessage } from './traffic.js';

export enum Happening {
  /** Its author's laptop has it. */
  Written = 0,
  /** A copy arrived, from another node. */
  Copied = 1,
  /** A node has it no more: handed on, let go, expired or known to have arrived. */
  Left = 2,
  Delivered = 3,
  /** Its author knows that it arrived. */
  Receipt = 4,
}

export interface MessageEvent {
  readonly atMs: number;
  readonly happening: Happening;
  /** By its place in the plan, from 0. */
  readonly message: number;
  readonly node: number;
  /** Of a copy: where it came from. */
  readonly from?: number;
}

export interface PowerEvent {
  readonly atMs: number;
  readonly node: number;
  readonly on: boolean;
}

export interface EventLogOptions {
  /** How many messages are followed at most. @default 2000 */
  readonly maxMessages?: number;
  /** How many events are kept at most. @default 200,000 */
  readonly maxEvents?: number;
}

export class EventLog {
  readonly #maxMessages: number;
  readonly #maxEvents: number;
  #stride = 1;
  #ids: readonly string[] = [];
  readonly events: MessageEvent[] = [];
  readonly power: PowerEvent[] = [];
  /** When there was no more room; `Infinity` when there always was. */
  fullAtMs = Number.POSITIVE_INFINITY;

  constructor({ maxMessages = 2000, maxEvents = 200_000 }: EventLogOptions = {}) {
    this.#maxMessages = maxMessages;
    this.#maxEvents = maxEvents;
  }

  /** Chooses whom to follow, evenly over the run: everybody may get a copy of a message, and lose it again. */
  begin(planned: readonly PlannedMessage[], nodes: number): void {
    const followed = Math.max(1, Math.min(this.#maxMessages, Math.floor(this.#maxEvents / (2 * nodes + 4))));
    this.#stride = Math.max(1, Math.ceil(planned.length / followed));
    this.#ids = planned.map(({ id }) => id);
  }

  idOf(message: number): string {
    return this.#ids[message] ?? '';
  }

  follows(message: number): boolean {
    return message % this.#stride === 0;
  }

  add(event: MessageEvent): void {
    if (!this.follows(event.message)) return;
    if (this.#hasRoom(event.atMs)) this.events.push(event);
  }

  addPower(event: PowerEvent): void {
    if (this.#hasRoom(event.atMs)) this.power.push(event);
  }

  #hasRoom(atMs: number): boolean {
    if (this.events.length + this.power.length < this.#maxEvents) return true;
    this.fullAtMs = Math.min(this.fullAtMs, atMs);
    return false;
  }
}
