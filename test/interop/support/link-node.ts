/** The link floor of a node of ours over real TCP, with nothing above it: what comes is recorded, what goes is given. */
import { onTestFinished } from 'vitest';
import { seededRandom } from '../../../src/base/index.js';
import { createNeighbourhood, type LinkSecurity, type LinkSession, systemTimers } from '../../../src/link/index.js';
import { nodeIdentity } from '../../link/support/node-identity.js';
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
}

let seed = 0;

/** Most foreign nodes know no TLS: it is offered to them all the same, and they have to make nothing of it. */
const OFFER = (await nodeIdentity(99)).security('offer');

/** @param security also makes the node id the one of that identity. @default TLS is offered */
export async function startLinkNode(
  name: string,
  peerPorts: readonly number[],
  security?: { readonly eid: string; readonly links: LinkSecurity },
): Promise<LinkNode> {
  const eid = security?.eid ?? `dtn://${name}/`;
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
    security: security?.links ?? OFFER,
  });
  await neighbourhood.start();
  onTestFinished(() => neighbourhood.stop());
  return {
    eid,
    port: neighbourhood.listening?.port ?? 0,
    events,
    log: log.lines,
    session: () => events.nextUp(),
  };
}
