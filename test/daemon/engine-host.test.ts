/** What the engine decides to send, on its way out: one slow neighbour, full memory, and how old a bundle says it is. */
import { createConnection } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { SILENT, seededRandom, steadyMs, wallTimeMs } from '../../src/base/index.js';
import {
  ageOf,
  type BundleKey,
  createBundle,
  decodeBundle,
  encodeBundle,
  Reassembler,
} from '../../src/bundle/index.js';
import { EngineHost } from '../../src/daemon/engine-host.js';
import type { Engine, EngineAction, EngineEvent } from '../../src/engine/index.js';
import { createNeighbourhood, type LinkSession, systemTimers } from '../../src/link/index.js';
import { encodeMessage } from '../../src/link/tcpcl/messages.js';
import type { CustodyStore, LedgerEntry } from '../../src/store/index.js';
import { recorder } from '../link/support/recorder.js';
import { init } from '../link/support/session-pair.js';
import { chatSpec } from '../support/bundles.js';

const stops: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const MB = 1_000_000;

function entryNumber(number: number): LedgerEntry {
  return { key: `${number}` as BundleKey, receivedAt: steadyMs(0), ageAtReceiptMs: 0, hops: 0 } as LedgerEntry;
}

/** Sends so many bundles of so many bytes to everybody who comes. */
function hostOf(count: number, bytes: number) {
  let steady = 0;
  const reads: string[] = [];
  const sent: Extract<EngineEvent, { type: 'sent' }>[] = [];
  const handle = (event: EngineEvent): readonly EngineAction[] => {
    if (event.type === 'sent') sent.push(event);
    if (event.type !== 'link-up') return [];
    return Array.from({ length: count }, (_, number) => ({
      type: 'send-bundle' as const,
      link: event.link,
      entry: entryNumber(number),
      compact: false,
    }));
  };
  const engine = { node: 'a'.repeat(26), handle, nextWake: () => undefined } as unknown as Engine;
  const stored = encodeBundle(createBundle(chatSpec({ payload: seededRandom(1).bytes(bytes), ageMs: 0 })));
  const store = {
    read: async (key: string) => {
      reads.push(key);
      return stored;
    },
  } as unknown as CustodyStore;
  const now = () => ({ steady: steadyMs(steady), wall: wallTimeMs(0), wallIsTrusted: true }) as never;
  const host = new EngineHost({ engine, store, now, log: SILENT });
  return {
    host,
    reads,
    sent,
    pass(ms: number) {
      steady += ms;
    },
  };
}

async function listening(
  nodeEid: string,
  events: Parameters<typeof createNeighbourhood>[0]['events'],
  peers: number[],
) {
  const neighbourhood = createNeighbourhood({
    nodeEid,
    listen: { host: '127.0.0.1', port: 0 },
    peers: peers.map((port) => ({ host: '127.0.0.1', port })),
    events,
    log: SILENT,
    timers: systemTimers(),
    random: seededRandom(nodeEid.length),
  });
  await neighbourhood.start();
  stops.push(() => neighbourhood.stop());
  return neighbourhood.listening?.port ?? 0;
}

test('a neighbour that reads nothing costs a few bundles of memory, and holds nobody else up', async () => {
  const { host, reads, sent } = hostOf(60, MB);
  const port = await listening('dtn://ana/', host.linkEvents, []);

  const stuck = createConnection(port, '127.0.0.1');
  stops.push(() => stuck.destroy());
  stuck.write(Buffer.concat([Buffer.from('dtn!\x04\x00', 'latin1'), encodeMessage(init({ transferMru: 2_000_000n }))]));
  stuck.pause();
  await expect.poll(() => reads.length).toBeGreaterThan(0);

  const ben = recorder();
  await listening('dtn://ben/', ben, [port]);
  for (let each = 0; each < 60; each++) (await ben.nextBundle()).accept();
  await expect.poll(() => sent.filter(({ outcome }) => outcome === 'acked').length).toBe(60);
  // The unacknowledged window is 4 MiB, whatever the kernel swallows.
  expect(reads.length - 60).toBeLessThanOrEqual(6);
});

test('a neighbour that takes only small bundles gets a large one in pieces, which are the whole together', async () => {
  const { host, sent } = hostOf(2, 40_000);
  const pieces: Uint8Array[] = [];
  const session = {
    id: 1,
    peerEid: 'dtn://ben/',
    gossip: false,
    maxBundleBytes: 16_000,
    remote: { host: 'ben', port: 1 },
    sendBundle: async (bytes: Uint8Array) => {
      pieces.push(bytes);
      return pieces.length === 5 ? { outcome: 'cut', ackedBytes: 0 } : { outcome: 'acked' };
    },
  } as unknown as LinkSession;
  host.linkEvents.up(session);
  await expect.poll(() => sent.map(({ outcome }) => outcome)).toEqual(['acked', 'cut']);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(16_000);
  expect(pieces.length).toBe(5);
  const reassembler = new Reassembler();
  const ends = pieces.slice(0, 3).map((piece) => reassembler.add(decodeBundle(piece), steadyMs(0), steadyMs(1)).kind);
  expect(ends).toEqual(['kept', 'kept', 'whole']);
});

test('what comes half-way before a cut reaches the engine before the link goes down', () => {
  const events: string[] = [];
  const engine = {
    node: 'a'.repeat(26),
    handle: ({ type }: EngineEvent) => {
      events.push(type);
      return [];
    },
    nextWake: () => undefined,
  } as unknown as Engine;
  const now = () => ({ steady: steadyMs(0), wall: wallTimeMs(0), wallTrusted: true });
  const host = new EngineHost({ engine, store: {} as CustodyStore, now, log: SILENT });
  const session = { id: 1, peerEid: 'dtn://ben/', gossip: false, remote: { host: 'b', port: 1 } } as LinkSession;
  host.linkEvents.up(session);
  host.linkEvents.cut?.(session, { bytes: new Uint8Array(20_000), tookMs: 9 });
  host.linkEvents.down(session, 'lost');
  expect(events).toEqual(['link-up', 'bundle-cut', 'link-down']);
});

test('a bundle says how old it is when it leaves, not when it was its turn to wait', async () => {
  const { host, pass, reads } = hostOf(2, 100);
  const ages: (number | undefined)[] = [];
  let open = () => {};
  const gate = () => new Promise<void>((resolve) => (open = resolve));
  const session = {
    id: 1,
    peerEid: 'dtn://ben/',
    gossip: false,
    remote: { host: 'ben', port: 1 },
    ready: gate,
    sendBundle: async (bytes: Uint8Array) => {
      ages.push(ageOf(decodeBundle(bytes)));
      return { outcome: 'acked' };
    },
  } as unknown as LinkSession;
  host.linkEvents.up(session);
  for (let each = 1; each <= 2; each++) {
    pass(60_000);
    await expect.poll(() => reads.length).toBe(each - 1);
    open();
    await expect.poll(() => ages.length).toBe(each);
  }
  expect(ages).toEqual([60_000, 120_000]);
});
