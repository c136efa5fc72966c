/** A message, and a copy of it that a host holds or receives. */
import type { Host } from './host.js';

/** What all copies of a message share. */
export interface Message {
  readonly id: string;
  /** Stands for the id in sets: messages with the same id have the same. Counts up from 0. */
  readonly key: number;
  /** The id's hash as a Java `HashMap` uses it. */
  readonly hash: number;
  readonly from: Host;
  readonly to: Host;
  readonly sizeBytes: number;
  readonly createdAt: number;
  /** Minutes; undefined when the message never expires. */
  readonly ttlMinutes: number | undefined;
  /** Size of the answer that the destination is asked for; 0 for none. */
  readonly responseBytes: number;
  /** The message that this one answers. */
  readonly request: Message | undefined;
}

/** The hosts that a copy has been at, from the last one back to the source. */
export interface Path {
  readonly host: Host;
  readonly before: Path | undefined;
  readonly hops: number;
}

export class Copy {
  readonly message: Message;
  receivedAt: number;
  readonly path: Path;
  /** Spray-and-wait: how many copies this one may still become. */
  copies: number;
  /** Where it stands in its buffer's map: see {@link MessageBuffer}. */
  bucket = 0;
  order = 0;

  constructor(message: Message, receivedAt: number, path: Path, copies: number) {
    this.message = message;
    this.receivedAt = receivedAt;
    this.path = path;
    this.copies = copies;
  }

  /** The copy that `host` gets from whoever holds this one. It counts as received when its transfer completes. */
  forwardedTo(host: Host, now: number): Copy {
    return new Copy(this.message, now, { host, before: this.path, hops: this.path.hops + 1 }, this.copies);
  }

  hasVisited(host: Host): boolean {
    for (let step: Path | undefined = this.path; step !== undefined; step = step.before) {
      if (step.host === host) return true;
    }
    return false;
  }
}

/** Whole minutes left, rounded towards zero as The ONE does; endless messages have Infinity. */
export function minutesLeft(message: Message, now: number): number {
  if (message.ttlMinutes === undefined) return Number.POSITIVE_INFINITY;
  return Math.trunc((message.ttlMinutes * 60 - (now - message.createdAt)) / 60);
}

/** A time before which the message certainly has a minute left: there is nothing to check until then. */
export function surelyAliveUntil(message: Message): number {
  if (message.ttlMinutes === undefined) return Number.POSITIVE_INFINITY;
  return message.createdAt + message.ttlMinutes * 60 - 60 - 1e-6;
}
