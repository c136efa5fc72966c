/** Bundles across a session: segments, acknowledgements, refusals, windows, memory. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/index.js';
import { RefuseReason } from '../../src/link/index.js';
import { ExtensionFlag, SegmentFlag, TransferExtension } from '../../src/link/tcpcl/codes.js';
import { type TcpclMessage, u64 } from '../../src/link/tcpcl/messages.js';
import { ReceptionBudget } from '../../src/link/tcpcl/reception-budget.js';
import { init, openPair, openScripted, segment } from './support/session-pair.js';

const { Start, End } = SegmentFlag;
const KIB = 1_024;

function ack(transferId: number, length: number, flags = Start | End): TcpclMessage {
  return { type: 'xfer-ack', flags, transferId: BigInt(transferId), acknowledgedLength: BigInt(length) };
}

function announcing(transferId: number, flags: number, data: Uint8Array, length: number): TcpclMessage {
  const value = u64(BigInt(length));
  const item = { flags: ExtensionFlag.Critical, type: TransferExtension.TransferLength, value };
  return { type: 'xfer-segment', transferId: BigInt(transferId), flags, data, extensions: [item] };
}

describe('receiving', () => {
  test('every segment is acknowledged with the length so far; the last one only when the bundle is safe', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(
      segment(3, Start, new Uint8Array(10)),
      segment(3, 0, new Uint8Array(5)),
      segment(3, End, new Uint8Array(1)),
    );
    await timers.advance(100);
    expect(peer.heard).toEqual([`ack 3 flags ${Start} to 10`, 'ack 3 flags 0 to 15']);
    us.transfers[0]?.accept();
    us.transfers[0]?.accept();
    us.transfers[0]?.refuse(RefuseReason.Unknown);
    await timers.advance(5);
    expect(peer.heard.slice(2)).toEqual([`ack 3 flags ${End} to 16`]);
  });

  test('a bundle says how long it was coming in', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(segment(1, Start | End, new Uint8Array(1)), segment(2, Start, new Uint8Array(10)));
    await timers.advance(2_500);
    peer.say(segment(2, 0, new Uint8Array(5)));
    await timers.advance(500);
    peer.say(segment(2, End, new Uint8Array(1)));
    await timers.advance(5);
    expect(us.transfers.map(({ tookMs }) => tookMs)).toEqual([0, 3_000]);
  });

  test('what came of a bundle before the session ended is handed over, once, and nothing of one that came whole', async () => {
    const budget = new ReceptionBudget(1_000);
    const { timers, us, peer } = await openScripted({ role: 'passive', budget });
    peer.say(segment(1, Start | End, new Uint8Array(9)), segment(2, Start, new Uint8Array(300)));
    await timers.advance(2_000);
    peer.say(segment(2, 0, new Uint8Array(200)));
    us.session.drop();
    await timers.advance(5);
    expect(us.log.slice(-3)).toEqual(['bundle 9', 'cut after 300 in 1999', 'closed lost']);
    expect(budget.take(1_000)).toBe(true);
  });

  test('a refused bundle does not end the session', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(segment(0, 3, Uint8Array.of(1)), segment(1, 3, Uint8Array.of(2)));
    await timers.advance(5);
    us.transfers[0]?.refuse(RefuseReason.NoResources);
    us.transfers[1]?.accept();
    await timers.advance(5);
    expect(peer.heard).toEqual(['refuse 0 reason 2', 'ack 1 flags 3 to 1']);
    expect(us.closed).toEqual([]);
  });

  test('an empty transfer is a transfer', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(segment(0, 3, new Uint8Array(0)));
    await timers.advance(5);
    us.transfers[0]?.accept();
    await timers.advance(5);
    expect(peer.heard).toEqual(['ack 0 flags 3 to 0']);
  });

  test.each([
    ['announced', announcing(0, Start, new Uint8Array(1), 1_001), []],
    ['in one segment', segment(0, 3, new Uint8Array(1_001)), []],
    ['in several', segment(0, Start, new Uint8Array(600)), [segment(0, End, new Uint8Array(600))]],
  ])('a bundle over our limit, %s, is refused and the next one taken', async (_how, first, rest) => {
    const { timers, us, peer } = await openScripted({ role: 'passive', limits: { transferBytes: 1_000 } });
    peer.say(first, ...rest, segment(1, 3, new Uint8Array(1_000)));
    await timers.advance(5);
    expect(peer.heard.filter((each) => each.startsWith('refuse'))).toEqual(['refuse 0 reason 4']);
    expect(us.log.slice(1)).toEqual(['bundle 1000']);
  });

  test('segments that were under way when we refused are let pass without a word', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive', limits: { transferBytes: 1_000 } });
    peer.say(
      announcing(0, Start, new Uint8Array(1), 5_000),
      segment(0, 0, new Uint8Array(9)),
      segment(0, End, new Uint8Array(9)),
    );
    await timers.advance(5);
    expect(peer.heard).toEqual(['refuse 0 reason 4']);
    expect(us.closed).toEqual([]);
  });

  test('an unknown critical transfer extension refuses the transfer, an uncritical one does not', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    const item = { type: 0xfffe, value: new Uint8Array(0) };
    const base = { type: 'xfer-segment' as const, flags: 3, data: Uint8Array.of(1) };
    peer.say({ ...base, transferId: 0n, extensions: [{ ...item, flags: 1 }] });
    peer.say({ ...base, transferId: 1n, extensions: [{ ...item, flags: 0 }] });
    await timers.advance(5);
    expect(peer.heard).toEqual(['refuse 0 reason 5']);
    expect(us.log.slice(1)).toEqual(['bundle 1']);
  });

  test('a bundle that is not as long as announced is refused', async () => {
    const { timers, peer } = await openScripted({ role: 'passive' });
    peer.say(announcing(0, Start, new Uint8Array(10), 30), segment(0, End, new Uint8Array(10)));
    peer.say(announcing(1, Start, new Uint8Array(10), 15), segment(1, End, new Uint8Array(10)));
    await timers.advance(5);
    expect(peer.heard).toEqual([
      `ack 0 flags ${Start} to 10`,
      'refuse 0 reason 4',
      `ack 1 flags ${Start} to 10`,
      'refuse 1 reason 4',
    ]);
  });

  test('a transfer that starts inside another is rejected and the first one goes on', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(
      segment(0, Start, new Uint8Array(1)),
      segment(1, 3, new Uint8Array(2)),
      segment(0, End, new Uint8Array(3)),
    );
    await timers.advance(5);
    expect(peer.heard).toEqual([`ack 0 flags ${Start} to 1`, 'reject type 1 reason 3']);
    expect(us.log.slice(1)).toEqual(['bundle 4']);
  });

  test('a consumer that falls behind makes the peer wait instead of filling the memory', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive', limits: { unacceptedTransfers: 2 } });
    for (let id = 0; id < 5; id++) peer.say(segment(id, 3, Uint8Array.of(id)));
    await timers.advance(5);
    expect(us.transfers.length).toBe(2);
    expect(us.end.reading).toBe(false);
    us.transfers[0]?.accept();
    await timers.advance(5);
    expect(us.transfers.length).toBe(3);
    for (let index = 1; index < 5; index++) {
      us.transfers[index]?.accept();
      await timers.advance(5);
    }
    expect(us.end.reading).toBe(true);
    expect(peer.heard.length).toBe(5);
  });

  test('bundles half-sent over many sessions share one bounded memory, which the end of a session frees', async () => {
    const budget = new ReceptionBudget(100);
    const greedy = await openScripted({ role: 'passive', budget });
    const modest = await openScripted({ role: 'passive', budget });
    greedy.peer.say(segment(0, Start, new Uint8Array(90)));
    await greedy.timers.advance(5);
    modest.peer.say(segment(0, 3, new Uint8Array(20)), segment(1, 3, new Uint8Array(10)));
    await modest.timers.advance(5);
    expect(modest.peer.heard).toEqual(['refuse 0 reason 2']);
    expect(modest.us.log.slice(1)).toEqual(['bundle 10']);
    greedy.peer.end.drop();
    await greedy.timers.advance(5);
    modest.us.transfers[0]?.accept();
    modest.peer.say(segment(2, 3, new Uint8Array(100)));
    await modest.timers.advance(5);
    expect(modest.us.log.at(-1)).toBe('bundle 100');
  });

  test('a cut in the middle of a transfer delivers no bundle, and says how much of it came', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(segment(0, Start, new Uint8Array(10)));
    await timers.advance(5);
    peer.end.drop();
    await timers.advance(5);
    expect(us.log.slice(1)).toEqual(['cut after 10 in 5', 'closed lost']);
  });
});

describe('sending', () => {
  test('a gossiping peer gets segments of its own size, the first of several with the length', async () => {
    const { timers, active, passive } = await openPair({}, { limits: { segmentBytes: 10_000 } });
    const bundle = seededRandom(1).bytes(25_000);
    const sent = active.session.sendBundle(bundle);
    await timers.advance(10);
    expect(Buffer.from(passive.transfers[0]?.bytes ?? []).equals(bundle)).toBe(true);
    passive.transfers[0]?.accept();
    await timers.advance(10);
    expect(await sent).toEqual({ outcome: 'acked' });
  });

  test('a foreign neighbour gets one segment where its limit allows', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' }, init({ segmentMru: 200_000n }));
    void us.session.sendBundle(new Uint8Array(200_000));
    void us.session.sendBundle(new Uint8Array(200_001));
    await timers.advance(10);
    expect(peer.heard).toEqual([
      'segment 0 flags 3 of 200000',
      `segment 1 flags ${Start} of 200000`,
      `segment 1 flags ${End} of 1`,
    ]);
  });

  test('a bundle over the peer’s limit is not sent at all', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' }, init({ transferMru: 99n }));
    expect(await us.session.sendBundle(new Uint8Array(100))).toEqual({
      outcome: 'refused',
      reason: RefuseReason.NotAcceptable,
    });
    await timers.advance(10);
    expect(peer.heard).toEqual([]);
  });

  test('outcomes follow the peer’s answers, whatever their order', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    const outcomes = [1, 2, 3, 4, 5].map((byte) => us.session.sendBundle(Uint8Array.of(byte)));
    await timers.advance(5);
    peer.say(
      { type: 'xfer-refuse', transferId: 2n, reason: 1 },
      { type: 'xfer-refuse', transferId: 1n, reason: 0xee },
      ack(0, 1),
      { type: 'xfer-refuse', transferId: 3n, reason: 6 },
      { type: 'xfer-refuse', transferId: 4n, reason: 2 },
    );
    await timers.advance(5);
    expect(await Promise.all(outcomes)).toEqual([
      { outcome: 'acked' },
      { outcome: 'refused', reason: RefuseReason.Unknown },
      { outcome: 'acked' },
      { outcome: 'cut', ackedBytes: 0 },
      { outcome: 'refused', reason: RefuseReason.NoResources },
    ]);
  });

  test.each([
    [0x00, { outcome: 'refused', reason: RefuseReason.Unknown }],
    [0x01, { outcome: 'acked' }],
    [0x02, { outcome: 'refused', reason: RefuseReason.NoResources }],
    [0x04, { outcome: 'refused', reason: RefuseReason.NotAcceptable }],
    [0x05, { outcome: 'refused', reason: RefuseReason.ExtensionFailure }],
    [0x06, { outcome: 'cut', ackedBytes: 0 }],
    [0xf0, { outcome: 'refused', reason: RefuseReason.Unknown }],
  ])('refusal reason %i means', async (reason, outcome) => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    const sent = us.session.sendBundle(Uint8Array.of(1));
    await timers.advance(5);
    peer.say({ type: 'xfer-refuse', transferId: 0n, reason });
    expect(await Promise.race([sent, timers.advance(5)])).toEqual(outcome);
  });

  test('a bundle that the peer wants again goes again, under another transfer id, but not for ever', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    const sent = us.session.sendBundle(Uint8Array.of(1));
    for (const transferId of [0n, 1n, 2n]) {
      await timers.advance(5);
      peer.say({ type: 'xfer-refuse', transferId, reason: RefuseReason.Retransmit });
    }
    expect(await Promise.race([sent, timers.advance(5)])).toEqual({
      outcome: 'refused',
      reason: RefuseReason.Retransmit,
    });
    expect(peer.heard).toEqual([0, 1, 2].map((id) => `segment ${id} flags 3 of 1`));
  });

  test('a cut tells how much of each bundle was acknowledged', async () => {
    const { timers, us, peer } = await openScripted(
      { role: 'passive', limits: { windowTransfers: 2 } },
      init({ segmentMru: 100n }),
    );
    const outcomes = [250, 250, 250].map((length) => us.session.sendBundle(new Uint8Array(length)));
    await timers.advance(5);
    peer.say(ack(0, 100, Start), ack(0, 200, 0), ack(1, 100, Start));
    await timers.advance(5);
    peer.end.drop();
    await timers.advance(5);
    expect(await Promise.all(outcomes)).toEqual([
      { outcome: 'cut', ackedBytes: 200 },
      { outcome: 'cut', ackedBytes: 100 },
      { outcome: 'cut', ackedBytes: 0 },
    ]);
  });

  test('whoever waits for readiness keeps next to nothing in memory for a peer that reads nothing', async () => {
    const { timers, us } = await openScripted({ role: 'passive' });
    us.end.takesWrites = false;
    const MB = 1_000_000;
    let handedOver = 0;
    const pump = async () => {
      for (let each = 0; each < 100; each++) {
        await us.session.ready();
        if (us.closed.length > 0) return;
        handedOver++;
        void us.session.sendBundle(new Uint8Array(MB));
      }
    };
    const pumping = pump();
    await timers.advance(60_000);
    expect(handedOver).toBe(1);
    expect(us.session.bufferedBytes).toBeLessThanOrEqual(MB + 100);
    // The peer is given up; nobody is left waiting.
    await timers.advance(120_000);
    await pumping;
    expect(us.closed.map(({ reason }) => reason)).toEqual(['stalled']);
  });

  test('a peer that reads, but acknowledges nothing, is owed no more than the window', async () => {
    const { timers, us } = await openScripted({ role: 'passive' });
    let handedOver = 0;
    void (async () => {
      for (; us.closed.length === 0; handedOver++) {
        await us.session.ready();
        void us.session.sendBundle(new Uint8Array(1_000_000));
      }
    })();
    await timers.advance(60_000);
    expect(handedOver).toBe(5);
  });

  test('an ack that runs ahead of what was sent is not believed', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    const sent = us.session.sendBundle(Uint8Array.of(1));
    await timers.advance(5);
    peer.say(ack(0, 2));
    await timers.advance(5);
    expect(peer.heard.at(-1)).toBe('reject type 2 reason 3');
    peer.say(ack(0, 1));
    expect(await Promise.race([sent, timers.advance(5)])).toEqual({ outcome: 'acked' });
  });

  test('a refusal half-way stops the transfer and the next one goes out', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' }, init({ segmentMru: 50_000n }));
    us.end.takesWrites = false;
    const refused = us.session.sendBundle(new Uint8Array(1_000_000));
    const next = us.session.sendBundle(Uint8Array.of(1));
    await timers.advance(5);
    peer.say({ type: 'xfer-refuse', transferId: 0n, reason: 2 });
    await timers.advance(5);
    expect(await refused).toMatchObject({ outcome: 'refused' });
    us.end.takesWrites = true;
    us.end.takeWrites();
    await timers.advance(5);
    expect(peer.heard.filter((each) => each.startsWith('segment 0')).length).toBe(2);
    expect(peer.heard.at(-1)).toBe('segment 1 flags 3 of 1');
    peer.say(ack(1, 1));
    await timers.advance(5);
    expect(await next).toEqual({ outcome: 'acked' });
  });

  test('only a window of bundles is under way at once', async () => {
    const { timers, us, peer } = await openScripted({
      role: 'passive',
      limits: { windowTransfers: 3, windowBytes: 1_000 },
    });
    for (let turn = 0; turn < 5; turn++) void us.session.sendBundle(new Uint8Array(10));
    await timers.advance(5);
    expect(peer.heard.length).toBe(3);
    peer.say(ack(0, 10));
    await timers.advance(5);
    expect(peer.heard.length).toBe(4);
    peer.say(ack(1, 10), ack(2, 10), ack(3, 10), ack(4, 10));
    void us.session.sendBundle(new Uint8Array(900));
    void us.session.sendBundle(new Uint8Array(900));
    await timers.advance(5);
    expect(peer.heard.at(-1)).toBe('segment 5 flags 3 of 900');
  });

  test('a slow reader costs a segment of memory, not a bundle, and frames pass between the segments', async () => {
    const { timers, active, passive } = await openPair();
    active.end.takesWrites = false;
    void active.session.sendBundle(new Uint8Array(4_000 * KIB));
    await timers.advance(5);
    expect(active.end.inFlight).toBeLessThan(140 * KIB);
    expect(active.session.bufferedBytes).toBeGreaterThan(3_900 * KIB);
    expect(active.session.sendFrame(Uint8Array.of(1, 2, 3))).toBe(true);
    active.end.takesWrites = true;
    active.end.takeWrites();
    let peak = 0;
    for (let turn = 0; passive.transfers.length === 0 && turn < 500; turn++) {
      peak = Math.max(peak, active.end.inFlight);
      await timers.advance(1);
    }
    expect(passive.log).toEqual(['up dtn://active/ gossip', 'frame 3', `bundle ${4_000 * KIB}`]);
    expect(peak).toBeLessThan(200 * KIB);
  });

  test('frames are not queued without bound', async () => {
    const { timers, active } = await openPair({ limits: { frameBacklogBytes: 100_000 } });
    active.end.takesWrites = false;
    const taken = [1, 2, 3, 4].map(() => active.session.sendFrame(new Uint8Array(40_000)));
    expect(taken).toEqual([true, true, false, false]);
    expect(active.session.sendFrame(new Uint8Array(65_537))).toBe(false);
    active.end.takeWrites();
    await timers.advance(5);
    expect(active.session.sendFrame(new Uint8Array(65_536))).toBe(true);
  });
});
