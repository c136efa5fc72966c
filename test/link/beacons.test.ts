/** Beacons: what a datagram says, when one is sent, and what is believed of those that come in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, SILENT, seededRandom, toHex } from '../../src/base/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import { decodeBeacon, encodeBeacon } from '../../src/link/discovery/beacon/beacon.js';
import { broadcastOf } from '../../src/link/discovery/interfaces.js';
import { createDiscovery, type FoundPeer } from '../../src/link/index.js';
import { fakeLink } from './support/fake-multicast.js';
import { fakeTimers } from './support/fake-timers.js';

const LABEL = 'abcdefghijk27';
const PEER = '10.0.0.9';

function alone(port: number | undefined = 4556) {
  const timers = fakeTimers();
  const link = fakeLink(timers);
  const { interfaces, beacons } = link.laptop('10.0.0.1');
  const found: FoundPeer[] = [];
  const random = seededRandom(1);
  const discovery = createDiscovery({ timers, random, log: SILENT, interfaces, mdns: false, beacons });
  discovery.start({ nodeEid: 'dtn://ana/', port, onPeer: (peer) => found.push(peer) });
  return { timers, link, discovery, found };
}

describe('the datagram', () => {
  /** The vectors of docs/protocol/links.md. */
  test.each([
    [{ label: LABEL, port: 4556 }, '846768656172736179016d6162636465666768696a6b32371911cc'],
    [{ label: '7777777777777', port: 65_535 }, '846768656172736179016d3737373737373737373737373719ffff'],
  ])('%j', (beacon, hex) => {
    expect(toHex(encodeBeacon(beacon))).toBe(hex);
    expect(decodeBeacon(fromHex(hex))).toEqual(beacon);
  });

  test('fields that a later version adds are passed over', () => {
    const longer = encodeCbor(['hearsay', 1, LABEL, 4556, [1, 2], 'more']);
    expect(decodeBeacon(longer)).toEqual({ label: LABEL, port: 4556 });
  });

  test.each([
    ['of another program', encodeCbor(['heresay', 1, LABEL, 4556])],
    ['of another version', encodeCbor(['hearsay', 2, LABEL, 4556])],
    ['with a label that is none', encodeCbor(['hearsay', 1, 'ABCDEFGHIJK27', 4556])],
    ['with a long label', encodeCbor(['hearsay', 1, `${LABEL}a`, 4556])],
    ['with port 0', encodeCbor(['hearsay', 1, LABEL, 0])],
    ['with a port that is none', encodeCbor(['hearsay', 1, LABEL, 65_536])],
    ['that is too short', encodeCbor(['hearsay', 1, LABEL])],
    ['that is too long', encodeCbor(['hearsay', 1, LABEL, 4556, new Uint8Array(200)])],
    ['with something behind it', new Uint8Array([...encodeBeacon({ label: LABEL, port: 1 }), 0])],
    ['without anything in it', new Uint8Array()],
  ])('one %s is refused', (_what, bytes) => {
    expect(() => decodeBeacon(bytes)).toThrow(DecodeError);
  });

  test('anything at all is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          decodeBeacon(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  test.each([
    ['10.77.1.2/24', '10.77.1.255'],
    ['172.16.5.4/12', '172.31.255.255'],
    ['192.168.0.130/25', '192.168.0.255'],
    ['192.168.0.5/30', '192.168.0.7'],
    ['10.0.0.1/31', undefined],
    ['10.0.0.1/32', undefined],
  ])('the broadcast address of %s is %s', (cidr, expected) => {
    expect(broadcastOf({ address: cidr.split('/')[0] ?? '', cidr })).toBe(expected);
  });
});

describe('sending', () => {
  test('quickly at first, then ever more rarely while nobody is heard, and never in step', async () => {
    const { timers, link } = alone();
    await timers.advance(600_000);
    const times = link.sentBeacons.map(({ at }) => at);
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(times[0]).toBeLessThan(600);
    expect(times.filter((at) => at < 10_000).length).toBe(4);
    for (const pause of pauses.slice(-8)) {
      expect(pause).toBeGreaterThanOrEqual(22_500);
      expect(pause).toBeLessThanOrEqual(37_500);
    }
    expect(new Set(pauses).size).toBe(pauses.length);
  });

  test('the label changes every quarter of an hour', async () => {
    const { timers, link } = alone();
    await timers.advance(3_600_000);
    const labels = new Set(link.sentBeacons.map(({ bytes }) => decodeBeacon(bytes).label));
    expect(labels.size).toBeGreaterThanOrEqual(4);
    expect(labels.size).toBeLessThanOrEqual(6);
  });

  test('a node that takes no connections sends none, and hears those of others', async () => {
    const timers = fakeTimers();
    const link = fakeLink(timers);
    const { interfaces, beacons } = link.laptop('10.0.0.1');
    const found: FoundPeer[] = [];
    const random = seededRandom(1);
    const discovery = createDiscovery({ timers, random, log: SILENT, interfaces, mdns: false, beacons });
    discovery.start({ nodeEid: 'dtn://ana/', port: undefined, onPeer: (peer) => found.push(peer) });
    await timers.advance(60_000);
    link.injectBeacon(encodeBeacon({ label: LABEL, port: 4556 }), PEER);
    await timers.advance(10);
    expect(link.sentBeacons).toEqual([]);
    expect(found).toMatchObject([{ host: PEER, port: 4556, label: LABEL }]);
  });

  test('somebody who sends all the time silences nobody', async () => {
    const { timers, link } = alone();
    for (let turn = 0; turn < 1_200; turn++) {
      link.injectBeacon(encodeBeacon({ label: LABEL, port: 4556 }), `10.0.0.${20 + (turn % 200)}`);
      await timers.advance(100);
    }
    expect(link.sentBeacons.length).toBeGreaterThanOrEqual(3);
  });

  test('nothing is left behind at the end', async () => {
    const { timers, discovery } = alone();
    await timers.advance(10_000);
    void discovery.stop();
    await timers.advance(100);
    expect(timers.pending).toBe(0);
  });
});

describe('hearing', () => {
  test('an address is reported once every five seconds at most, whatever it is called', async () => {
    const { timers, link, found } = alone();
    for (let turn = 0; turn < 100; turn++) {
      link.injectBeacon(encodeBeacon({ label: `aaaaaaaaaaa${'abcdefghij'[turn % 10]}a`, port: 4556 }), PEER);
      await timers.advance(100);
    }
    expect(found.length).toBe(2);
  });

  test.each([
    ['from another network', '192.168.7.7', 4556],
    ['from our own address', '10.0.0.1', 4556],
    ['that names a port of the system', PEER, 25],
  ])('one %s is not believed', async (_what, address, port) => {
    const { timers, link, found } = alone();
    await timers.advance(1_000);
    link.injectBeacon(encodeBeacon({ label: LABEL, port }), address);
    await timers.advance(10);
    expect(found).toEqual([]);
  });

  test('our own, heard over another network, is not reported', async () => {
    const { timers, link, found } = alone();
    await timers.advance(1_000);
    const [own] = link.sentBeacons;
    link.injectBeacon(own?.bytes ?? new Uint8Array(), PEER);
    await timers.advance(10);
    expect(found).toEqual([]);
  });

  test('one sender’s flood leaves room for others', async () => {
    const { timers, link, found } = alone();
    await timers.advance(1_000);
    for (let port = 2_000; port < 7_000; port++) link.injectBeacon(encodeBeacon({ label: LABEL, port }), '10.0.0.66');
    link.injectBeacon(encodeBeacon({ label: LABEL, port: 4556 }), PEER);
    await timers.advance(500);
    expect(found.filter(({ host }) => host === '10.0.0.66').length).toBeLessThanOrEqual(8);
    expect(found).toContainEqual(expect.objectContaining({ host: PEER }));
  });

  test('after a doubt the next beacon counts', async () => {
    const { timers, link, discovery, found } = alone();
    const say = async () => {
      link.injectBeacon(encodeBeacon({ label: LABEL, port: 4556 }), PEER);
      await timers.advance(1_100);
    };
    await say();
    await say();
    expect(found.length).toBe(1);
    discovery.doubt(PEER);
    await say();
    expect(found.length).toBe(2);
  });
});
