/** Dialling, double sessions, dead links: whole neighbourhoods on a network in memory and a clock turned by hand. */
import { describe, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import {
  createNeighbourhood,
  type Discovery,
  type DiscoveryStart,
  type Endpoint,
  type Neighbourhood,
  type NeighbourhoodOptions,
  watchedNetworks,
} from '../../src/link/index.js';
import { type Contender, judge } from '../../src/link/neighbourhood/precedence.js';
import { type FakeTimers, fakeTimers } from './support/fake-timers.js';
import { type MemoryNetwork, memoryNetwork } from './support/memory-network.js';
import { type Recorder, recorder } from './support/recorder.js';
import { CONTACT, init, scriptedPeer } from './support/session-pair.js';

const PORT = 4556;

interface Node {
  readonly neighbourhood: Neighbourhood;
  readonly events: Recorder;
}

interface World {
  readonly timers: FakeTimers;
  readonly network: MemoryNetwork;
  node(name: string, peers: readonly string[], more?: Partial<NeighbourhoodOptions>): Promise<Node>;
}

function world(): World {
  const timers = fakeTimers();
  const network = memoryNetwork(timers);
  let seed = 0;
  return {
    timers,
    network,
    async node(name, peers, more = {}) {
      const events = recorder();
      const neighbourhood = createNeighbourhood({
        nodeEid: `dtn://${name}/`,
        listen: { host: '::', port: PORT },
        peers: peers.map((host): Endpoint => ({ host, port: PORT })),
        events,
        log: SILENT,
        timers,
        random: seededRandom(++seed),
        transport: network.host(name),
        ...more,
      });
      await neighbourhood.start();
      return { neighbourhood, events };
    },
  };
}

async function stopped(timers: FakeTimers, neighbourhood: Neighbourhood): Promise<number> {
  const before = timers.now();
  let at: number | undefined;
  void neighbourhood.stop().then(() => {
    at = timers.now();
  });
  await timers.advance(5_000);
  return (at ?? Number.POSITIVE_INFINITY) - before;
}

/** The peers that a node has sessions with, and who dialled. */
function peersOf({ neighbourhood }: Node): string[] {
  return neighbourhood.sessions().map(({ peerEid, role }) => `${peerEid} ${role}`);
}

describe('dialling', () => {
  test('a peer that is not there yet is met soon after it appears, and dials are ever rarer meanwhile', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    await timers.advance(120_000);
    const early = network.dials.filter(({ at }) => at < 10_000).length;
    expect(early).toBeGreaterThanOrEqual(4);
    expect(network.dials.length).toBeLessThan(60);
    await node('ben', []);
    await timers.advance(4_000);
    expect(peersOf(ana)).toEqual(['dtn://ben/ active']);
  });

  test('a link that broke is dialled again within a second', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    const ben = await node('ben', []);
    await timers.advance(30_000);
    network.resetAll();
    expect(ana.events.log.at(-1)).toBe('down dtn://ben/ lost');
    await timers.advance(1_000);
    expect(peersOf(ana)).toEqual(['dtn://ben/ active']);
    expect(peersOf(ben)).toEqual(['dtn://ana/ passive']);
  });

  test('a silent cut is noticed by both within 25 s, and mended after it ends', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    const ben = await node('ben', []);
    await timers.advance(30_000);
    network.cut('ana', 'ben');
    await timers.advance(25_000);
    expect(peersOf(ana)).toEqual([]);
    expect(peersOf(ben)).toEqual([]);
    network.mend('ana', 'ben');
    await timers.advance(20_000);
    expect(peersOf(ana)).toEqual(['dtn://ben/ active']);
  });

  test('a flapping link is dialled ever more slowly', async () => {
    const { timers, network, node } = world();
    await node('ana', ['ben']);
    await node('ben', []);
    for (let turn = 0; turn < 300; turn++) {
      await timers.advance(200);
      network.resetAll();
    }
    expect(network.dials.length).toBeLessThan(35);
  });

  test('a node that dials itself stops at once', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ana']);
    await timers.advance(60_000);
    expect(ana.events.log).toEqual([]);
    expect(network.dials.length).toBe(1);
  });

  test('redialNow forgets the waits', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    await timers.advance(60_000);
    const before = network.dials.length;
    ana.neighbourhood.redialNow();
    await timers.advance(0);
    expect(network.dials.length).toBe(before + 1);
  });
});

describe('one session per neighbour', () => {
  test('two that dial each other at once end up with the session that the lower id dialled', async () => {
    const { timers, node } = world();
    const ben = await node('ben', ['ana']);
    const ana = await node('ana', ['ben']);
    await timers.advance(10_000);
    expect(peersOf(ana)).toEqual(['dtn://ben/ active']);
    expect(peersOf(ben)).toEqual(['dtn://ana/ passive']);
    expect(ana.events.log.length + ben.events.log.length).toBeLessThanOrEqual(4);
  });

  test.each([0, 1, 2, 3, 5, 8, 50, 400, 3_000])('also when one starts %i ms later', async (delay) => {
    for (const order of [
      ['ana', 'ben'],
      ['ben', 'ana'],
    ] as const) {
      const { timers, node } = world();
      const first = await node(order[0], [order[1]]);
      await timers.advance(delay);
      const second = await node(order[1], [order[0]]);
      await timers.advance(20_000);
      expect(first.neighbourhood.sessions().length).toBe(1);
      expect(second.neighbourhood.sessions().length).toBe(1);
      expect(first.neighbourhood.sessions()[0]?.role).not.toBe(second.neighbourhood.sessions()[0]?.role);
      const sent = first.neighbourhood.sessions()[0]?.sendBundle(Uint8Array.of(1));
      await timers.advance(100);
      second.events.bundles[0]?.accept();
      await timers.advance(100);
      expect(await sent).toEqual({ outcome: 'acked' });
    }
  });

  test('two addresses of one peer make one session that stays', async () => {
    const { timers, network, node } = world();
    network.alias('ben-by-wire', 'ben');
    const ben = await node('ben', []);
    const ana = await node('ana', ['ben', 'ben-by-wire']);
    await timers.advance(60_000);
    expect(ana.neighbourhood.sessions().length).toBe(1);
    expect(ben.neighbourhood.sessions().length).toBe(1);
    const settled = [ana.events.log.length, network.dials.length];
    await timers.advance(600_000);
    expect([ana.events.log.length, network.dials.length]).toEqual(settled);
  });

  test('a peer that restarted takes the place of its dead session within seconds', async () => {
    const { timers, network, node } = world();
    // ana has the lower id: her session to ben is the preferred one, and the dead one.
    const ana = await node('ana', ['ben']);
    const ben = await node('ben', []);
    await timers.advance(10_000);
    network.cut('ana', 'ben');
    void ben.neighbourhood.stop();
    await timers.advance(2_000);
    network.mend('ana', 'ben');
    await node('ben', ['ana']);
    await timers.advance(3_000);
    expect(ana.events.log).toEqual(['up dtn://ben/ active', 'down dtn://ben/ replaced', 'up dtn://ben/ passive']);
  });

  test('a peer that noticed first that the session is dead gets through once the old one fails its test', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    const ben = await node('ben', []);
    await timers.advance(30_000);
    network.resetAt('ben');
    ben.neighbourhood.addCandidate('ana', PORT);
    await timers.advance(1_500);
    expect(peersOf(ana)).toEqual(['dtn://ben/ active']);
    await timers.advance(1_000);
    expect(ana.events.log.slice(1)).toEqual(['down dtn://ben/ replaced', 'up dtn://ben/ passive']);
    expect(peersOf(ben)).toEqual(['dtn://ana/ active']);
    // What was said while the test ran is not lost.
    const sent = ben.neighbourhood.sessions()[0]?.sendBundle(Uint8Array.of(1));
    await timers.advance(100);
    ana.events.bundles[0]?.accept();
    await timers.advance(100);
    expect(await sent).toEqual({ outcome: 'acked' });
  });

  test('a living session passes its test and stays', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    await node('ben', []);
    await timers.advance(30_000);
    // A second node with ben's id and start, as far as anybody can tell: a session against the preference.
    await node('ben', ['ana'], { random: seededRandom(2), transport: network.host('ben-twin') });
    await timers.advance(20);
    expect(ana.events.log).toEqual(['up dtn://ben/ active']);
  });
});

test('somebody who only claims to be a neighbour cannot take a living session’s place', async () => {
  const { timers, network, node } = world();
  // ben has the lower id here: sessions that he dials are the preferred ones.
  const zoe = await node('zoe', ['ben']);
  await node('ben', []);
  await timers.advance(10_000);
  await node('ben', ['zoe'], { transport: network.host('mallory') });
  await timers.advance(60_000);
  expect(zoe.events.log).toEqual(['up dtn://ben/ active']);
});

test('on another network, sessions that do not answer any more are given up early', async () => {
  const { timers, network, node } = world();
  const own = ['ana'];
  const ana = await node('ana', ['ben', 'eve'], { networks: watchedNetworks(timers, () => own) });
  await node('ben', []);
  await node('eve', []);
  await timers.advance(10_000);
  network.cut('ana', 'ben');
  own.push('ana-elsewhere');
  await timers.advance(6_100);
  expect(peersOf(ana)).toEqual(['dtn://eve/ active']);
});

test('sessions over an address that is gone are over within 2 s, and a gap of one look harms nobody', async () => {
  const { timers, network, node } = world();
  const own = new Set(['ana']);
  const ana = await node('ana', ['ben'], { networks: watchedNetworks(timers, () => [...own]) });
  await node('ben', []);
  await timers.advance(10_500);
  own.delete('ana');
  await timers.advance(1_000);
  own.add('ana');
  await timers.advance(10_000);
  expect(ana.events.log).toEqual(['up dtn://ben/ active']);

  own.delete('ana');
  network.cut('ana', 'ben');
  await timers.advance(2_000);
  expect(ana.events.log).toEqual(['up dtn://ben/ active', 'down dtn://ben/ lost']);

  // Back for less than the time between two looks.
  network.mend('ana', 'ben');
  while (ana.neighbourhood.sessions().length === 0) await timers.advance(10);
  network.cut('ana', 'ben');
  await timers.advance(1_000);
  expect(ana.events.log.at(-1)).toBe('down dtn://ben/ lost');
});

test('one host cannot take all the room for incoming connections', async () => {
  const { timers, network, node } = world();
  const ana = await node('ana', [], { maxIncomingPerHost: 2 });
  for (const name of ['b1', 'b2', 'b3']) await node(name, ['ana'], { transport: network.host('crowd') });
  await node('lone', ['ana']);
  await timers.advance(20_000);
  expect(ana.neighbourhood.sessions().length).toBe(3);
});

describe('foreign neighbours', () => {
  /** A peer that hangs up on any session extension item, as dtn7-rs does. @param hasty it speaks before it has read */
  function picky(network: MemoryNetwork, name: string, hasty = false) {
    const heard: string[][] = [];
    const ours = init({ nodeId: `dtn://${name}/`, keepaliveSeconds: 0 });
    void network.host(name).listen({ host: name, port: PORT }, (connection) => {
      const peer = scriptedPeer(connection as never);
      heard.push(peer.heard);
      let greeted = false;
      const original = peer.messages.push.bind(peer.messages);
      peer.messages.push = (...items) => {
        for (const item of items) {
          if (item.type === 'contact' && !greeted) {
            greeted = true;
            peer.say(CONTACT);
            if (hasty) peer.say(ours);
          } else if (item.type === 'sess-init') {
            if (item.extensions.length > 0) peer.end.drop();
            else if (!hasty) peer.say(ours);
          }
        }
        return original(...items);
      };
    });
    return heard;
  }

  test('one that chokes on our offer is dialled again without it, and remembered', async () => {
    const { timers, network, node } = world();
    picky(network, 'old');
    const ana = await node('ana', ['old']);
    await timers.advance(3_000);
    expect(ana.events.log).toEqual(['up dtn://old/ active']);
    expect(ana.neighbourhood.sessions()[0]?.gossip).toBe(false);
    expect(network.dials.length).toBe(2);
    network.resetAll();
    await timers.advance(3_000);
    expect(network.dials.length).toBe(3);
    expect(peersOf(ana)).toEqual(['dtn://old/ active']);
  });

  test('one that chokes on our offer after it sent its own SESS_INIT (dtn7-rs) is dialled again without it, too', async () => {
    const { timers, network, node } = world();
    picky(network, 'hasty', true);
    const ana = await node('ana', ['hasty']);
    await timers.advance(30_000);
    expect(ana.events.log).toEqual(['up dtn://hasty/ active']);
    expect(network.dials.length).toBe(2);
    network.resetAll();
    await timers.advance(30_000);
    expect(network.dials.length).toBe(3);
    expect(peersOf(ana)).toEqual(['dtn://hasty/ active']);
  });

  /** Ana dials Ben, and the connection breaks right after her SESS_INIT. */
  async function cutHandshake({ timers, network }: World, ana: Node) {
    ana.neighbourhood.redialNow();
    await timers.advance(3);
    network.resetAll();
  }

  test('one of ours that was cut in the handshake is dialled with the offer again, once it was known to gossip', async () => {
    const here = world();
    const ana = await here.node('ana', ['ben']);
    const caller = await here.node('ben', ['ana'], { transport: here.network.host('ben-on-the-move') });
    await here.timers.advance(20_000);
    expect(ana.events.log).toEqual(['up dtn://ben/ passive']);
    void caller.neighbourhood.stop();
    await here.timers.advance(30_000);
    await here.node('ben', []);
    await cutHandshake(here, ana);
    await here.timers.advance(10_000);
    expect(ana.neighbourhood.sessions()[0]?.gossip).toBe(true);
    expect(ana.events.log.filter((line) => line.startsWith('up')).length).toBe(2);
  });

  test('an address that gossiped before is never doubted', async () => {
    const here = world();
    const ana = await here.node('ana', ['ben']);
    await here.node('ben', []);
    await here.timers.advance(20_000);
    here.network.resetAll();
    for (let turn = 0; turn < 5; turn++) await cutHandshake(here, ana);
    await here.timers.advance(30_000);
    expect(ana.neighbourhood.sessions()[0]?.gossip).toBe(true);
  });
});

describe('discovery', () => {
  interface Scripted extends Discovery {
    found: DiscoveryStart | undefined;
    stopped: boolean;
    readonly doubted: string[];
  }

  function scripted(): Scripted {
    return {
      found: undefined,
      stopped: false,
      doubted: [],
      met: () => {},
      doubt(host) {
        this.doubted.push(host);
      },
      start(options) {
        this.found = options;
      },
      async stop() {
        this.stopped = true;
      },
    };
  }

  test('an announced node is dialled at once, and again when it is announced anew', async () => {
    const { timers, network, node } = world();
    const discovery = scripted();
    const ana = await node('ana', [], { discovery });
    expect(discovery.found).toMatchObject({ nodeEid: 'dtn://ana/', port: PORT });
    discovery.found?.onPeer({ host: 'ben', port: PORT, nodeEid: 'dtn://ben/' });
    await timers.advance(600_000);
    // Given up: nobody was there.
    const before = network.dials.length;
    expect(before).toBeLessThan(10);
    expect(discovery.doubted).toEqual(['ben']);
    await node('ben', []);
    discovery.found?.onPeer({ host: 'ben', port: PORT, nodeEid: 'dtn://ben/' });
    await timers.advance(100);
    expect(peersOf(ana)).toEqual(['dtn://ben/ active']);
    discovery.found?.onPeer({ host: 'ben', port: PORT, nodeEid: 'dtn://ben/' });
    discovery.found?.onPeer({ host: 'ben-other-address', port: PORT, nodeEid: 'dtn://ben/' });
    await timers.advance(100);
    expect(network.dials.length).toBe(before + 1);
  });

  test('our own announcement is not dialled, and of two nodes the one with the lower id dials first', async () => {
    const { timers, network, node } = world();
    const [atAna, atBen] = [scripted(), scripted()];
    const ana = await node('ana', [], { discovery: atAna });
    const ben = await node('ben', [], { discovery: atBen });
    atBen.found?.onPeer({ host: 'ben', port: PORT, nodeEid: 'dtn://ben/' });
    atBen.found?.onPeer({ host: 'ana', port: PORT, nodeEid: 'dtn://ana/' });
    atAna.found?.onPeer({ host: 'ben', port: PORT, nodeEid: 'dtn://ben/' });
    await timers.advance(5_000);
    expect(network.dials.map(({ from, to }) => `${from} ${to}`)).toEqual(['ana ben']);
    expect([...ana.events.log, ...ben.events.log]).toEqual(['up dtn://ben/ active', 'up dtn://ana/ passive']);
  });

  test('announcements without a name: one session, and an address whose session was dialled by the other side is not dialled', async () => {
    const { timers, network, node } = world();
    const [atAna, atBen] = [scripted(), scripted()];
    await node('ana', [], { discovery: atAna });
    await node('ben', [], { discovery: atBen });
    atAna.found?.onPeer({ host: 'ben', port: PORT, label: 'ccc', theyDialFirst: true });
    atBen.found?.onPeer({ host: 'ana', port: PORT, label: 'ddd', theyDialFirst: false });
    await timers.advance(20_000);
    // The name changes, the address stays.
    atAna.found?.onPeer({ host: 'ben', port: PORT, label: 'eee', theyDialFirst: false });
    await timers.advance(20_000);
    expect(network.dials.map(({ from, to }) => `${from} ${to}`)).toEqual(['ben ana']);
    network.resetAll();
    await timers.advance(10_000);
    expect(network.dials.length).toBeGreaterThan(1);
  });

  test('other addresses under a neighbour’s label wait, whatever is announced, and are looked at once', async () => {
    const { timers, network, node } = world();
    const discovery = scripted();
    const ana = await node('ana', [], { discovery });
    await node('ben', []);
    network.alias('ben-ipv6', 'ben');
    await node('carl', []);
    const say = () => {
      // Somebody forges an announcement: Carl's address under Ben's label.
      for (const host of ['ben', 'ben-ipv6', 'carl']) discovery.found?.onPeer({ host, port: PORT, label: 'bbb' });
    };
    for (let second = 0; second < 55; second += 5) {
      say();
      await timers.advance(5_000);
    }
    expect(network.dials.map(({ to }) => to)).toEqual(['ben']);
    await timers.advance(10_000);
    expect(peersOf(ana)).toEqual(['dtn://ben/ active', 'dtn://carl/ active']);
    for (let minute = 0; minute < 10; minute++) {
      say();
      await timers.advance(60_000);
    }
    expect(network.dials.map(({ to }) => to).sort()).toEqual(['ben', 'ben-ipv6', 'carl']);
  });

  test('an address that does not answer is dialled at its own pace, however often it is announced', async () => {
    const { timers, network, node } = world();
    const discovery = scripted();
    await node('ana', [], { discovery });
    for (let turn = 0; turn < 600; turn++) {
      discovery.found?.onPeer({ host: 'victim', port: PORT, label: `label-${turn}` });
      await timers.advance(100);
    }
    expect(network.dials.length).toBeLessThan(30);
  });

  test('where nobody was announced, one dial is enough', async () => {
    const { timers, network, node } = world();
    const discovery = scripted();
    await node('ana', [], { discovery });
    discovery.found?.onPeer({ host: 'ben', port: PORT, nodeEid: 'dtn://ben/', once: true });
    await timers.advance(60_000);
    expect(network.dials.length).toBe(1);
  });

  test('where a node takes connections is told once its session has lasted', async () => {
    const { timers, node } = world();
    const met: string[] = [];
    const discovery = {
      ...scripted(),
      met: (nodeEid: string, { host, port }: Endpoint) => met.push(`${nodeEid} ${host} ${port}`),
    };
    await node('ana', [], { discovery });
    await node('10.0.0.2', ['ana'], { nodeEid: 'dtn://ben/' });
    await timers.advance(2_000);
    expect(met).toEqual([]);
    await timers.advance(2_000);
    expect(met).toEqual([`dtn://ben/ 10.0.0.2 ${PORT}`]);
  });

  test('a flood of announcements is not a flood of dials', async () => {
    const { timers, network, node } = world();
    const discovery = scripted();
    await node('ana', [], { discovery });
    for (let turn = 0; turn < 1_000; turn++) {
      discovery.found?.onPeer({ host: `ghost-${turn}`, port: PORT, nodeEid: `dtn://ghost-${turn}/` });
    }
    await timers.advance(100);
    expect(network.dials.length).toBeLessThanOrEqual(64);
  });

  test('another network is a reason to dial everybody', async () => {
    const { timers, network, node } = world();
    const own = ['ana'];
    // Only a network brings the next dial forward: the usual waits are longer than this test.
    const backoff = { firstMs: 3_600_000, capMs: 3_600_000 };
    await node('ana', ['ben'], { networks: watchedNetworks(timers, () => own), backoff });
    await timers.advance(60_500);
    expect(network.dials.length).toBe(1);
    own.push('ana-elsewhere');
    await timers.advance(600);
    expect(network.dials.length).toBe(2);
  });
});

describe('stopping', () => {
  test('says goodbye, takes less than a second, and leaves nothing behind', async () => {
    const { timers, node } = world();
    const ana = await node('ana', ['ben', 'nobody']);
    const ben = await node('ben', []);
    await timers.advance(10_000);
    expect(await stopped(timers, ana.neighbourhood)).toBeLessThan(1_000);
    expect(ana.events.log.at(-1)).toBe('down dtn://ben/ terminated');
    expect(ben.events.log.at(-1)).toBe('down dtn://ana/ terminated-by-peer');
    await stopped(timers, ben.neighbourhood);
    await timers.advance(1_000);
    expect(timers.pending).toBe(0);
  });

  test('does not wait for a peer that is gone', async () => {
    const { timers, network, node } = world();
    const ana = await node('ana', ['ben']);
    await node('ben', []);
    await timers.advance(10_000);
    void ana.neighbourhood.sessions()[0]?.sendBundle(new Uint8Array(100_000));
    network.cut('ana', 'ben');
    expect(await stopped(timers, ana.neighbourhood)).toBeLessThan(1_000);
  });
});

describe('which of two sessions stays', () => {
  const gossip = (bootId: string, dialNumber: number) => ({ version: 1, bootId, dialNumber, port: PORT });
  const alive = { ending: false, proved: false, quiet: false };
  const active = (dial: number) => ({ ...alive, role: 'active' as const, gossip: gossip('aa', dial) });
  const passive = (dial: number) => ({ ...alive, role: 'passive' as const, gossip: gossip('aa', dial) });
  const stranger = (contender: Contender) => ({ ...contender, gossip: gossip('bb', 1) });
  const plain = (contender: Contender) => ({ ...contender, gossip: undefined });

  test.each([
    ['the lower id’s dial beats the other’s', active(1), passive(1), 'keep-old-if-alive'],
    ['also when it is the newer one', passive(1), active(1), 'take-new'],
    ['the earlier of two dials in one direction', passive(1), passive(2), 'keep-old-if-alive'],
    ['even when it is seen later', passive(2), passive(1), 'take-new'],
    ['across the wrap of the counter', passive(0xffff_ffff), passive(0), 'keep-old-if-alive'],
    ['another process proves first that the old one is dead', passive(1), stranger(active(1)), 'keep-old-if-alive'],
    ['gossip beats none', plain(active(1)), passive(1), 'take-new'],
    ['also when it is there already', passive(1), plain(active(1)), 'keep-old-if-alive'],
    ['a foreign peer that dials again has lost its first session', plain(passive(1)), plain(passive(1)), 'take-new'],
    ['a session that says goodbye is no rival', { ...active(1), ending: true }, passive(1), 'take-new'],
    ['nor one that has been quiet for too long', { ...active(1), quiet: true }, passive(1), 'take-new'],
    ['a plain session cannot be probed', plain(active(1)), plain(passive(1)), 'keep-old'],
  ])('%s', (_why, old, fresh, verdict) => {
    expect(judge('dtn://ana/', 'dtn://ben/', old, fresh)).toBe(verdict);
  });
});
