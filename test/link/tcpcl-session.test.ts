/** The session as RFC 9174 wants it: contact, negotiation, keepalives, rejection, goodbye. */
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/base/index.js';
import { fakeTimers } from './support/fake-timers.js';
import { pipe } from './support/memory-network.js';
import { CONTACT, init, openPair, openScripted, openSession, scriptedPeer, segment } from './support/session-pair.js';

function facing(setup: Parameters<typeof openSession>[2]) {
  const timers = fakeTimers();
  const [near, far] = pipe(timers, { host: 'peer', port: 1 }, { host: 'us', port: 2 });
  return { timers, us: openSession(timers, near, setup), peer: scriptedPeer(far) };
}

describe('contact and negotiation', () => {
  test('two of ours agree on gossip and name each other', async () => {
    const { active, passive } = await openPair();
    expect(active.log).toEqual(['up dtn://passive/ gossip']);
    expect(passive.log).toEqual(['up dtn://active/ gossip']);
  });

  test('a side that offers no gossip gets an ordinary session', async () => {
    const { active, passive } = await openPair({ gossip: false });
    expect(active.log).toEqual(['up dtn://passive/ plain']);
    expect(passive.log).toEqual(['up dtn://active/ plain']);
    expect(active.session.sendFrame(Uint8Array.of(1))).toBe(false);
  });

  test('the passive side waits for the contact header and for SESS_INIT, and offers nothing unasked', async () => {
    const { timers, peer } = facing({ role: 'passive' });
    await timers.advance(5);
    expect(peer.heard).toEqual([]);
    peer.say(CONTACT);
    await timers.advance(5);
    expect(peer.heard).toEqual(['contact']);
    peer.say(init());
    await timers.advance(5);
    expect(peer.messages[1]).toMatchObject({ type: 'sess-init', nodeId: 'dtn://passive/', extensions: [] });
  });

  test('the active side offers gossip in an extension item that may be ignored', async () => {
    const { timers, peer } = facing({ role: 'active' });
    peer.say(CONTACT);
    await timers.advance(5);
    expect(peer.messages[1]).toMatchObject({ type: 'sess-init', extensions: [{ flags: 0, type: 0xe48a }] });
  });

  test('an unknown extension item is ignored unless it is critical', async () => {
    const ignored = await openScripted(
      { role: 'active' },
      init({ extensions: [{ flags: 0, type: 0x1234, value: Uint8Array.of(1) }] }),
    );
    await ignored.timers.advance(500);
    expect(ignored.us.log).toEqual(['up dtn://peer/ plain']);
    const critical = facing({ role: 'active' });
    critical.peer.say(CONTACT, init({ extensions: [{ flags: 1, type: 0x1234, value: Uint8Array.of(1) }] }));
    await critical.timers.advance(5);
    expect(critical.us.log).toEqual(['closed contact-failure']);
    expect(critical.peer.heard).toEqual(['contact', 'sess-init', 'term flags 0 reason 4']);
  });

  test.each([
    ['goes on', [{ type: 'keepalive' }], 10, ['up dtn://peer/ plain']],
    ['says nothing', [], 510, ['up dtn://peer/ plain']],
    ['says goodbye', [{ type: 'sess-term', flags: 0, reason: 4 }], 510, ['closed terminated-by-peer']],
    ['rejects it', [{ type: 'msg-reject', reason: 2, rejectedType: 7 }], 510, ['closed contact-failure']],
  ] as const)('a peer that was offered gossip and %s is there, or is not', async (_what, says, afterMs, log) => {
    const { timers, us, peer } = facing({ role: 'active' });
    peer.say(CONTACT, init());
    await timers.advance(5);
    expect(us.log).toEqual([]);
    peer.say(...says);
    await timers.advance(afterMs);
    expect(us.log).toEqual(log);
  });

  test('a peer that hangs up on the offer never was there', async () => {
    const { timers, us, peer } = facing({ role: 'active' });
    peer.say(CONTACT, init());
    await timers.advance(5);
    peer.end.drop();
    await timers.advance(5);
    expect(us.log).toEqual(['closed lost']);
    expect(us.session.choked).toBe(true);
  });

  test('a peer that takes next to nothing per segment is left', async () => {
    const { timers, us, peer } = facing({ role: 'passive' });
    peer.say(CONTACT, init({ segmentMru: 63n }));
    await timers.advance(5);
    expect(us.log).toEqual(['closed contact-failure']);
  });

  test.each(['', 'hello', 'dtn:none', 'dtn://', 'ipn:0.0', 'dtn://no slash/', 'http://x/'])(
    'the node id %j is not accepted',
    async (nodeId) => {
      const { timers, us, peer } = facing({ role: 'passive' });
      peer.say(CONTACT, init({ nodeId }));
      await timers.advance(5);
      expect(us.log).toEqual(['closed contact-failure']);
      expect(peer.heard.at(-1)).toBe('term flags 0 reason 4');
    },
  );

  test.each(['dtn://foo/bar', 'dtn://go/', 'ipn:7.0', 'ipn:977000.100.0'])(
    'the node id %j is accepted',
    async (nodeId) => {
      const { us } = await openScripted({ role: 'passive' }, init({ nodeId }));
      expect(us.log).toEqual([`up ${nodeId} plain`]);
    },
  );

  test('a stranger that does not speak TCPCL is left without a word', async () => {
    const { timers, us, peer } = facing({ role: 'passive' });
    peer.end.write([Buffer.from('GET / HTTP/1.1\r\n')], () => {});
    await timers.advance(5);
    expect(us.log).toEqual(['closed protocol-error']);
    expect(peer.heard).toEqual([]);
  });

  test('another version is answered with ours and a goodbye', async () => {
    const { timers, us, peer } = facing({ role: 'passive' });
    peer.end.write([fromHex('64746e210300')], () => {});
    await timers.advance(5);
    expect(us.log).toEqual(['closed protocol-error']);
    expect(peer.heard).toEqual(['contact', 'term flags 0 reason 2']);
  });

  test('a peer that says nothing is dropped after the contact timeout', async () => {
    const { timers, us } = facing({ role: 'active' });
    await timers.advance(9_999);
    expect(us.log).toEqual([]);
    await timers.advance(5);
    expect(us.log).toEqual(['closed contact-timeout']);
    expect(timers.pending).toBe(0);
  });

  test('nothing is delivered before the owner releases the session', async () => {
    const { us, peer, timers } = await openScripted({ role: 'passive', release: false });
    peer.say(segment(0, 3, Uint8Array.of(1)));
    await timers.advance(60_000);
    expect(us.log).toEqual(['up dtn://peer/ plain']);
    us.session.release();
    await timers.advance(1);
    expect(us.log).toEqual(['up dtn://peer/ plain', 'bundle 1']);
  });
});

describe('keepalives', () => {
  test('go out after the smaller interval without traffic, and keep the session up', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' }, init({ keepaliveSeconds: 4 }));
    for (let turn = 0; turn < 5; turn++) {
      peer.say({ type: 'keepalive' });
      await timers.advance(4_000);
    }
    expect(peer.heard).toEqual(new Array(5).fill('keepalive'));
    expect(us.closed).toEqual([]);
  });

  test('a dead link is noticed after twice the interval', async () => {
    const { timers, active, passive, cut } = await openPair();
    const pending = active.session.sendBundle(new Uint8Array(10));
    await timers.advance(15_000);
    cut();
    const lost = active.session.sendBundle(new Uint8Array(10));
    // The last keepalive before the cut came at 10 s.
    await timers.advance(14_000);
    expect(active.closed).toEqual([]);
    await timers.advance(2_000);
    expect(active.closed.map(({ reason }) => reason)).toEqual(['idle']);
    expect(passive.closed.map(({ reason }) => reason)).toEqual(['idle']);
    expect(await lost).toEqual({ outcome: 'cut', ackedBytes: 0 });
    expect(await pending).toEqual({ outcome: 'cut', ackedBytes: 0 });
    expect(timers.pending).toBe(0);
  });

  test('interval 0 on either side switches them off', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' }, init({ keepaliveSeconds: 0 }));
    await timers.advance(3_600_000);
    expect(peer.heard).toEqual([]);
    expect(us.closed).toEqual([]);
  });

  test('a peer that lives but acknowledges nothing is given up', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    const sent = us.session.sendBundle(Uint8Array.of(1));
    await timers.advance(119_000);
    expect(us.closed).toEqual([]);
    await timers.advance(2_000);
    expect(us.closed.map(({ reason }) => reason)).toEqual(['stalled']);
    expect(await sent).toEqual({ outcome: 'cut', ackedBytes: 0 });
    expect(peer.isClosed).toBe(true);
  });
});

describe('what does not belong', () => {
  test('an unknown message type is rejected, and nothing after it is believed', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(Uint8Array.of(0x21, 0x04), segment(0, 3, Uint8Array.of(1)));
    await timers.advance(5);
    expect(peer.heard).toEqual(['reject type 33 reason 1']);
    expect(us.log.slice(1)).toEqual(['closed protocol-error']);
  });

  test('gossip without agreement is an unknown type', async () => {
    const { timers, peer } = await openScripted({ role: 'passive' });
    peer.say({ type: 'gossip', body: Uint8Array.of(1) });
    await timers.advance(5);
    expect(peer.heard).toEqual(['reject type 244 reason 1']);
  });

  test('a second SESS_INIT, a segment of nothing and an ack for nothing are rejected; the session lives on', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(init(), segment(5, 1, Uint8Array.of(1)), {
      type: 'xfer-ack',
      flags: 3,
      transferId: 9n,
      acknowledgedLength: 1n,
    });
    peer.say({ type: 'xfer-refuse', reason: 0, transferId: 2n ** 64n - 1n }, segment(6, 3, Uint8Array.of(1, 2)));
    await timers.advance(5);
    expect(peer.heard).toEqual([
      'reject type 7 reason 3',
      'reject type 1 reason 3',
      'reject type 2 reason 3',
      'reject type 3 reason 3',
    ]);
    expect(us.log.slice(1)).toEqual(['bundle 2']);
  });

  test('a peer that rejects our segments is left; one that rejects an ack is not', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say({ type: 'msg-reject', reason: 3, rejectedType: 2 });
    await timers.advance(5);
    expect(us.closed).toEqual([]);
    peer.say({ type: 'msg-reject', reason: 2, rejectedType: 1 });
    await timers.advance(5);
    expect(us.closed.map(({ reason }) => reason)).toEqual(['protocol-error']);
  });
});

describe('goodbye', () => {
  test('an idle session ends on both sides at once', async () => {
    const { timers, active, passive } = await openPair();
    active.session.close();
    await timers.advance(5);
    expect(active.closed.map(({ reason }) => reason)).toEqual(['terminated']);
    expect(passive.closed.map(({ reason }) => reason)).toEqual(['terminated-by-peer']);
    expect(timers.pending).toBe(0);
  });

  test('transfers that have begun are finished, what waited is cut, what is new is refused', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive', limits: { windowTransfers: 1 } });
    const begun = us.session.sendBundle(Uint8Array.of(1));
    const waiting = us.session.sendBundle(Uint8Array.of(2));
    peer.say(segment(0, 3, Uint8Array.of(7)));
    await timers.advance(5);
    us.session.close();
    const late = us.session.sendBundle(Uint8Array.of(3));
    await timers.advance(5);
    peer.say({ type: 'sess-term', flags: 1, reason: 0 }, segment(1, 3, Uint8Array.of(8)));
    await timers.advance(5);
    expect(us.closed).toEqual([]);
    peer.say({ type: 'xfer-ack', flags: 3, transferId: 0n, acknowledgedLength: 1n });
    us.transfers[0]?.accept();
    await timers.advance(5);
    expect(await begun).toEqual({ outcome: 'acked' });
    expect(await waiting).toEqual({ outcome: 'cut', ackedBytes: 0 });
    expect(await late).toEqual({ outcome: 'cut', ackedBytes: 0 });
    expect(peer.heard).toEqual([
      'segment 0 flags 3 of 1',
      'term flags 0 reason 0',
      'refuse 1 reason 6',
      'ack 0 flags 3 to 1',
    ]);
    expect(us.closed.map(({ reason }) => reason)).toEqual(['terminated']);
    expect(peer.isClosed).toBe(true);
  });

  test('the peer’s goodbye is answered, and it gets the acks that it waits for', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    peer.say(segment(0, 3, Uint8Array.of(7)), { type: 'sess-term', flags: 0, reason: 3 });
    await timers.advance(100);
    expect(peer.heard).toEqual(['term flags 1 reason 3']);
    expect(us.closed).toEqual([]);
    us.transfers[0]?.accept();
    await timers.advance(5);
    expect(peer.heard.at(-1)).toBe('ack 0 flags 3 to 1');
    expect(us.closed.map(({ reason }) => reason)).toEqual(['terminated-by-peer']);
  });

  test('nobody is waited for longer than the drain time', async () => {
    const { timers, us, peer } = await openScripted({ role: 'passive' });
    const sent = us.session.sendBundle(Uint8Array.of(1));
    us.session.close();
    await timers.advance(4_999);
    expect(us.closed).toEqual([]);
    await timers.advance(2);
    expect(us.closed.map(({ reason }) => reason)).toEqual(['terminated']);
    expect(await sent).toEqual({ outcome: 'cut', ackedBytes: 0 });
    await timers.advance(5);
    expect(peer.isClosed).toBe(true);
    expect(timers.pending).toBe(0);
  });
});
