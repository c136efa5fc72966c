/** The link floor of a node of ours over real TCP, with nothing above it: what comes is recorded, what goes is given. */
import { onTestFinished } from 'vitest';
import { seededRandom } from '../../../src/base/index.js';
import { createNeighbourhood, type LinkSession, systemTimers } from '../../../src/link/index.js';
import { type Recorder, recorder } from '../../link/support/recorder.js';
import { capturedLog } from '../../support/captured-log.js';

export interface LinkNode {
  readonly eid: string;
  readonly port: number;
  readonly events: Recorder;
  /** Lines of the log, as `level message`. */
  readonly log: readonly string[];
  /** The next session, waiting for it. */
  session(): Promise<LinkSession>;
  /** The same for a peer that we dial and that hangs up on our gossip offer first, after a session of a moment. */
  plainSession(): Promise<LinkSession>;
}

let seed = 0;

export async function startLinkNode(name: string, peerPorts: readonly number[]): Promise<LinkNode> {
  const eid = `dtn://${name}/`;
  const events = recorder();
  const log = capturedLog();
  const neighbourhood = createNeighbourhood({
    nodeEid: eid,
    listen: { host: '127.0.0.1', port: 0 },
    peers: peerPorts.map((port) => ({ host: '127.0.0.1', port })),
    events,
    log,
    timers: systemTimers(),
    random: seededRandom(++seed),
  });
  await neighbourhood.start();
  onTestFinished(() => neighbourhood.stop());
  return {
    eid,
    port: neighbourhood.listening?.port ?? 0,
    events,
    log: log.lines,
    session: () => events.nextUp(),
    async plainSession() {
      const { session } = await events.nextDown();
      for (;;) {
        const next = await events.nextUp();
        if (next !== session) return next;
      }
    },
  };
}
