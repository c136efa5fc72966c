/** Spray and wait (Spyropoulos, Psounis and Raghavendra, 2005): a bounded number of copies, then patience. */
import type { Host } from '../world/host.js';
import type { Copy } from '../world/message.js';
import type { World } from '../world/world.js';
import { sortByQueue } from './queue-mode.js';
import { Router, type RouterOptions } from './router.js';

export interface SprayOptions {
  readonly copies: number;
  /** Half of the copies go along; otherwise one. */
  readonly binary: boolean;
}

export class SprayAndWaitRouter extends Router {
  readonly #spray: SprayOptions;

  constructor(host: Host, world: World, options: RouterOptions, spray: SprayOptions) {
    super(host, world, options);
    this.#spray = spray;
  }

  protected override get firstCopies(): number {
    return this.#spray.copies;
  }

  protected forward(): void {
    if (this.exchangeDeliverable()) return;
    const sprayable = this.host.buffer.inMapOrder.filter((copy) => copy.copies > 1);
    this.tryEverywhere(sortByQueue(sprayable, this.options.queueMode, (copy) => copy, this.world.second));
  }

  override receive(copy: Copy, from: Host): void {
    copy.copies = this.#spray.binary ? Math.floor(copy.copies / 2) : 1;
    super.receive(copy, from);
  }

  /** A delivery costs the sender copies too (rule 19). */
  protected override sent(copy: Copy): void {
    const own = this.host.buffer.get(copy.message);
    if (own === undefined) return;
    own.copies = this.#spray.binary ? Math.ceil(own.copies / 2) : own.copies - 1;
  }
}
