/** Records what a neighbourhood tells, and lets a test wait for the next of each kind. */
import type { DownReason, IncomingTransfer, LinkEvents, LinkSession } from '../../../src/link/index.js';

export interface Recorder extends LinkEvents {
  readonly log: string[];
  readonly bundles: IncomingTransfer[];
  readonly frames: Uint8Array[];
  nextUp(): Promise<LinkSession>;
  nextDown(): Promise<{ session: LinkSession; reason: DownReason }>;
  nextFrame(): Promise<{ session: LinkSession; bytes: Uint8Array }>;
  nextBundle(): Promise<IncomingTransfer>;
}

/** A queue that can be waited on. */
function mailbox<T>() {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  return {
    put(item: T): void {
      const taker = waiting.shift();
      if (taker === undefined) items.push(item);
      else taker(item);
    },
    take(): Promise<T> {
      const item = items.shift();
      return item === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(item);
    },
  };
}

export function recorder(): Recorder {
  const ups = mailbox<LinkSession>();
  const downs = mailbox<{ session: LinkSession; reason: DownReason }>();
  const frames = mailbox<{ session: LinkSession; bytes: Uint8Array }>();
  const bundles = mailbox<IncomingTransfer>();
  const self: Recorder = {
    log: [],
    bundles: [],
    frames: [],
    up(session) {
      self.log.push(`up ${session.peerEid} ${session.role}`);
      ups.put(session);
    },
    down(session, reason) {
      self.log.push(`down ${session.peerEid} ${reason}`);
      downs.put({ session, reason });
    },
    frame(session, bytes) {
      self.frames.push(bytes);
      frames.put({ session, bytes: Buffer.from(bytes) });
    },
    bundle(_session, transfer) {
      self.bundles.push(transfer);
      bundles.put(transfer);
    },
    nextUp: () => ups.take(),
    nextDown: () => downs.take(),
    nextFrame: () => frames.take(),
    nextBundle: () => bundles.take(),
  };
  return self;
}
