/** One way of finding and being found on one network: multicast DNS, or beacons. */
import type { NetworkInterface } from './interfaces.js';

export interface Announced {
  readonly host: string;
  readonly port: number;
  readonly label: string;
}

/** What a way is given of the network that it is opened on. */
export interface WayOptions {
  readonly on: NetworkInterface;
  /** What we call ourselves there. */
  readonly label: string;
  /** Where we take connections; undefined: only listen. */
  readonly port: number | undefined;
  /** True for labels that we announce, or announced a moment ago, on any network. */
  isOwn(label: string): boolean;
  /** Whether an address may be dialled on a stranger's word. */
  mayDial(host: string, port: number): boolean;
  found(peer: Announced): void;
  /** Somebody else has our label, so we took another. */
  renamed(label: string): void;
  /** The way is of no use on this network. */
  failed(error: Error): void;
}

export interface OpenWay {
  /** From now on we are called otherwise. */
  relabel(label: string): void;
  /** What was heard of that address may be stale. */
  doubt(host: string): void;
  /** Takes back what was announced. */
  goodbye(): void;
  close(): Promise<void>;
}

export interface Way {
  /** For logs. */
  readonly name: string;
  /** Whether the network has what this way needs. */
  suits(on: NetworkInterface): boolean;
  open(options: WayOptions): OpenWay;
}
