/**
 * Delivery predictabilities of one host, with the ageing that both PRoPHET versions share.
 *
 * Every read ages the whole table up to the present moment, and ageing twice by half the time gives other last digits
 * than once by all of it: so it matters at which moments somebody looked.
 */
import { PowerOf } from '../java/power.js';

export interface AgeingOptions {
  /** @default 0.98 */
  readonly gamma: number;
  readonly secondsInTimeUnit: number;
}

export class PredictabilityTable {
  readonly #power: PowerOf;
  readonly #unitS: number;
  #values: Float64Array;
  #agedAt = 0;

  constructor(hosts: number, ageing: AgeingOptions) {
    this.#values = new Float64Array(hosts);
    this.#power = new PowerOf(ageing.gamma);
    this.#unitS = ageing.secondsInTimeUnit;
  }

  /** Brings the table up to the moment. */
  age(now: number): void {
    const units = (now - this.#agedAt) / this.#unitS;
    if (units === 0) return;
    const factor = this.#power.to(units);
    const values = this.#values;
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor;
    this.#agedAt = now;
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
