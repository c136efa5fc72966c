/** Which neighbours have our messages, and promise to keep them: what an author is told short of *delivered*. */
import { later, type SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { chunkOf, type OutboxRecord } from '../chat/index.js';
import type { Neighbour, TransferOutcome } from '../gossip/index.js';
import type { LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import { HandedOver } from './handed-over.js';
import type { Transaction } from './transaction.js';

/** Carriers past this many are counted no more; the record stays small. */
const MAX_CARRIERS = 100;
/** A promise that grows by less is not written down again. */
const PROMISE_STEP_MS = 3_600_000;

type Update = (transaction: Transaction, outboxKey: string, record: OutboxRecord) => void;

export class Carriers {
  readonly #core: Core;
  readonly #update: Update;
  readonly #handedOver = new HandedOver();

  /** @param update writes an outbox record down, and tells its author. */
  constructor(core: Core, update: Update) {
    this.#core = core;
    this.#update = update;
  }

  /** A part of one of our messages is on its way to a neighbour. */
  sending(entry: LedgerEntry, neighbour: string): void {
    const part = this.#partOfOurs(entry);
    if (part !== undefined) this.#handedOver.sending(neighbour, part.message, entry.key);
  }

  /** How it went; {@link carriedBy} hears of it too if the neighbour has it now. */
  onOutcome(key: BundleKey, neighbour: string, outcome: TransferOutcome): void {
    const entry = this.#core.state.ledger.get(key);
    const part = entry && this.#partOfOurs(entry);
    if (part === undefined || outcome === 'cut') return;
    if (outcome === 'acked' || outcome === 'already-had') this.#handedOver.arrived(neighbour, part.message, key);
    else this.#handedOver.refused(neighbour, part.message, key);
  }

  /** A neighbour has one of our messages on its disk, or a chunk of one: it carries what it has whole. */
  carriedBy(transaction: Transaction, entry: LedgerEntry, neighbour: string): void {
    const part = this.#partOfOurs(entry);
    if (part === undefined) this.#carriedBy(transaction, entry.key, neighbour);
    else if (this.#handedOver.has(neighbour, part.message) >= part.parts) {
      this.#carriedBy(transaction, part.message, neighbour);
    }
  }

  /** The neighbour lacks nothing any more of what it was sent: what was cut off on its way there did arrive. */
  allAnswered(transaction: Transaction, neighbour: Neighbour): void {
    const kept = (part: BundleKey): boolean => this.#core.routing.mayWithhold(neighbour, part);
    for (const message of this.#handedOver.allAnswered(neighbour.id, kept)) {
      const entry = this.#core.state.ledger.get(message);
      if (entry !== undefined) this.carriedBy(transaction, entry, neighbour.id);
    }
  }

  #carriedBy(transaction: Transaction, message: BundleKey, neighbour: string): void {
    const key = this.#core.state.outboxKeyOf(message);
    const record = key === undefined ? undefined : this.#core.state.outbox.get(key);
    if (key === undefined || record === undefined || record.outcome !== undefined) return;
    if (record.carriers.includes(neighbour) || record.carriers.length >= MAX_CARRIERS) return;
    this.#update(transaction, key, { ...record, carriers: [...record.carriers, neighbour] });
  }

  /** The message of ours, and in how many parts it travels, if the entry is one of several. */
  #partOfOurs(entry: LedgerEntry): { readonly message: BundleKey; readonly parts: number } | undefined {
    if (!entry.own) return undefined;
    const message = chunkOf(entry.destination)?.message ?? entry.key;
    const key = this.#core.state.outboxKeyOf(message);
    const record = key === undefined ? undefined : this.#core.state.outbox.get(key);
    const chunks = record === undefined ? 0 : this.#chunksOf(record);
    return chunks === 0 ? undefined : { message, parts: 1 + chunks };
  }

  /** A neighbour has promised to keep some of our messages. It is its word, so nothing but what is shown rests on it. */
  promised(transaction: Transaction, neighbour: string, keys: readonly BundleKey[], until: SteadyMs): void {
    for (const bundle of keys) {
      const key = this.#core.state.outboxKeyOf(bundle);
      const record = key === undefined ? undefined : this.#core.state.outbox.get(key);
      if (key === undefined || record === undefined || record.outcome !== undefined) continue;
      // Only messages are promised to be kept, not chunks: without them it is no promise of anything.
      if (this.#chunksOf(record) > 0) continue;
      const known = record.promises.find(({ carrier }) => carrier === neighbour);
      // Each is a write to disk: whoever repeats themselves causes none.
      if (known !== undefined && until < later(known.until, PROMISE_STEP_MS)) continue;
      if (known === undefined && record.promises.length >= MAX_CARRIERS) continue;
      const others = record.promises.filter((promise) => promise !== known);
      const promises = [
        ...others,
        { carrier: neighbour, until: Math.floor(Math.min(until, record.expiresAt)) as SteadyMs },
      ];
      const carriers = record.carriers.includes(neighbour) ? record.carriers : [...record.carriers, neighbour];
      this.#update(transaction, key, { ...record, promises, carriers });
    }
  }

  /** Into how many chunks a message of ours was cut. Our own stay until all of them go. */
  #chunksOf({ person, bundle }: OutboxRecord): number {
    return person === undefined || bundle === undefined ? 0 : this.#core.chunksOf(person, bundle).length;
  }
}
