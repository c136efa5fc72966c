import type { ReadyReport } from './ready-file.js';

/** A node whose sockets all listen. */
export interface RunningNode {
  readonly report: ReadyReport;
  readonly nick: string;
  readonly home: string;
  /** True when this start made the identity. */
  readonly isNew: boolean;
  /** Resolves when the node has stopped by itself, with what ended it; stop() does not count. */
  readonly failed: Promise<Error>;
  /** Closes links, store and sockets. Resolves when all that was promised is on disk and the home is free. */
  stop(): Promise<void>;
}
