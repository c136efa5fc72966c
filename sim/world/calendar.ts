/** What is going to happen, in the order of virtual time; ties keep the order in which they were written down. */

export class Calendar {
  #nowMs = 0;
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #actions: (() => void)[] = [];
  #written = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Of the next action; `Infinity` when nothing is written down. */
  get nextMs(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  /** A time that has passed already means now. */
  at(timeMs: number, action: () => void): void {
    let at = this.#times.length;
    const time = Math.max(timeMs, this.#nowMs);
    this.#times.push(time);
    this.#orders.push(this.#written);
    this.#actions.push(action);
    const order = this.#written++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // A new action comes after all others of its time.
      if ((this.#times[parent] ?? 0) <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, time, order, action);
  }

  after(ms: number, action: () => void): void {
    this.at(this.#nowMs + ms, action);
  }

  /** Lets the next action happen. */
  step(): void {
    const action = this.#actions[0];
    if (action === undefined) return;
    this.#nowMs = this.#times[0] ?? this.#nowMs;
    this.#removeFirst();
    action();
  }

  /** Moves the clock on; nothing may be due before. */
  advanceTo(timeMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, timeMs);
  }

  #removeFirst(): void {
    const time = this.#times.pop();
    const order = this.#orders.pop();
    const action = this.#actions.pop();
    const size = this.#times.length;
    if (size === 0 || time === undefined || order === undefined || action === undefined) return;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.#before(child + 1, child)) child += 1;
      const childTime = this.#times[child] ?? 0;
      if (time < childTime || (time === childTime && order < (this.#orders[child] ?? 0))) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, time, order, action);
  }

  #before(a: number, b: number): boolean {
    const timeA = this.#times[a] ?? 0;
    const timeB = this.#times[b] ?? 0;
    return timeA < timeB || (timeA === timeB && (this.#orders[a] ?? 0) < (this.#orders[b] ?? 0));
  }

  #move(from: number, to: number): void {
    const action = this.#actions[from];
    if (action !== undefined) this.#set(to, this.#times[from] ?? 0, this.#orders[from] ?? 0, action);
  }

  #set(at: number, time: number, order: number, action: () => void): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#actions[at] = action;
  }
}
