/**
 * One decision's changes: to the ledger, to the records of the floors above, and in memory, all committed together.
 *
 * Memory changes at once, so that the next decision sees it; what the outside sees (acknowledgements, replies,
 * notifications) waits for the disk. If the commit fails, memory goes back.
 */
import type { Ledger, StoreOp } from '../store/index.js';
import type { Table, UnsettledWrite } from './table.js';

export class Transaction {
  readonly #ledger: Ledger;
  readonly #ops: StoreOp[] = [];
  readonly #undos: (() => void)[] = [];
  readonly #settles: (() => void)[] = [];
  readonly #afterCommit: (() => void)[] = [];
  readonly #afterFailure: ((error: unknown) => void)[] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get ops(): readonly StoreOp[] {
    return this.#ops;
  }

  /** A change to what the store holds or has seen. */
  store(...ops: readonly StoreOp[]): void {
    this.#apply(ops);
    const forgotten = this.#ledger.forgottenFor(ops);
    if (forgotten.length > 0) this.#apply(forgotten.map((key) => ({ op: 'unsee', key })));
  }

  #apply(ops: readonly StoreOp[]): void {
    this.#undos.push(this.#ledger.apply(ops));
    this.#ops.push(...ops);
  }

  set<T>(table: Table<T>, key: string, value: T): void {
    this.#ops.push({ op: 'set', space: table.space, key, value: table.encode(value) });
    this.#track(table.write(key, value));
  }

  unset<T>(table: Table<T>, key: string): void {
    if (table.get(key) === undefined) return;
    this.#ops.push({ op: 'unset', space: table.space, key });
    this.#track(table.write(key, undefined));
  }

  #track({ settle, undo }: UnsettledWrite): void {
    this.#settles.push(settle);
    this.#undos.push(undo);
  }

  /** Makes several changes or none: if one throws, those before it are taken back, and what came earlier stays. */
  attempt<T>(change: () => T): T {
    const lists = [this.#ops, this.#settles, this.#afterCommit, this.#afterFailure];
    const lengths = lists.map((list) => list.length);
    const undos = this.#undos.length;
    try {
      return change();
    } catch (error) {
      while (this.#undos.length > undos) this.#undos.pop()?.();
      lists.forEach((list, index) => {
        list.length = lengths[index] ?? 0;
      });
      throw error;
    }
  }

  /** Runs once all of this is on disk. */
  afterCommit(effect: () => void): void {
    this.#afterCommit.push(effect);
  }

  /** Runs when it could not be stored, after memory went back. */
  afterFailure(effect: (error: unknown) => void): void {
    this.#afterFailure.push(effect);
  }

  committed(): void {
    for (const settle of this.#settles) settle();
    for (const effect of this.#afterCommit) effect();
  }

  /** Takes everything back: it will not be committed. */
  abandon(): void {
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) undo();
  }

  failed(error: unknown): void {
    this.abandon();
    for (const effect of this.#afterFailure) effect(error);
  }
}
