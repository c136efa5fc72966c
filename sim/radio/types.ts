/** When which nodes are in reach of each other, whatever it comes from: mobility or a trace. */

export interface ContactEvent {
  /** Since the simulation's start. */
  readonly atMs: number;
  /** The smaller node index. */
  readonly a: number;
  readonly b: number;
  readonly up: boolean;
  /** Which of the scenario's radios, by its index. */
  readonly radio: number;
}

export interface ContactSource {
  readonly nodes: number;
  readonly endMs: number;
  /**
   * In order of time; at one time, downs before ups, then by (a, b, radio). Lazy: a day of a large world is never held at
   * once. Every up is followed by its down, at `endMs` at the latest. Each call begins afresh and gives the same events.
   */
  events(): Iterable<ContactEvent>;
}

/** What a link over a radio is like. */
export interface RadioModel {
  readonly name: string;
  readonly rangeM: number;
  /** Each way, or of the whole neighbourhood together when the airtime is shared. */
  readonly bytesPerSecond: number;
  readonly latencyMs: number;
  /** From coming into reach to the first byte. */
  readonly setupMs: number;
  /** The share of bundles and frames that is lost on the air and sent again, which costs airtime. */
  readonly loss: number;
  /** Breaks per hour of contact; the link comes up again after `setupMs`. */
  readonly breaksPerHour: number;
  /** One channel, half duplex, for all who hear each other. */
  readonly sharedAirtime: boolean;
}
