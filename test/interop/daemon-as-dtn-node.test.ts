/** A node of ours as an ordinary DTN node among others: it relays their mail, puts fragments together, and reports. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom, utf8 } from '../../src/base/index.js';
import { decodeAdminRecord, formatEid, type StatusReport } from '../../src/bundle/index.js';
import { DEFAULT_TIMING, daemonConfig, NO_DISCOVERY, type RunningNode, startDaemon } from '../../src/daemon/index.js';
import { run } from '../cli/bundle-run.js';
import { eventually } from '../hosts/eventually.js';
import { describeWithPrograms } from '../support/optional.js';
import { startDtn7Go } from './support/dtn7-go.js';
import { startDtn7Rs } from './support/dtn7-rs.js';
import { DTN7_GO_DTND, DTN7_RS_DTND, DTN7_RS_RECEIVE, DTN7_RS_SEND, workFolder } from './support/foreign-node.js';
import { bundleFor } from './support/traffic.js';

const LIMIT_MS = 60_000;
const DTN7_RS = [DTN7_RS_DTND, DTN7_RS_SEND, DTN7_RS_RECEIVE];
const TEXT = 'the bridge is open again';

async function startNode(...peerPorts: readonly number[]): Promise<RunningNode> {
  const node = await startDaemon(
    daemonConfig({
      home: join(workFolder(), 'home'),
      nick: 'Ana',
      tcpcl: { host: '127.0.0.1', port: 0 },
      xmpp: { host: '127.0.0.1', port: 0 },
      peers: peerPorts.map((port) => ({ host: '127.0.0.1', port })),
      discovery: NO_DISCOVERY,
      logLevel: 'error',
      timing: DEFAULT_TIMING,
    }),
  );
  onTestFinished(() => node.stop());
  return node;
}

function nodeEidOf(node: RunningNode): string {
  return `dtn://${node.report.nodeId}/`;
}

/** Makes a bundle with our own command, cut if asked. @returns the file that it is in. */
async function created(payload: Uint8Array, ...options: readonly string[]): Promise<string> {
  const { status, bytes } = await run(['create', '--payload', '-', '--lifetime', '1h', ...options], payload);
  expect(status).toBe(0);
  const file = join(workFolder(), 'bundles');
  writeFileSync(file, bytes);
  return file;
}

async function give(node: RunningNode, file: string): Promise<void> {
  const { status, out } = await run(['send', '--tcpcl', `127.0.0.1:${node.report.tcpcl.port}`, file]);
  expect([status, out]).toEqual([0, expect.stringContaining('acked')]);
}

/** A status report as a foreign node has it in an endpoint's mailbox. */
function reportIn(payload: Uint8Array): StatusReport {
  const record = decodeAdminRecord(payload);
  if (record.kind !== 'status-report') throw new Error('not a status report');
  return record.report;
}

test('fragments made by our command are put together by the node that they are for', async () => {
  const node = await startNode();
  const payload = seededRandom(8).bytes(50_000);
  const ends = ['--source', 'dtn://tool/out', '--dest', `${nodeEidOf(node)}inbox`];
  await give(node, await created(payload, ...ends, '--fragment', '9000'));
  await eventually('it is whole', () => node.status().dtn.fragments.reassembled === 1, LIMIT_MS);
  expect(node.status().dtn.fragments.held).toBe(0);
});

describeWithPrograms('a daemon between dtn7-go and dtn7-rs', [DTN7_GO_DTND, ...DTN7_RS], () => {
  test('relays what either makes to the other', async () => {
    const [gopher, rusty] = [await startDtn7Go(), await startDtn7Rs()];
    await startNode(gopher.port, rusty.port);
    await gopher.send(`${rusty.nodeEid}incoming`, TEXT);
    expect(Buffer.from(await rusty.receive()).toString()).toBe(TEXT);
    await rusty.insert(bundleFor(`${gopher.nodeEid}incoming`, utf8(TEXT), `${rusty.nodeEid}incoming`));
    expect(Buffer.from(await gopher.receive()).toString()).toBe(TEXT);
  });
});

describeWithPrograms('a daemon beside dtn7-go', [DTN7_GO_DTND], () => {
  test('reports to an endpoint there that it has received a bundle', async () => {
    const gopher = await startDtn7Go();
    const node = await startNode(gopher.port);
    const reportTo = ['--report-to', `${gopher.nodeEid}incoming`, '--flags', 'report-reception,status-time-requested'];
    await give(node, await created(utf8(TEXT), '--source', 'dtn://tool/out', '--dest', 'dtn://far/in', ...reportTo));
    const { received, source } = reportIn(await gopher.receive());
    expect([received.asserted, formatEid(source)]).toEqual([true, 'dtn://tool/out']);
    expect(node.status().dtn.reports.sent.received).toBe(1);
  });
});

describeWithPrograms('a daemon beside dtn7-rs, which takes 64,000 bytes at a time', DTN7_RS, () => {
  test('reports to an endpoint there that it has received a bundle', async () => {
    const rusty = await startDtn7Rs();
    const node = await startNode(rusty.port);
    const reportTo = ['--report-to', `${rusty.nodeEid}incoming`, '--flags', 'report-reception'];
    await give(node, await created(utf8(TEXT), '--source', 'dtn://tool/out', '--dest', 'dtn://far/in', ...reportTo));
    const { received, source } = reportIn(await rusty.receive());
    expect([received.asserted, formatEid(source)]).toEqual([true, 'dtn://tool/out']);
  });

  test('sends a larger bundle through it in fragments, which another daemon puts together', async () => {
    const rusty = await startDtn7Rs();
    const [ana, ben] = [await startNode(rusty.port), await startNode(rusty.port)];
    const payload = seededRandom(9).bytes(150_000);
    const ends = ['--source', 'dtn://tool/out', '--dest', `${nodeEidOf(ben)}inbox`];
    await give(ana, await created(payload, ...ends));
    await eventually('it is whole', () => ben.status().dtn.fragments.reassembled === 1, LIMIT_MS);
    expect(ben.status().store.byTier.foreign.bytes).toBeGreaterThan(payload.length);
  });
});
