/** Polling: who is dialled, where and when, although nothing was heard of them. */
import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import { MAX_ADDRESSES_PER_NODE, MAX_NODES } from '../../src/link/discovery/poll/address-book.js';
import {
  AddressBook,
  createDiscovery,
  type DerivedAddressKind,
  derivedAddress,
  type FoundPeer,
  type NetworkInterface,
} from '../../src/link/index.js';
import { fakeTimers } from './support/fake-timers.js';

const BEN = 'dtn://ben/';
const PORT = 4556;

function interfaceWith(...cidrs: readonly string[]): NetworkInterface {
  const addresses = cidrs.map((cidr) => ({ address: cidr.split('/')[0] ?? '', cidr }));
  const ipv6 = addresses.filter(({ address }) => isIPv6(address));
  return { name: 'wlan0', ipv4: addresses.find(({ address }) => !isIPv6(address)), ipv6, internal: false };
}

interface Setup {
  readonly book?: AddressBook;
  readonly nodes?: readonly string[];
  readonly derivedAddress?: DerivedAddressKind;
}

/** A laptop that only polls; its networks are changed by the test. */
function poller({ book = new AddressBook(), nodes = [], derivedAddress: kind }: Setup, networks: NetworkInterface[]) {
  const timers = fakeTimers();
  const polls: (FoundPeer & { readonly at: number })[] = [];
  let changes = 0;
  const polling = { book, nodes, derivedAddress: kind, changed: () => void changes++ };
  const discovery = createDiscovery({
    timers,
    random: seededRandom(1),
    log: SILENT,
    interfaces: () => networks,
    mdns: false,
    beacons: false,
    polling,
  });
  discovery.start({ nodeEid: 'dtn://ana/', port: PORT, onPeer: (peer) => polls.push({ ...peer, at: timers.now() }) });
  return { timers, polls, discovery, changes: () => changes };
}

describe('where nodes were met', () => {
  test('is tried when the laptop comes to that network, and ever more rarely then', async () => {
    const networks: NetworkInterface[] = [];
    const book = new AddressBook([[BEN, [{ host: '10.0.0.2', port: PORT }]]]);
    const { timers, polls } = poller({ book }, networks);
    await timers.advance(600_000);
    expect(polls).toEqual([]);
    networks.push(interfaceWith('10.0.0.1/24'));
    await timers.advance(4_000);
    expect(polls).toMatchObject([{ host: '10.0.0.2', port: PORT, nodeEid: BEN, once: true }]);
    await timers.advance(3_600_000);
    expect(polls.length).toBeGreaterThanOrEqual(10);
    expect(polls.length).toBeLessThanOrEqual(15);
    const before = polls.length;
    networks[0] = interfaceWith('10.0.0.77/24');
    await timers.advance(4_000);
    expect(polls.length).toBe(before + 1);
  });

  test.each([
    ['of another network', '192.168.1.2', PORT],
    ['of our own', '10.0.0.1', PORT],
    ['of this machine', '127.0.0.1', PORT],
    ['with a port of the system', '10.0.0.2', 22],
    ['that is a name', 'ben.local', PORT],
  ])('an address %s is not tried', async (_what, host, port) => {
    const book = new AddressBook([[BEN, [{ host, port }]]]);
    const { timers, polls } = poller({ book }, [interfaceWith('10.0.0.1/24')]);
    await timers.advance(60_000);
    expect(polls).toEqual([]);
  });

  test('a link-local address is tried on every network', async () => {
    const book = new AddressBook([[BEN, [{ host: 'fe80::2', port: PORT }]]]);
    const networks = ['wlan0', 'eth0'].map((name) => ({ ...interfaceWith('fe80::1/64'), name }));
    const { timers, polls } = poller({ book }, networks);
    await timers.advance(4_000);
    expect(polls.map(({ host }) => host).sort()).toEqual(['fe80::2%eth0', 'fe80::2%wlan0']);
  });

  test('a long list is worked off in rounds, those met last first', async () => {
    const book = new AddressBook(
      Array.from({ length: 40 }, (_each, index) => [
        `dtn://n${index}/`,
        [{ host: `10.0.0.${index + 10}`, port: PORT }],
      ]),
    );
    const { timers, polls } = poller({ book }, [interfaceWith('10.0.0.1/24')]);
    await timers.advance(3_500);
    expect(polls.map(({ nodeEid }) => nodeEid).sort()).toEqual(
      Array.from({ length: 12 }, (_each, index) => `dtn://n${index}/`).sort(),
    );
    await timers.advance(120_000);
    expect(new Set(polls.map(({ nodeEid }) => nodeEid)).size).toBe(40);
  });

  test('is noted, without the interface, and only when it is news', async () => {
    const book = new AddressBook();
    const { discovery, changes } = poller({ book }, []);
    discovery.met(BEN, { host: 'fe80::2%wlan0', port: PORT });
    discovery.met(BEN, { host: 'fe80::2%wlan0', port: PORT });
    expect(book.entries()).toEqual([[BEN, [{ host: 'fe80::2', port: PORT }]]]);
    expect(changes()).toBe(1);
  });

  test('nothing is left behind at the end', async () => {
    const book = new AddressBook([[BEN, [{ host: '10.0.0.2', port: PORT }]]]);
    const { timers, discovery } = poller({ book }, [interfaceWith('10.0.0.1/24')]);
    await timers.advance(900);
    void discovery.stop();
    expect(timers.pending).toBe(0);
  });
});

describe('the book', () => {
  test('keeps few addresses of few nodes, the newest first, and comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(6)), { maxLength: 600 }), (meetings) => {
        const book = new AddressBook();
        for (const [node, address] of meetings) book.met(`dtn://n${node}/`, { host: `10.0.0.${address}`, port: PORT });
        const entries = book.entries();
        expect(entries.length).toBeLessThanOrEqual(MAX_NODES);
        for (const [, endpoints] of entries) expect(endpoints.length).toBeLessThanOrEqual(MAX_ADDRESSES_PER_NODE);
        const [node, address] = meetings.at(-1) ?? [];
        if (node !== undefined) {
          expect(entries[0]).toEqual([`dtn://n${node}/`, expect.anything()]);
          expect(entries[0]?.[1][0]).toEqual({ host: `10.0.0.${address}`, port: PORT });
        }
        expect(new AddressBook(entries).entries()).toEqual(entries);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the address of a node id', () => {
  /** The vectors of docs/protocol/links.md. */
  test.each<[DerivedAddressKind, string]>([
    ['link-local', 'fe80::5295:cefe:14e6:15bc'],
    ['ula', 'fde5:ac58:aa0b:0:5295:cefe:14e6:15bc'],
  ])('%s', (kind, address) => {
    expect(derivedAddress('dtn://vj4hzih45ajkpaddrdd2y4bfbu/', kind)).toBe(address);
  });

  test('is one that the system would write in the same letters', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom<DerivedAddressKind>('link-local', 'ula'), (node, kind) => {
        const address = derivedAddress(node, kind);
        expect(new URL(`http://[${address}]/`).hostname).toBe(`[${address}]`);
      }),
    );
  });

  test('is tried at the port where the node was met, or the usual one', async () => {
    const book = new AddressBook([[BEN, [{ host: '192.168.1.2', port: 5000 }]]]);
    const setup = { book, nodes: ['dtn://carl/', 'dtn://ana/'], derivedAddress: 'link-local' } as const;
    const { timers, polls } = poller(setup, [interfaceWith('fe80::1/64')]);
    await timers.advance(4_000);
    const expected = [
      { host: `${derivedAddress(BEN, 'link-local')}%wlan0`, port: 5000, nodeEid: BEN },
      { host: `${derivedAddress('dtn://carl/', 'link-local')}%wlan0`, port: PORT, nodeEid: 'dtn://carl/' },
    ];
    expect(polls.length).toBe(2);
    expect(polls).toEqual(expect.arrayContaining(expected.map((each) => expect.objectContaining(each))));
  });

  test('of the unique-local kind needs the network of that prefix', async () => {
    const setup = { nodes: [BEN], derivedAddress: 'ula' } as const;
    const without = poller(setup, [interfaceWith('10.0.0.1/24', 'fe80::1/64')]);
    await without.timers.advance(60_000);
    expect(without.polls).toEqual([]);
    const within = poller(setup, [interfaceWith('10.0.0.1/24', `${derivedAddress('dtn://ana/', 'ula')}/64`)]);
    await within.timers.advance(4_000);
    expect(within.polls).toMatchObject([{ host: derivedAddress(BEN, 'ula'), nodeEid: BEN }]);
  });
});
