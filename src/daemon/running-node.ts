import type { Account } from '../chat/index.js';
import type { Discovery, Transport } from '../link/index.js';
import type { ReadyReport } from './ready-file.js';
import type { NodeStatus } from './status.js';

/** What a program that runs several nodes in one process puts in place of the network. */
export interface Surroundings {
  /** @default TCP */
  readonly transport?: Transport;
  /** @default multicast DNS, unless the config switches it off */
  readonly discovery?: Discovery;
}

/** A node whose sockets all listen. */
export interface RunningNode {
  readonly report: ReadyReport;
  readonly nick: string;
  readonly home: string;
  /** True when this start made the identity. */
  readonly isNew: boolean;
  /** The owner's account, as chat clients have it over XMPP, for a program in the same process. */
  readonly account: Account;
  /** What `hearsay status --json` prints. */
  status(): NodeStatus;
  /** Resolves when the node has stopped by itself, with what ended it; stop() does not count. */
  readonly failed: Promise<Error>;
  /** Closes links, store and sockets. Resolves when all that was promised is on disk and the home is free. */
  stop(): Promise<void>;
}
