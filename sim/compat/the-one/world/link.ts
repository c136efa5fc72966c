/** A connection between two hosts, and the message that is on its way over it. */
import type { Host } from './host.js';
import type { Copy } from './message.js';

export class Link {
  /** Whoever brought the link up; the other one is `peer`. */
  readonly initiator: Host;
  readonly peer: Host;
  /** Which of its host's radios each end uses. */
  readonly initiatorRadio: number;
  readonly peerRadio: number;
  /** Whole bytes per second. */
  readonly speed: number;
  up = true;
  /** Mobility has found the ends out of reach; whichever is updated first takes the link down. */
  outOfReach = false;
  carried: Copy | undefined;
  doneAt = 0;

  constructor(initiator: Host, initiatorRadio: number, peer: Host, peerRadio: number, speed: number) {
    this.initiator = initiator;
    this.initiatorRadio = initiatorRadio;
    this.peer = peer;
    this.peerRadio = peerRadio;
    this.speed = speed;
  }

  other(host: Host): Host {
    return host === this.initiator ? this.peer : this.initiator;
  }

  radioOf(host: Host): number {
    return host === this.initiator ? this.initiatorRadio : this.peerRadio;
  }

  get isFree(): boolean {
    return this.up && this.carried === undefined;
  }

  /** Bytes still to come, cut to a whole number as The ONE does: below one the transfer is complete. */
  isComplete(now: number): boolean {
    return (this.doneAt - now) * this.speed < 1;
  }

  /** A time that is not later than the first at which {@link isComplete} can hold. */
  get completeNotBefore(): number {
    return this.doneAt - 1 / this.speed - 1e-6;
  }
}
