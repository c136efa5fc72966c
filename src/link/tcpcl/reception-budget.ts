/**
 * The memory that bundles on their way in may take, over all sessions. Each session is bounded by itself, but node ids cost
 * nothing, so a hostile neighbour could open a hundred sessions and leave a large bundle half-sent in each.
 */
export const DEFAULT_RECEPTION_BYTES = 134_217_728;

export class ReceptionBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** @returns false, and takes nothing, when there is not so much left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}
