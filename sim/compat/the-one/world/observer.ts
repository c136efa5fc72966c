/** What reports may hear of. A method that an observer lacks costs nothing. */
import type { Host } from './host.js';
import type { Copy } from './message.js';

export interface Observer {
  created?(copy: Copy): void;
  transferStarted?(copy: Copy, from: Host, to: Host): void;
  /** @param first whether this brought the message to its destination for the first time. */
  transferred?(copy: Copy, from: Host, to: Host, first: boolean): void;
  aborted?(copy: Copy, from: Host, to: Host): void;
  /** @param dropped for want of room or of time; otherwise the router removed it. */
  deleted?(copy: Copy, host: Host, dropped: boolean): void;
  linkUp?(initiator: Host, peer: Host): void;
  linkDown?(detector: Host, peer: Host): void;
  /** The end of a round, with every host updated. */
  roundEnded?(now: number): void;
}

type Sink<K extends keyof Observer> = (...args: Parameters<NonNullable<Observer[K]>>) => void;

/** Tells all observers, in their order. */
export class Observers implements Required<Observer> {
  readonly created: (copy: Copy) => void;
  readonly transferStarted: (copy: Copy, from: Host, to: Host) => void;
  readonly transferred: (copy: Copy, from: Host, to: Host, first: boolean) => void;
  readonly aborted: (copy: Copy, from: Host, to: Host) => void;
  readonly deleted: (copy: Copy, host: Host, dropped: boolean) => void;
  readonly linkUp: (initiator: Host, peer: Host) => void;
  readonly linkDown: (detector: Host, peer: Host) => void;
  readonly roundEnded: (now: number) => void;
  /** Whether the end of every round has to be told: without, rounds are skipped. */
  readonly wantsRounds: boolean;

  constructor(observers: readonly Observer[]) {
    this.created = fanOut(observers, 'created');
    this.transferStarted = fanOut(observers, 'transferStarted');
    this.transferred = fanOut(observers, 'transferred');
    this.aborted = fanOut(observers, 'aborted');
    this.deleted = fanOut(observers, 'deleted');
    this.linkUp = fanOut(observers, 'linkUp');
    this.linkDown = fanOut(observers, 'linkDown');
    this.roundEnded = fanOut(observers, 'roundEnded');
    this.wantsRounds = observers.some((observer) => observer.roundEnded !== undefined);
  }
}

function fanOut<K extends keyof Observer>(observers: readonly Observer[], kind: K): Sink<K> {
  const sinks: Sink<K>[] = [];
  for (const observer of observers) {
    const sink = observer[kind] as Sink<K> | undefined;
    if (sink !== undefined) sinks.push(sink.bind(observer) as Sink<K>);
  }
  const [only] = sinks;
  if (only === undefined) return () => undefined;
  if (sinks.length === 1) return only;
  return (...args) => {
    for (const sink of sinks) sink(...args);
  };
}
