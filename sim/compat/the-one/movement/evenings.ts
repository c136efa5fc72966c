/** Where people meet after work, and the groups in which they go on from there. */
import type { JavaRandom } from '../java/random.js';
import type { Path } from './model.js';

export interface EveningOptions {
  readonly spots: readonly number[];
  readonly groupSize: readonly [number, number];
}

/** People who wait for each other, and then walk the same way. */
export interface EveningGroup {
  readonly wanted: number;
  present: number;
  /** Theirs, once they are complete. */
  path: Path | undefined;
}

export class EveningSystem {
  readonly spots: readonly number[];
  readonly #groupSize: readonly [number, number];
  readonly #forming = new Map<number, EveningGroup>();

  constructor({ spots, groupSize }: EveningOptions) {
    this.spots = spots;
    this.#groupSize = groupSize;
  }

  /** @param choosePath what the last one to come decides for all */
  join(spot: number, random: JavaRandom, choosePath: () => Path): EveningGroup {
    const [least, most] = this.#groupSize;
    let group = this.#forming.get(spot);
    if (group === undefined) {
      group = { wanted: least + random.nextInt(Math.max(most - least + 1, 1)), present: 0, path: undefined };
      this.#forming.set(spot, group);
    }
    group.present += 1;
    if (group.present >= group.wanted) {
      group.path = choosePath();
      this.#forming.delete(spot);
    }
    return group;
  }

  /** Somebody has waited long enough. */
  leave(spot: number, group: EveningGroup): void {
    group.present -= 1;
    if (group.present === 0 && this.#forming.get(spot) === group) this.#forming.delete(spot);
  }
}
