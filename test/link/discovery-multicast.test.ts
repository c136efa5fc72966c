/** Two nodes that find each other by real multicast on the loopback interface. */
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import {
  createDiscovery,
  createNeighbourhood,
  type DiscoveryOptions,
  systemInterfaces,
  systemTimers,
} from '../../src/link/index.js';
import { requireAll } from '../support/optional.js';
import { recorder } from './support/recorder.js';

/** Tries it: some containers have no multicast on any interface. */
async function loopbackMulticastWorks(): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 1_000);
      socket.on('error', () => resolve(false));
      socket.on('message', () => {
        clearTimeout(timer);
        resolve(true);
      });
      socket.bind(0, '0.0.0.0', () => {
        try {
          socket.addMembership('224.0.0.251', '127.0.0.1');
          socket.setMulticastInterface('127.0.0.1');
          socket.send('hello', socket.address().port, '224.0.0.251');
        } catch {
          resolve(false);
        }
      });
    });
  } finally {
    socket.close();
  }
}

const works = requireAll() || (await loopbackMulticastWorks());
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

/** Only the loopback interface: the test must not talk to the machine's real network. */
const interfaces = () => systemInterfaces(true).filter(({ internal }) => internal);

type Ways = Pick<DiscoveryOptions, 'mdns' | 'beacons'>;

async function startNode(nodeEid: string, seed: number, ways: Ways) {
  const events = recorder();
  const timers = systemTimers();
  const random = seededRandom(seed);
  const discovery = createDiscovery({ timers, random, log: SILENT, interfaces, ...ways });
  const neighbourhood = createNeighbourhood({
    nodeEid,
    listen: { host: '0.0.0.0', port: 0 },
    peers: [],
    discovery,
    events,
    log: SILENT,
    timers,
    random,
  });
  await neighbourhood.start();
  running.push(neighbourhood);
  return { neighbourhood, events };
}

describe.skipIf(!works)('discovery by real multicast (needs multicast on the loopback interface)', () => {
  test.each<[string, Ways]>([
    ['multicast DNS', { beacons: false }],
    ['beacons', { mdns: false }],
  ])('two nodes that know nothing of each other meet by %s alone', async (_what, ways) => {
    const ana = await startNode('dtn://multicast-test-ana/', 1, ways);
    const ben = await startNode('dtn://multicast-test-ben/', 2, ways);
    expect((await ana.events.nextUp()).peerEid).toBe('dtn://multicast-test-ben/');
    expect((await ben.events.nextUp()).peerEid).toBe('dtn://multicast-test-ana/');
  });
});
