/** Discovery on a network in memory: what is announced, what is asked, what is believed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import {
  hostOf,
  instanceOf,
  labelOf,
  readPacket,
  SERVICE_LIST,
  SERVICE_TYPE,
  type ServicePacket,
} from '../../src/link/discovery/mdns/records.js';
import { isOnLink } from '../../src/link/discovery/on-link.js';
import { createDiscovery, type Discovery, type FoundPeer } from '../../src/link/index.js';
import { type FakeLaptop, type FakeLink, fakeLink } from './support/fake-multicast.js';
import { type FakeTimers, fakeTimers } from './support/fake-timers.js';

const PEER = { address: '10.0.0.9', port: 5353 };

interface Laptop {
  readonly discovery: Discovery;
  readonly found: FoundPeer[];
  readonly lines: string[];
}

let seed = 0;

function laptop(timers: FakeTimers, view: FakeLaptop, nodeEid: string, port: number | 'none' = 4556): Laptop {
  const found: FoundPeer[] = [];
  const lines: string[] = [];
  const log = { ...SILENT, info: (line: string) => void lines.push(line) };
  const { interfaces, mdns } = view;
  const discovery = createDiscovery({ timers, random: seededRandom(++seed), log, interfaces, mdns, beacons: false });
  discovery.start({ nodeEid, port: port === 'none' ? undefined : port, onPeer: (peer) => found.push(peer) });
  return { discovery, found, lines };
}

/** What a laptop calls itself at the moment. */
function labelAt(link: FakeLink, address: string): string {
  for (const { from, packet } of [...link.sent].reverse()) {
    for (const { type, ttl, name } of from === address ? packet.answers : []) {
      if (type === 'SRV' && ttl > 0) return labelOf(name) ?? '';
    }
  }
  throw new Error(`nothing was announced at ${address}`);
}

function alone(nodeEid = 'dtn://ana/', port?: number) {
  const timers = fakeTimers();
  const link = fakeLink(timers);
  return { timers, link, ana: laptop(timers, link.laptop('10.0.0.1'), nodeEid, port) };
}

/** What a peer at 10.0.0.9 would announce, with parts changed. */
function announcement(
  change: { label?: string; port?: number; ttl?: number; addresses?: string[]; instance?: string } = {},
) {
  const label = change.label ?? 'ben';
  const host = hostOf(label);
  const instance = change.instance ?? instanceOf(label);
  const ttl = change.ttl ?? 120;
  return {
    type: 'response',
    answers: [
      { name: SERVICE_TYPE, type: 'PTR', ttl, data: instance },
      { name: instance, type: 'SRV', ttl, data: { port: change.port ?? 4556, target: host, priority: 0, weight: 0 } },
      { name: instance, type: 'TXT', ttl, data: [Buffer.from('txtvers=1')] },
    ],
    additionals: (change.addresses ?? [PEER.address]).map((data) => ({ name: host, type: 'A', ttl, data })),
  };
}

function responses(link: FakeLink): ServicePacket[] {
  return link.sent.flatMap(({ packet }) => (packet.type === 'response' ? [packet] : []));
}

function queries(link: FakeLink) {
  return link.sent.filter(({ packet }) => packet.type === 'query' && packet.authorities.length === 0);
}

describe('two laptops on one network', () => {
  test('find each other within a second, under names that say nothing of them', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const ana = laptop(timers, link.laptop('10.0.0.1'), 'dtn://ana/', 1111);
    const ben = laptop(timers, link.laptop('10.0.0.2'), 'dtn://ben/', 2222);
    await timers.advance(1_000);
    const [anas, bens] = [labelAt(link, '10.0.0.1'), labelAt(link, '10.0.0.2')];
    expect(ana.found).toEqual([{ host: '10.0.0.2', port: 2222, label: bens, theyDialFirst: bens < anas }]);
    expect(ben.found).toEqual([{ host: '10.0.0.1', port: 1111, label: anas, theyDialFirst: anas < bens }]);
    expect(JSON.stringify(link.sent)).not.toMatch(/ana|ben/);
  });

  test('one that comes later is found at once, one that left is not reported any more', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const ana = laptop(timers, link.laptop('10.0.0.1'), 'dtn://ana/');
    await timers.advance(600_000);
    const ben = laptop(timers, link.laptop('10.0.0.2'), 'dtn://ben/');
    await timers.advance(1_000);
    expect(ana.found.length).toBe(1);
    void ben.discovery.stop();
    await timers.advance(1_000);
    const before = ana.found.length;
    await timers.advance(600_000);
    expect(ana.found.length).toBe(before);
  });
});

describe('the label', () => {
  test('changes every quarter of an hour, and the old one is taken back', async () => {
    const { timers, link } = alone();
    const labels = new Set<string>();
    for (let minute = 0; minute < 60; minute++) {
      await timers.advance(60_000);
      labels.add(labelAt(link, '10.0.0.1'));
    }
    expect(labels.size).toBeGreaterThanOrEqual(3);
    expect(labels.size).toBeLessThanOrEqual(6);
    const taken = responses(link).flatMap(({ answers }) =>
      answers.filter(({ type, ttl }) => type === 'SRV' && ttl === 0).map(({ name }) => labelOf(name)),
    );
    expect(taken).toEqual([...labels].slice(0, -1));
  });

  test('is another one on another network, and stays when the network only gives another address', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const view = link.laptop('10.0.0.1');
    let ipv6: readonly { readonly address: string; readonly cidr: string }[] = [];
    const interfaces = () => view.interfaces().map((on) => ({ ...on, ipv6 }));
    laptop(timers, { ...view, interfaces }, 'dtn://ana/');
    await timers.advance(5_000);
    const first = labelAt(link, '10.0.0.1');
    ipv6 = [{ address: 'fd00::1', cidr: 'fd00::1/64' }];
    await timers.advance(5_000);
    expect(labelAt(link, '10.0.0.1')).toBe(first);
    expect(responses(link).at(-1)?.answers.at(-1)).toMatchObject({ type: 'AAAA', data: 'fd00::1' });
    view.addresses[0] = '10.0.1.1';
    await timers.advance(5_000);
    expect(labelAt(link, '10.0.1.1')).not.toBe(first);
    // Nothing on the new network names the old one.
    const later = link.sent.filter(({ from }) => from === '10.0.1.1');
    expect(JSON.stringify(later)).not.toContain(first);
  });
});

describe('announcing', () => {
  test('probes, announces twice, and takes everything back at the end', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(3_000);
    const probe = link.sent.find(({ packet }) => packet.authorities.length > 0);
    expect(probe?.packet.questions).toEqual([{ name: instanceOf(labelAt(link, '10.0.0.1')), type: 'ANY' }]);
    expect(responses(link).length).toBe(2);
    expect(responses(link)[0]?.answers.map(({ type }) => type)).toEqual(['PTR', 'SRV', 'TXT', 'A']);
    void ana.discovery.stop();
    await timers.advance(1_000);
    const goodbye = responses(link)[2];
    expect(goodbye?.answers.map(({ type, ttl }) => `${type} ${ttl}`)).toEqual(['PTR 0', 'SRV 0', 'TXT 0', 'A 0']);
    expect(timers.pending).toBe(0);
  });

  test('a node that takes no connections only looks', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    laptop(timers, link.laptop('10.0.0.1'), 'dtn://ana/', 'none');
    await timers.advance(60_000);
    expect(responses(link)).toEqual([]);
    expect(queries(link).length).toBeGreaterThan(3);
  });

  test('another node with our instance name makes us take another', async () => {
    const { timers, link } = alone();
    await timers.advance(3_000);
    const label = labelAt(link, '10.0.0.1');
    link.inject(announcement({ instance: instanceOf(label) }), PEER);
    await timers.advance(3_000);
    const another = labelAt(link, '10.0.0.1');
    expect(another).not.toBe(label);
    // Nobody can make us change names without end.
    const before = link.sent.length;
    for (let turn = 0; turn < 100; turn++) {
      link.inject(announcement({ instance: instanceOf(labelAt(link, '10.0.0.1')) }), PEER);
      await timers.advance(1_000);
    }
    expect(link.sent.length).toBeLessThan(before + 60);
  });

  test('the list of service types is for those who ask for it', async () => {
    const { timers, link } = alone();
    await timers.advance(10_000);
    link.inject({ type: 'query', questions: [{ name: SERVICE_LIST, type: 'PTR' }] }, PEER);
    await timers.advance(200);
    expect(responses(link).at(-1)?.answers[0]).toMatchObject({ name: SERVICE_LIST, data: SERVICE_TYPE });
  });

  test('answers after a moment, to everybody at once, and not more than once a second', async () => {
    const { timers, link } = alone();
    await timers.advance(10_000);
    const before = responses(link).length;
    const asked = timers.now();
    for (let turn = 0; turn < 20; turn++) {
      link.inject({ type: 'query', questions: [{ name: SERVICE_TYPE.toUpperCase(), type: 'PTR' }] }, PEER);
      await timers.advance(10);
    }
    await timers.advance(790);
    expect(responses(link).length).toBe(before + 1);
    const delay = (link.sent.findLast(({ packet }) => packet.type === 'response')?.at ?? 0) - asked;
    expect(delay).toBeGreaterThanOrEqual(20);
    expect(delay).toBeLessThanOrEqual(130);
  });

  test('does not tell those who know', async () => {
    const { timers, link } = alone();
    await timers.advance(10_000);
    const before = responses(link).length;
    const known = { name: SERVICE_TYPE, type: 'PTR', data: instanceOf(labelAt(link, '10.0.0.1')) };
    const question = { name: SERVICE_TYPE, type: 'PTR' };
    link.inject({ type: 'query', questions: [question], answers: [{ ...known, ttl: 1_000 }] }, PEER);
    await timers.advance(2_000);
    expect(responses(link).length).toBe(before);
    link.inject({ type: 'query', questions: [question], answers: [{ ...known, ttl: 100 }] }, PEER);
    await timers.advance(2_000);
    expect(responses(link).length).toBe(before + 1);
    // The rest of a list that did not fit into one packet.
    link.inject({ type: 'query', questions: [question], flag_tc: true }, PEER);
    await timers.advance(200);
    link.inject({ type: 'query', questions: [], answers: [{ ...known, ttl: 1_000 }] }, PEER);
    await timers.advance(2_000);
    expect(responses(link).length).toBe(before + 1);
  });

  test('an asker of plain DNS gets its answer for itself, with a short life', async () => {
    const { timers, link } = alone();
    await timers.advance(10_000);
    const asker = { address: '10.0.0.9', port: 50_000 };
    link.inject({ type: 'query', id: 77, questions: [{ name: SERVICE_TYPE, type: 'PTR' }] }, asker);
    await timers.advance(10);
    const answer = link.sent.at(-1);
    expect(answer).toMatchObject({ to: asker, packet: { id: 77, questions: [{ name: SERVICE_TYPE }] } });
    expect(answer?.packet.answers.every(({ ttl }) => ttl <= 10)).toBe(true);
    // The asker's address may be forged: nobody is flooded through us.
    for (let turn = 0; turn < 20; turn++) {
      link.inject({ type: 'query', id: turn, questions: [{ name: SERVICE_TYPE, type: 'PTR' }] }, asker);
    }
    await timers.advance(500);
    expect(link.sent.filter(({ to }) => to !== undefined).length).toBe(2);
  });
});

describe('looking', () => {
  test('asks at once and then ever more rarely, and names whom it knows', async () => {
    const { timers, link } = alone();
    await timers.advance(1_000);
    link.inject(announcement({ ttl: 4_500 }), PEER);
    await timers.advance(600_000);
    const times = queries(link).map(({ at }) => at);
    expect(times[0]).toBeLessThan(130);
    expect(times.length).toBeLessThan(20);
    const lastPause = (times.at(-1) ?? 0) - (times.at(-2) ?? 0);
    expect(lastPause).toBeGreaterThanOrEqual(54_000);
    expect(lastPause).toBeLessThanOrEqual(66_000);
    expect(queries(link).at(-1)?.packet.answers).toMatchObject([
      { type: 'PTR', data: instanceOf(labelAt(link, '10.0.0.1')) },
      { type: 'PTR', data: instanceOf('ben') },
    ]);
  });

  test('a question that somebody else asks is not asked again, unless they know more than we', async () => {
    const { timers, link } = alone();
    await timers.advance(1_000);
    link.inject(announcement({ ttl: 1_200 }), PEER);
    await timers.advance(200_000);
    const question = { type: 'query', questions: [{ name: SERVICE_TYPE, type: 'PTR' }] };
    const pointer = (label: string) => ({ name: SERVICE_TYPE, type: 'PTR', ttl: 1_000, data: instanceOf(label) });
    /** When the next question comes, if that packet is heard first. */
    const next = async (overheard: object) => {
      const before = queries(link).length;
      while (queries(link).length === before) await timers.advance(100);
      await timers.advance(30_000);
      link.inject(overheard, PEER);
      const heardAt = timers.now();
      while (queries(link).length === before + 1) await timers.advance(100);
      return timers.now() - heardAt;
    };
    expect(await next({ ...question, answers: [pointer('stranger')] })).toBeLessThan(40_000);
    expect(await next({ ...question, answers: [pointer('ben')] })).toBeGreaterThan(50_000);
    // Of the asker itself nobody else can tell us.
    link.inject(announcement({ ttl: 0 }), PEER);
    expect(await next(question)).toBeLessThan(40_000);
  });

  test('nobody can keep us from asking by asking all the time', async () => {
    const { timers, link } = alone();
    await timers.advance(1_000);
    link.inject(announcement({ ttl: 4_500 }), PEER);
    await timers.advance(300_000);
    const before = queries(link).length;
    for (let turn = 0; turn < 60; turn++) {
      await timers.advance(10_000);
      link.inject({ type: 'query', questions: [{ name: SERVICE_TYPE, type: 'PTR' }] }, PEER);
    }
    expect(queries(link).length).toBeGreaterThanOrEqual(before + 5);
  });

  test('a peer that is announced anew is reported anew, but not with every packet', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    for (let turn = 0; turn < 10; turn++) link.inject(announcement(), PEER);
    await timers.advance(1_000);
    expect(ana.found).toMatchObject([{ host: PEER.address, port: 4556, label: 'ben' }]);
    await timers.advance(10_000);
    link.inject(announcement(), PEER);
    await timers.advance(10);
    expect(ana.found.length).toBe(2);
    link.inject(announcement({ port: 4557 }), PEER);
    await timers.advance(10);
    expect(ana.found.at(-1)).toMatchObject({ port: 4557 });
  });

  test('a node that does not answer is forgotten and asked for anew', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    link.inject(announcement({ ttl: 1_200 }), PEER);
    await timers.advance(300_000);
    const before = queries(link).length;
    ana.discovery.doubt(PEER.address);
    ana.discovery.doubt('10.0.0.99');
    await timers.advance(9_000);
    expect(queries(link).length).toBe(before + 4);
    expect(queries(link).at(-1)?.packet.answers).toMatchObject([{ data: instanceOf(labelAt(link, '10.0.0.1')) }]);
  });

  test('what an answer leaves out is asked for', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    const whole = announcement();
    link.inject({ type: 'response', answers: whole.answers.slice(0, 1) }, PEER);
    await timers.advance(10);
    expect(link.sent.at(-1)?.packet.questions).toContainEqual({ name: instanceOf('ben'), type: 'SRV' });
    link.inject({ type: 'response', answers: whole.answers.slice(1) }, PEER);
    await timers.advance(10);
    expect(ana.found).toEqual([]);
    link.inject({ type: 'response', answers: whole.additionals }, PEER);
    await timers.advance(10);
    expect(ana.found.length).toBe(1);
  });

  test.each([
    ['from another network', announcement(), { address: '192.168.7.7', port: 5353 }],
    ['from another port', announcement(), { address: PEER.address, port: 9999 }],
    [
      'that names addresses of another network',
      announcement({ addresses: ['8.8.8.8', '127.0.0.1', '192.168.0.1'] }),
      PEER,
    ],
    ['that names no address but words', announcement({ addresses: ['example.org', '', '10.0.0'] }), PEER],
    ['that names our own address', announcement({ addresses: ['10.0.0.1'] }), PEER],
    ['that names everybody', announcement({ addresses: ['10.0.0.255'] }), PEER],
    ['with a port of the system', announcement({ port: 25 }), PEER],
    ['of another service', announcement({ instance: 'ben._http._tcp.local' }), PEER],
    ['with port 0', announcement({ port: 0 }), PEER],
  ])('an answer %s is not believed', async (_what, packet, from) => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    link.inject(packet, from);
    await timers.advance(100);
    expect(ana.found).toEqual([]);
  });

  test('few addresses of one node are reported, the one it speaks from first', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    const addresses = Array.from({ length: 50 }, (_each, index) => `10.0.0.${100 + index}`);
    link.inject(announcement({ addresses: [...addresses.slice(0, 20), PEER.address, ...addresses.slice(20)] }), PEER);
    await timers.advance(100);
    expect(ana.found.length).toBe(4);
    expect(ana.found[0]?.host).toBe(PEER.address);
  });

  test('a storm of packets is not looked at whole', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    for (let turn = 0; turn < 5_000; turn++) link.inject(announcement({ label: `ghost-${turn}` }), PEER);
    await timers.advance(900);
    expect(ana.found.length).toBeLessThanOrEqual(20);
  });
});

describe('networks that come and go', () => {
  test('no network is said once, and the first one that comes is used', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const view = link.laptop();
    const ana = laptop(timers, view, 'dtn://ana/');
    await timers.advance(60_000);
    expect(ana.lines).toEqual(['no network to look for neighbours on; waiting for one']);
    view.addresses.push('10.0.0.1');
    await timers.advance(1_200);
    expect(queries(link).length).toBeGreaterThan(0);
    view.addresses[0] = '10.0.1.1';
    await timers.advance(2_500);
    expect(responses(link).at(-1)?.answers.at(-1)).toMatchObject({ type: 'A', data: '10.0.1.1' });
  });

  test('a network without multicast costs one line and nothing else', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const view = link.laptop('10.0.0.1');
    view.failsToOpen = true;
    const ana = laptop(timers, view, 'dtn://ana/');
    await timers.advance(600_000);
    expect(ana.lines).toEqual(['no multicast DNS on this network']);
    // It may have been a bad moment.
    view.failsToOpen = false;
    await timers.advance(65_000);
    expect(responses(link).length).toBeGreaterThan(0);
    void ana.discovery.stop();
    await timers.advance(100);
    expect(timers.pending).toBe(0);
  });
});

describe('reading packets', () => {
  test('anything at all is read or left out, never thrown at', () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.anything()), (packet, records) => {
        readPacket(packet);
        const read = readPacket({ type: 'response', answers: records, questions: records, additionals: packet });
        expect(read?.type).toBe('response');
      }),
    );
  });

  test('names that could play tricks on a screen are left out', () => {
    const read = readPacket({
      type: 'query',
      questions: [
        { name: 'a\u001b[2J.local', type: 'PTR' },
        { name: 'ok', type: 'A' },
      ],
    });
    expect(read?.questions).toEqual([{ name: 'ok', type: 'A' }]);
  });

  test.each([
    ['10.0.0.77', true],
    ['10.0.1.77', false],
    ['fd00::1234', true],
    ['fd01::1', false],
    ['fe80::1%eth0', false],
    ['not an address', false],
  ])('%s on our link: %s', (address, expected) => {
    const networks = [
      { address: '10.0.0.1', cidr: '10.0.0.1/24' },
      { address: 'fd00::2', cidr: 'fd00::2/64' },
    ];
    expect(isOnLink(address, networks)).toBe(expected);
  });
});
