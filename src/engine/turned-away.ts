/**
 * What was refused for want of room a short while ago, so that it is not sent again at every meeting only to be refused.
 *
 * In memory: a restart costs one refusal more. Of what is signed only bundles whose signature was checked get here; else
 * anybody could have us turn away a bundle by showing us a bloated forgery with its name. Strangers' mail has no such
 * protection, here or anywhere.
 */
import { HOUR_MS, later, type SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { KnownKeys } from '../store/index.js';

/** By then there may be room. */
const REST_MS = 6 * HOUR_MS;
/** About 10 MB. The one refused longest ago goes. */
const MAX_KEYS = 100_000;

export class TurnedAway {
  readonly #until = new Map<BundleKey, SteadyMs>();

  readonly #byPlace = new KnownKeys();

  add(key: BundleKey, now: SteadyMs): void {
    this.#delete(key);
    this.#until.set(key, later(now, REST_MS));
    this.#byPlace.add(key);
    if (this.#until.size <= MAX_KEYS) return;
    const [oldest] = this.#until.keys();
    if (oldest !== undefined) this.#delete(oldest);
  }

  /** Those that begin with these 16 bits. */
  at(place: number, now: SteadyMs): readonly BundleKey[] {
    const keys = this.#byPlace.at(place);
    const over = keys.filter((key) => (this.#until.get(key) ?? now) <= now);
    for (const key of over) this.#delete(key);
    return over.length === 0 ? keys : this.#byPlace.at(place);
  }

  #delete(key: BundleKey): void {
    if (this.#until.delete(key)) this.#byPlace.remove(key);
  }
}
