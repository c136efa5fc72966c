/** Two neighbourhoods over real TCP on the loopback interface. */
import { afterEach, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import { createNeighbourhood, RefuseReason, systemTimers } from '../../src/link/index.js';
import { recorder } from './support/recorder.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

async function startNode(nodeEid: string, seed: number, peers: readonly { host: string; port: number }[] = []) {
  const events = recorder();
  const neighbourhood = createNeighbourhood({
    nodeEid,
    listen: LOOPBACK,
    peers,
    events,
    log: SILENT,
    timers: systemTimers(),
    random: seededRandom(seed),
  });
  await neighbourhood.start();
  running.push(neighbourhood);
  return { neighbourhood, events };
}

test('a bundle of several segments, a frame and a refusal cross a real connection', async () => {
  const ana = await startNode('dtn://ana/', 1);
  const port = ana.neighbourhood.listening?.port ?? 0;
  const ben = await startNode('dtn://ben/', 2, [{ host: '127.0.0.1', port }]);
  const toBen = await ana.events.nextUp();
  const toAna = await ben.events.nextUp();
  expect([toBen.peerEid, toBen.role, toBen.gossip]).toEqual(['dtn://ben/', 'passive', true]);
  expect([toAna.peerEid, toAna.role, toAna.gossip]).toEqual(['dtn://ana/', 'active', true]);

  const big = seededRandom(3).bytes(300_000);
  const sent = toAna.sendBundle(big);
  expect(toAna.sendFrame(Uint8Array.of(1, 2, 3))).toBe(true);
  expect((await ana.events.nextFrame()).bytes).toEqual(Buffer.from([1, 2, 3]));
  const transfer = await ana.events.nextBundle();
  expect(Buffer.from(transfer.bytes).equals(big)).toBe(true);
  transfer.accept();
  expect(await sent).toEqual({ outcome: 'acked' });

  const unwanted = toBen.sendBundle(Uint8Array.of(9));
  (await ben.events.nextBundle()).refuse(RefuseReason.NoResources);
  expect(await unwanted).toEqual({ outcome: 'refused', reason: RefuseReason.NoResources });

  await ana.neighbourhood.stop();
  expect((await ben.events.nextDown()).reason).toBe('terminated-by-peer');
  expect(ben.neighbourhood.sessions()).toEqual([]);
});

test('a port that is taken is reported in words that help', async () => {
  const first = await startNode('dtn://ana/', 1);
  const second = createNeighbourhood({
    nodeEid: 'dtn://ben/',
    listen: { host: '127.0.0.1', port: first.neighbourhood.listening?.port ?? 0 },
    peers: [],
    events: recorder(),
    log: SILENT,
    timers: systemTimers(),
    random: seededRandom(4),
  });
  await expect(second.start()).rejects.toMatchObject({
    code: 'ERR_ADDRESS_IN_USE',
    message: expect.stringContaining('choose another port'),
  });
});
