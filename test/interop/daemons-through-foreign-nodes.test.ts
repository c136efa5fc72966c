/** Two whole nodes of ours that never meet: only another project's node lies between them, and it knows nothing of us. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_TIMING, daemonConfig, NO_DISCOVERY, type RunningNode, startDaemon } from '../../src/daemon/index.js';
import { eventually } from '../hosts/eventually.js';
import { describeWithPrograms } from '../support/optional.js';
import { startDtn7Go } from './support/dtn7-go.js';
import { startDtn7Rs } from './support/dtn7-rs.js';
import { DTN7_GO_DTND, DTN7_RS_DTND, DTN7_RS_RECEIVE, DTN7_RS_SEND, workFolder } from './support/foreign-node.js';

const LIMIT_MS = 60_000;

async function startNode(nick: string, peerPort: number): Promise<RunningNode> {
  const folder = workFolder();
  const node = await startDaemon(
    daemonConfig({
      home: join(folder, 'home'),
      nick,
      tcpcl: { host: '127.0.0.1', port: 0 },
      xmpp: { host: '127.0.0.1', port: 0 },
      peers: [{ host: '127.0.0.1', port: peerPort }],
      discovery: NO_DISCOVERY,
      logLevel: 'error',
      timing: { ...DEFAULT_TIMING, beaconIntervalMs: 5_000, beaconGapMs: 500 },
    }),
  );
  onTestFinished(() => node.stop());
  return node;
}

/** Ana writes to Ben and learns that he has it; all that she knows of him came through the foreign node. */
async function conversation(peerPort: number): Promise<void> {
  const ana = await startNode('Ana', peerPort);
  const ben = await startNode('Ben', peerPort);
  const benJid = ben.account.jid;
  await eventually("Ben's profile has come", () => ana.account.lookup(benJid)?.nickname === 'Ben', LIMIT_MS);
  const { localId } = await ana.account.send({ to: benJid, body: 'the bridge is open again' });
  const inbox = await eventually('the message has come', () => ben.account.inbox()[0], LIMIT_MS);
  expect(inbox).toMatchObject({ body: 'the bridge is open again', from: ana.account.personId });
  await ben.account.confirmInbox([inbox.inboxId]);
  await eventually(
    'Ana knows that it was delivered',
    () => ana.account.sent().find((message) => message.localId === localId)?.state.state === 'delivered',
    LIMIT_MS,
  );
}

describeWithPrograms(
  'two of our nodes with dtn7-rs between them',
  [DTN7_RS_DTND, DTN7_RS_SEND, DTN7_RS_RECEIVE],
  () => {
    test('deliver a message and its receipt', async () => {
      await conversation((await startDtn7Rs()).port);
    });
  },
);

describeWithPrograms('two of our nodes with dtn7-go between them', [DTN7_GO_DTND], () => {
  test('deliver a message and its receipt', async () => {
    await conversation((await startDtn7Go()).port);
  });
});
