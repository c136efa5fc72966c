/** The contacts of several radios as one stream. */
import { contactOrder } from './millisecond-order.js';
import type { ContactEvent, ContactSource } from './types.js';

export function mergeContacts(sources: readonly ContactSource[]): ContactSource {
  return {
    nodes: Math.max(0, ...sources.map(({ nodes }) => nodes)),
    endMs: Math.max(0, ...sources.map(({ endMs }) => endMs)),
    events: () => merge(sources),
  };
}

function* merge(sources: readonly ContactSource[]): Generator<ContactEvent> {
  const streams = sources.map((source) => {
    const events = source.events()[Symbol.iterator]();
    return { events, next: events.next() };
  });
  for (;;) {
    let first: (typeof streams)[number] | undefined;
    for (const stream of streams) {
      if (stream.next.done === true) continue;
      if (first?.next.done !== false || contactOrder(stream.next.value, first.next.value) < 0) first = stream;
    }
    if (first === undefined || first.next.done === true) return;
    yield first.next.value;
    first.next = first.events.next();
  }
}
