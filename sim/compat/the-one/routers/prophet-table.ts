/**
 * Delivery predictabilities of one host, with the ageing that both PRoPHET versions share.
 *
 * Every read ages the whole table up to the present moment, and ageing twice by half the time gives other last digits
 * than once by all of it: so it matters at which moments somebody looked. A host that has links, messages and nobody to
 * give them to looks at every update, and finds nothing new. These looks are not made but counted: a table that is being
 * watched catches up with them, update by update, when it is next needed.
 */
import type { PowerOf } from '../java/power.js';
import type { World } from '../world/world.js';

export interface Ageing {
  /** Powers of gamma. */
  readonly factor: PowerOf;
  readonly secondsInTimeUnit: number;
}

export class PredictabilityTable {
  readonly #world: World;
  readonly #ageing: Ageing;
  readonly #values: Float64Array;
  #agedAt = 0;
  #watchers = 0;
  /** The last update whose looks have been made up for. */
  #followed = 0;

  constructor(world: World, ageing: Ageing) {
    this.#world = world;
    this.#values = new Float64Array(world.hostCount);
    this.#ageing = ageing;
    world.updateTimes ??= [];
  }

  /** Somebody looks at the table in this update, and in every one from now on. It has been read just now. */
  watch(): void {
    if (this.#watchers === 0) this.#followed = this.#world.updates;
    this.#watchers += 1;
  }

  /** Somebody does not look any more, from this update on. */
  unwatch(): void {
    this.#catchUp();
    this.#watchers -= 1;
  }

  #catchUp(): void {
    const times = this.#world.updateTimes;
    const last = this.#world.updatesDone;
    while (this.#followed < last) {
      this.#followed += 1;
      this.#ageTo(times?.[this.#followed - 1] ?? this.#agedAt);
    }
  }

  #ageTo(now: number): void {
    const units = (now - this.#agedAt) / this.#ageing.secondsInTimeUnit;
    if (units === 0) return;
    const factor = this.#ageing.factor.to(units);
    const values = this.#values;
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor;
    this.#agedAt = now;
  }

  /** Brings the table up to the present moment. */
  age(): void {
    if (this.#watchers > 0) this.#catchUp();
    this.#ageTo(this.#world.now);
  }

  /** 0 for hosts that nothing is known of. To be read after {@link age}. */
  get(address: number): number {
    return this.#values[address] ?? 0;
  }

  set(address: number, value: number): void {
    this.#values[address] = value;
  }

  /** All values by address, 0 where nothing is known. Not to be changed or kept. */
  get values(): Float64Array {
    return this.#values;
  }
}
