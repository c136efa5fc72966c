/** A neighbour that is carried off without a word and comes back; and room for connections that say nothing. */
import { describe, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import { createNeighbourhood, type NeighbourhoodOptions } from '../../src/link/index.js';
import { roomFor } from '../../src/link/neighbourhood/incoming-room.js';
import { ANSWER_MS, RETRY_MS, watchSilence } from '../../src/link/neighbourhood/silence-watch.js';
import { fakeTimers } from './support/fake-timers.js';
import { memoryNetwork } from './support/memory-network.js';
import { recorder } from './support/recorder.js';

const PORT = 4556;
const SECOND = 1_000;

function world() {
  const timers = fakeTimers();
  const network = memoryNetwork(timers);
  let seed = 0;
  const node = async (name: string, peers: readonly string[], more: Partial<NeighbourhoodOptions> = {}) => {
    const events = recorder();
    const neighbourhood = createNeighbourhood({
      nodeEid: `dtn://${name}/`,
      listen: { host: '::', port: PORT },
      peers: peers.map((host) => ({ host, port: PORT })),
      events,
      log: SILENT,
      timers,
      random: seededRandom(++seed),
      transport: network.host(name),
      ...more,
    });
    await neighbourhood.start();
    return { neighbourhood, events };
  };
  return { timers, network, node };
}

describe('a neighbour that was carried off without a word', () => {
  test.each([
    [8, 'ana'],
    [12, 'ana'],
    [18, 'ana'],
    [12, 'ben'],
  ])('is met again within 2.5 s when it returns after %i s, whoever had dialled (%s)', async (awaySeconds, dialler) => {
    const { timers, network, node } = world();
    const ana = await node('ana', dialler === 'ana' ? ['ben'] : []);
    const ben = await node('ben', dialler === 'ben' ? ['ana'] : []);
    await timers.advance(5 * SECOND);
    network.cut('ana', 'ben');
    await timers.advance(awaySeconds * SECOND);
    network.mend('ana', 'ben');
    const returned = timers.now();
    const ups = () => [ana, ben].map(({ events }) => events.log.filter((line) => line.startsWith('up')).length);
    while (Math.min(...ups()) < 2 && timers.now() < returned + 60 * SECOND) await timers.advance(100);
    expect(timers.now() - returned).toBeLessThanOrEqual(2_500);
    // And one session stays.
    await timers.advance(10 * SECOND);
    const toBen = ana.neighbourhood.sessions()[0];
    const sent = toBen?.sendBundle(Uint8Array.of(1));
    await timers.advance(10);
    (await ben.events.nextBundle()).accept();
    expect(await Promise.race([sent, timers.advance(10)])).toEqual({ outcome: 'acked' });
  });

  test('is dialled once a second, by each, from the unanswered question on', async () => {
    const { timers, network, node } = world();
    await node('ana', ['ben']);
    await node('ben', []);
    await timers.advance(5 * SECOND);
    network.cut('ana', 'ben');
    const before = network.dials.length;
    // They had last heard of each other at 4 s, asked at 8 s, and gave up hope at 10 s.
    await timers.advance(5 * SECOND - 100);
    expect(network.dials.length - before).toBe(0);
    await timers.advance(9 * SECOND);
    expect(network.dials.length - before).toBe(18);
  });

  test('a neighbour that merely has nothing to say is asked now and then, and keeps its session', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    await node('ben', []);
    await timers.advance(3_600 * SECOND);
    expect(ana.events.log).toEqual(['up dtn://ben/ active']);
    expect(network.dials.length).toBe(1);
  });
});

describe('the watch', () => {
  function watch() {
    const timers = fakeTimers();
    let heardAt = 0;
    const log: string[] = [];
    const end = watchSilence(
      {
        silenceMs: () => timers.now() - heardAt,
        probe: () => log.push(`probe at ${timers.now()}`),
        missing: () => log.push(`missing at ${timers.now()}`),
        found: () => log.push(`found at ${timers.now()}`),
      },
      timers,
    );
    return { timers, log, end, hear: () => (heardAt = timers.now()) };
  }

  test('asks, then misses, then finds', async () => {
    const { timers, log, hear, end } = watch();
    await timers.advance(4_000 + ANSWER_MS + RETRY_MS);
    hear();
    await timers.advance(RETRY_MS);
    expect(log).toEqual(['probe at 4000', 'missing at 6000', 'missing at 7000', 'found at 8000']);
    end();
    expect(timers.pending).toBe(0);
  });

  test('is the more patient the longer the neighbour has stayed', async () => {
    const { timers, log, hear } = watch();
    for (let second = 0; second < 600; second++) {
      hear();
      await timers.advance(SECOND);
    }
    await timers.advance(30 * SECOND);
    expect(log[0]).toBe('probe at 609000');
  });
});

describe('room for incoming connections', () => {
  const at = (host: string, stands = false) => ({ host, stands });
  const limits = { overall: 4, perHost: 2 };

  test.each([
    ['an empty house', 'a', [], { room: 'free' }],
    ['a host with a session', 'a', [at('a', true)], { room: 'free' }],
    ['a host with two', 'a', [at('a', true), at('a', true)], { room: 'none' }],
    ['a host with a silent one', 'a', [at('b'), at('a', true), at('a')], { room: 'after', drop: at('a') }],
    ['a full house', 'e', [at('a', true), at('b'), at('c'), at('d')], { room: 'after', drop: at('b') }],
    ['a house full of sessions', 'e', ['a', 'b', 'c', 'd'].map((host) => at(host, true)), { room: 'none' }],
  ])('%s', (_what, host, incoming, room) => {
    expect(roomFor(host, incoming, limits)).toEqual(room);
  });

  test('a crowd that connects and says nothing keeps nobody out', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', [], { maxIncoming: 8, maxIncomingPerHost: 4 });
    for (let each = 0; each < 40; each++) {
      network.host(`silent-${each % 20}`).dial({ host: 'ana', port: PORT }, SECOND, {
        opened: () => {},
        failed: () => {},
      });
    }
    await timers.advance(10);
    await node('ben', ['ana']);
    await timers.advance(100);
    expect(ana.events.log).toEqual(['up dtn://ben/ passive']);
  });
});
