/** Discovery on a network in memory: what is announced, what is asked, what is believed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SILENT, seededRandom, utf8 } from '../../src/base/index.js';
import { isOnLink } from '../../src/link/discovery/on-link.js';
import { namesOf, nodeEidOf, readPacket, SERVICE_TYPE, type ServicePacket } from '../../src/link/discovery/records.js';
import { createDiscovery, type Discovery, type FoundPeer, type Multicast } from '../../src/link/index.js';
import { type FakeLink, fakeLink } from './support/fake-multicast.js';
import { type FakeTimers, fakeTimers } from './support/fake-timers.js';

const PEER = { address: '10.0.0.9', port: 5353 };

interface Laptop {
  readonly discovery: Discovery;
  readonly found: FoundPeer[];
  readonly lines: string[];
}

function laptop(timers: FakeTimers, multicast: Multicast, nodeEid: string, port: number | undefined = 4556): Laptop {
  const found: FoundPeer[] = [];
  const lines: string[] = [];
  const log = { ...SILENT, info: (line: string) => void lines.push(line) };
  const discovery = createDiscovery({ timers, random: seededRandom(nodeEid.length), log, multicast });
  discovery.start({ nodeEid, port, onPeer: (peer) => found.push(peer) });
  return { discovery, found, lines };
}

function alone(nodeEid = 'dtn://ana/', port?: number) {
  const timers = fakeTimers();
  const link = fakeLink(timers);
  return { timers, link, ana: laptop(timers, link.laptop('10.0.0.1'), nodeEid, port) };
}

/** What a peer at 10.0.0.9 would announce, with parts changed. */
function announcement(
  change: { nodeEid?: string; port?: number; ttl?: number; addresses?: string[]; instance?: string } = {},
) {
  const nodeEid = change.nodeEid ?? 'dtn://ben/';
  const { instance: plain, host } = namesOf(nodeEid, 1);
  const instance = change.instance ?? plain;
  const ttl = change.ttl ?? 120;
  return {
    type: 'response',
    answers: [
      { name: SERVICE_TYPE, type: 'PTR', ttl, data: instance },
      { name: instance, type: 'SRV', ttl, data: { port: change.port ?? 4556, target: host, priority: 0, weight: 0 } },
      { name: instance, type: 'TXT', ttl, data: [Buffer.from('txtvers=1'), Buffer.from(`node=${nodeEid}`)] },
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
  test('find each other within a second, with the node id as a hint', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const ana = laptop(timers, link.laptop('10.0.0.1'), 'dtn://ana/', 1111);
    const ben = laptop(timers, link.laptop('10.0.0.2'), 'dtn://ben/', 2222);
    await timers.advance(1_000);
    expect(ana.found).toContainEqual({ host: '10.0.0.2', port: 2222, nodeEid: 'dtn://ben/' });
    expect(ben.found).toContainEqual({ host: '10.0.0.1', port: 1111, nodeEid: 'dtn://ana/' });
    expect(ana.found.every(({ nodeEid }) => nodeEid === 'dtn://ben/')).toBe(true);
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

describe('announcing', () => {
  test('probes, announces twice, and takes everything back at the end', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(3_000);
    const probe = link.sent.find(({ packet }) => packet.authorities.length > 0);
    expect(probe?.packet.questions).toEqual([{ name: `ana.${SERVICE_TYPE}`, type: 'ANY' }]);
    expect(responses(link).length).toBe(2);
    expect(responses(link)[0]?.answers.map(({ type }) => type)).toEqual(['PTR', 'PTR', 'SRV', 'TXT', 'A']);
    void ana.discovery.stop();
    await timers.advance(1_000);
    const goodbye = responses(link)[2];
    expect(goodbye?.answers.map(({ type, ttl }) => `${type} ${ttl}`)).toEqual(['PTR 0', 'SRV 0', 'TXT 0', 'A 0']);
    expect(timers.pending).toBe(0);
  });

  test('a node that takes no connections only looks', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const discovery = createDiscovery({
      timers,
      random: seededRandom(1),
      log: SILENT,
      multicast: link.laptop('10.0.0.1'),
    });
    discovery.start({ nodeEid: 'dtn://ana/', port: undefined, onPeer: () => {} });
    await timers.advance(60_000);
    expect(responses(link)).toEqual([]);
    expect(queries(link).length).toBeGreaterThan(3);
  });

  test('another node with our instance name makes us take another', async () => {
    const { timers, link } = alone();
    await timers.advance(3_000);
    link.inject(announcement({ nodeEid: 'dtn://other/', instance: `ana.${SERVICE_TYPE}` }), PEER);
    await timers.advance(3_000);
    expect(responses(link).at(-1)?.answers[0]).toMatchObject({ data: `ana-2.${SERVICE_TYPE}` });
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
    const known = { name: SERVICE_TYPE, type: 'PTR', data: `ana.${SERVICE_TYPE}` };
    const question = { name: SERVICE_TYPE, type: 'PTR' };
    link.inject({ type: 'query', questions: [question], answers: [{ ...known, ttl: 4_000 }] }, PEER);
    await timers.advance(2_000);
    expect(responses(link).length).toBe(before);
    link.inject({ type: 'query', questions: [question], answers: [{ ...known, ttl: 100 }] }, PEER);
    await timers.advance(2_000);
    expect(responses(link).length).toBe(before + 1);
    // The rest of a list that did not fit into one packet.
    link.inject({ type: 'query', questions: [question], flag_tc: true }, PEER);
    await timers.advance(200);
    link.inject({ type: 'query', questions: [], answers: [{ ...known, ttl: 4_000 }] }, PEER);
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
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(60_000);
    expect(queries(link).at(-1)?.packet.answers).toMatchObject([
      { type: 'PTR', data: `ana.${SERVICE_TYPE}` },
      { type: 'PTR', data: `ben.${SERVICE_TYPE}` },
    ]);
  });

  test('a peer that is announced anew is reported anew, but not with every packet', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    for (let turn = 0; turn < 10; turn++) link.inject(announcement(), PEER);
    await timers.advance(1_000);
    expect(ana.found).toEqual([{ host: PEER.address, port: 4556, nodeEid: 'dtn://ben/' }]);
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
    link.inject(announcement({ ttl: 4_500 }), PEER);
    await timers.advance(300_000);
    const before = queries(link).length;
    ana.discovery.doubt('dtn://ben/');
    ana.discovery.doubt('dtn://nobody/');
    await timers.advance(8_000);
    expect(queries(link).length).toBe(before + 4);
    expect(queries(link).at(-1)?.packet.answers).toMatchObject([{ data: `ana.${SERVICE_TYPE}` }]);
  });

  test('what an answer leaves out is asked for', async () => {
    const { timers, link, ana } = alone();
    await timers.advance(1_000);
    const whole = announcement();
    link.inject({ type: 'response', answers: whole.answers.slice(0, 1) }, PEER);
    await timers.advance(10);
    expect(link.sent.at(-1)?.packet.questions).toContainEqual({ name: `ben.${SERVICE_TYPE}`, type: 'SRV' });
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
    ['without a node id', announcement({ nodeEid: '' }), PEER],
    ['with a node id that is none', announcement({ nodeEid: 'dtn:none' }), PEER],
    ['of ourselves', announcement({ nodeEid: 'dtn://ana/' }), PEER],
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
    for (let turn = 0; turn < 5_000; turn++) link.inject(announcement({ nodeEid: `dtn://ghost-${turn}/` }), PEER);
    await timers.advance(900);
    expect(ana.found.length).toBeLessThanOrEqual(200);
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
    expect(ana.lines).toEqual(['no discovery on this network']);
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
    [['txtvers=1', 'node=dtn://x/'], 'dtn://x/'],
    [['NODE=dtn://x/', 'node=dtn://y/'], 'dtn://x/'],
    [['txtvers=2', 'node=dtn://x/'], undefined],
    [['node'], undefined],
    [['=x', ''], undefined],
  ])('TXT %j names %s', (entries, nodeEid) => {
    expect(nodeEidOf(entries.map(utf8))).toBe(nodeEid);
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
