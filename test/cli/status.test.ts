import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/base/index.js';
import { contactRow, formatStatus, messageState } from '../../src/cli/status.js';
import { duration, size, table } from '../../src/cli/table.js';
import type { NodeStatus } from '../../src/daemon/index.js';
import type { PersonId } from '../../src/people/index.js';
import type { ByTier } from '../../src/store/index.js';

const NOW = Date.UTC(2026, 10, 22, 12);

const KIB = 1024;

function tier(authors: number, kib: number): { authors: number; bytes: number; limitBytes: number } {
  return { authors, bytes: kib * KIB, limitBytes: KIB * KIB };
}

function byTier(some: Partial<ByTier>): ByTier {
  return { own: 0, provisioned: 0, met: 0, introduced: 0, unknown: 0, foreign: 0, ...some };
}

const STATUS: NodeStatus = {
  version: '0.1.0',
  pid: 42,
  home: '/home/ana/.local/share/hearsay',
  uptimeMs: 3 * HOUR_MS,
  identity: { personId: 'p'.repeat(26), nodeId: 'n'.repeat(26), jid: 'ana.pppppp@mesh.localhost', nick: 'Ana' },
  listening: { xmpp: { host: '127.0.0.1', port: 5222 }, tcpcl: { host: '::', port: 4556 } },
  clockTrusted: true,
  rulesBroken: 0,
  neighbours: [{ node: 'w'.repeat(26), foreign: false, address: 'fe80::2', sinceMs: 5 * MINUTE_MS }],
  store: {
    bundles: 1,
    bytes: 4300,
    quotaBytes: 512 * 1024 ** 2,
    byClass: { messages: 1, receipts: 0 },
    seen: 0,
    accepted: 1,
    byTier: {
      own: tier(1, 0.5),
      provisioned: tier(0, 0),
      met: tier(0, 0),
      introduced: tier(1, 2),
      unknown: tier(12, 1.5),
      foreign: tier(0, 0),
    },
    custody: { bytes: 2 * KIB, limitBytes: 128 * KIB * KIB },
    seenLimit: 131_072,
    forgotten: 0,
    dropped: { expired: 0, evicted: 3 },
    refused: { seen: 7, 'author-quota': 40, unsigned: 2 },
    droppedByTier: { evicted: byTier({ unknown: 3 }) },
    refusedByTier: { seen: byTier({ unknown: 7 }), 'author-quota': byTier({ introduced: 1, unknown: 39 }) },
  },
  dtn: {
    fragments: { held: 0, reassembled: 0, spoilt: 0 },
    reports: { sent: { received: 0, forwarded: 0, delivered: 0, deleted: 0 }, withheld: 0, taken: 0 },
  },
  messages: [
    {
      id: '1',
      to: 'ben.qqqqqq@mesh.localhost',
      writtenAt: new Date(NOW - 2 * HOUR_MS).toISOString(),
      state: 'carried by 2',
      carriedBy: 2,
    },
  ],
  inbox: 0,
  contacts: [
    {
      jid: 'ben.qqqqqq@mesh.localhost',
      personId: 'q'.repeat(26) as PersonId,
      petname: '',
      nickname: 'Ben',
      groups: [],
      presence: { show: 'available', status: '', confidence: 0.998, heardAgoMs: 5 * MINUTE_MS, hops: 2 },
    },
  ],
};

describe('the status for a person', () => {
  it('says how to set the address that follows from the node id, as long as it is not set', () => {
    const derivedAddress = { address: 'fe80::1:2:3:4', prefixLength: 64, isSet: false };
    expect(formatStatus({ ...STATUS, derivedAddress }, NOW)).toContain(
      '  address   not set on any interface yet: sudo ip -6 addr add fe80::1:2:3:4/64 dev INTERFACE\n',
    );
    expect(formatStatus({ ...STATUS, derivedAddress: { ...derivedAddress, isSet: true } }, NOW)).toContain(
      '  address   fe80::1:2:3:4\n',
    );
  });

  it('shows who I am, who is near, what is stored and where my messages are', () => {
    expect(formatStatus(STATUS, NOW)).toBe(`\
  you       Ana  ana.pppppp@mesh.localhost
  person    pppppppppppppppppppppppppp
  node      nnnnnnnnnnnnnnnnnnnnnnnnnn  up 3 h, process 42, Hearsay 0.1.0
  clients   127.0.0.1:5222
  links     [::]:4556
  store     1 bundle, 4.2 KiB of 512 MiB (messages 1)
  room      512 B yours, 2.0 KiB of contacts, 1.5 KiB of strangers
  promised  2.0 KiB are kept until a promised time
  let go    3: made room for something worth more (3 of strangers)
  refused   40: its author’s share is full (1 of contacts, 39 of strangers)
            2: not signed

Neighbours
  wwwwwwwwwwwwwwwwwwwwwwwwww  fe80::2  connected for 5 min

Contacts
  ben.qqqqqq@mesh.localhost  Ben (unverified)  available  99 %  heard 5 min ago, 2 hops

Messages sent
  2 h ago  to ben.qqqqqq@mesh.localhost  carried by 2`);
  });

  it('counts fragments and reports of other networks, if there were any', () => {
    const fragments = { held: 3, reassembled: 1, spoilt: 2 };
    const sent = { received: 2, forwarded: 0, delivered: 0, deleted: 1 };
    const shown = formatStatus({ ...STATUS, dtn: { fragments, reports: { sent, withheld: 9, taken: 4 } } }, NOW);
    expect(shown).toContain('fragments  3 here, 1 bundle put together, 2 that did not fit together\n');
    expect(shown).toContain('reports    2 received, 1 deleted, 9 held back, 4 came\n');
  });

  it('has words for nothing, and for a wrong clock', () => {
    const empty = formatStatus({ ...STATUS, clockTrusted: false, neighbours: [], contacts: [], messages: [] }, NOW);
    expect(empty).toContain('nobody near');
    expect(empty).toContain('clock     wrong');
  });

  it('counts what waits for a client', () => {
    expect(formatStatus({ ...STATUS, inbox: 2 }, NOW)).toContain('inbox     2 messages no client has taken yet');
    expect(formatStatus(STATUS, NOW)).not.toContain('inbox');
  });

  it('tells a laptop that is linked from a person who is there', () => {
    const contact = STATUS.contacts[0] as (typeof STATUS.contacts)[number];
    const linked = (show: 'available' | 'offline') =>
      contactRow({ ...contact, presence: { ...contact.presence, show, confidence: 1 } }).slice(2, 4);
    expect(linked('available')).toEqual(['available', 'here']);
    expect(linked('offline')).toEqual(['offline', 'laptop here']);
  });

  it('tells the states of a message apart', () => {
    const about = { id: '1', to: 'ben@mesh.localhost', writtenAt: '2026-11-22T10:00:00.000Z' };
    const at = '2026-11-22T12:00:00.000Z';
    expect(messageState({ ...about, state: 'kept' })).toBe('kept');
    expect(messageState({ ...about, state: 'kept', waitingForKey: true })).toContain('heard of');
    const promised = { state: 'carried by 3', carriedBy: 3, promisedBy: 2, keptUntil: at };
    expect(messageState({ ...about, ...promised })).toBe(`carried by 3, kept until ${at} by 2 of them`);
    expect(messageState({ ...about, state: 'delivered', deliveredAt: at })).toBe(`delivered ${at}`);
    expect(messageState({ ...about, state: 'expired', expiredAt: at })).toContain('not delivered');
  });
});

describe('tables', () => {
  it('line up, with nothing trailing', () => {
    expect(
      table(
        [
          ['a', 'bb'],
          ['ccc', 'd'],
        ],
        '',
      ),
    ).toBe('a    bb\nccc  d');
  });

  it('name durations and sizes', () => {
    expect([0, 59_999, 60_000, HOUR_MS, 47 * HOUR_MS, 48 * HOUR_MS].map(duration)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '1 h',
      '47 h',
      '2 days',
    ]);
    expect([0, 1023, 1024, 1536 * 1024, 512 * 1024 ** 2].map(size)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 MiB',
      '512 MiB',
    ]);
  });
});
