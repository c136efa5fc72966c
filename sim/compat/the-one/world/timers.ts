/** A binary heap of moments at which a host has to be looked at. */
export class Timers {
  readonly #times: number[] = [];
  readonly #payloads: number[] = [];

  /** The earliest moment; Infinity when there is none. */
  get first(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  push(time: number, payload: number): void {
    const times = this.#times;
    const payloads = this.#payloads;
    let at = times.length;
    times.push(time);
    payloads.push(payload);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = times[parent] as number;
      if (above <= time) break;
      times[at] = above;
      payloads[at] = payloads[parent] as number;
      at = parent;
    }
    times[at] = time;
    payloads[at] = payload;
  }

  /** @returns the payload of the earliest moment, which is removed. Moments that are the same come in any order. */
  pop(): number {
    const times = this.#times;
    const payloads = this.#payloads;
    const result = payloads[0] as number;
    const time = times.pop() as number;
    const payload = payloads.pop() as number;
    const size = times.length;
    if (size === 0) return result;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child += 1;
      if ((times[child] as number) >= time) break;
      times[at] = times[child] as number;
      payloads[at] = payloads[child] as number;
      at = child;
    }
    times[at] = time;
    payloads[at] = payload;
    return result;
  }
}
