/** Brings events of real-valued times into the order of a {@link ContactSource}: whole ms, ends first, then by pair. */
import type { ContactEvent } from './types.js';

export class MillisecondOrder {
  /** Of the same ms, by pair and radio: an up, a down, or both one after the other. */
  readonly #pending = new Map<string, ContactEvent[]>();
  #atMs = Number.NEGATIVE_INFINITY;

  /** @param events in order of time; a pair's ups and downs alternate. */
  *sort(events: Iterable<ContactEvent>): Generator<ContactEvent> {
    for (const event of events) {
      const atMs = Math.round(event.atMs);
      if (atMs !== this.#atMs) yield* this.#flush();
      this.#atMs = atMs;
      const link = `${event.a} ${event.b} ${event.radio}`;
      const rounded = { ...event, atMs };
      const pending = this.#pending.get(link);
      if (pending === undefined) this.#pending.set(link, [rounded]);
      // A contact, or a gap, that begins and ends within the same ms is neither.
      else if (pending.at(-1)?.up !== event.up) pending.pop();
      else pending.push(rounded);
    }
    yield* this.#flush();
  }

  #flush(): readonly ContactEvent[] {
    if (this.#pending.size === 0) return [];
    const events = [...this.#pending.values()].flat();
    this.#pending.clear();
    return events.sort(contactOrder);
  }
}

/** In order of time; at one time, downs before ups, then by pair and radio. */
export function contactOrder(x: ContactEvent, y: ContactEvent): number {
  return x.atMs - y.atMs || Number(x.up) - Number(y.up) || x.a - y.a || x.b - y.b || x.radio - y.radio;
}
