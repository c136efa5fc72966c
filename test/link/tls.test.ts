/** TLS between real sockets: both roles, what is negotiated, and who is turned away. */
import { createConnection, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import { createNeighbourhood, type LinkSecurity, systemTimers, type TlsPolicy } from '../../src/link/index.js';
import { encodeMessage } from '../../src/link/tcpcl/messages.js';
import { authority, type NodeIdentity, nodeIdentity } from './support/node-identity.js';
import { recorder } from './support/recorder.js';
import { init } from './support/session-pair.js';

const LOOPBACK = '127.0.0.1';
const running: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
});

const [ana, ben, mallory] = await Promise.all([nodeIdentity(1), nodeIdentity(2), nodeIdentity(3)]);

interface Setup {
  /** @default the node's own */
  readonly eid?: string;
  readonly dial?: number;
  readonly contactTimeoutMs?: number;
}

async function start(node: NodeIdentity, security: LinkSecurity | undefined, setup: Setup = {}) {
  const events = recorder();
  const refusals: string[] = [];
  const neighbourhood = createNeighbourhood({
    nodeEid: setup.eid ?? node.eid,
    listen: { host: LOOPBACK, port: 0 },
    peers: setup.dial === undefined ? [] : [{ host: LOOPBACK, port: setup.dial }],
    events,
    log: {
      ...SILENT,
      debug(message, fields) {
        if (message === 'link session closed') refusals.push(`${fields?.reason}: ${fields?.detail}`);
      },
    },
    timers: systemTimers(),
    random: seededRandom(node.seed[0] ?? 0),
    ...(security === undefined ? {} : { security }),
    ...(setup.contactTimeoutMs === undefined ? {} : { limits: { contactTimeoutMs: setup.contactTimeoutMs } }),
  });
  await neighbourhood.start();
  running.push(() => neighbourhood.stop());
  return {
    events,
    neighbourhood,
    port: neighbourhood.listening?.port ?? 0,
    /** How the first session ended that did not stand. */
    async refusal(): Promise<string> {
      await expect.poll(() => refusals.length, { timeout: 5_000 }).toBeGreaterThan(0);
      return refusals[0] ?? '';
    },
  };
}

/** Ben dials Ana. */
async function meet(passive: LinkSecurity | undefined, active: LinkSecurity | undefined, setup: Setup = {}) {
  const here = await start(ana, passive);
  const there = await start(ben, active, { dial: here.port, ...setup });
  return { ana: here, ben: there };
}

describe('two of ours', () => {
  test('meet in TLS, prove their node ids, agree on the channel, and large bundles cross', async () => {
    const met = await meet(ana.security('offer'), ben.security('offer'));
    const [toBen, toAna] = await Promise.all([met.ana.events.nextUp(), met.ben.events.nextUp()]);
    expect(toBen).toMatchObject({ peerEid: ben.eid, gossip: true, security: { encrypted: true, proved: true } });
    expect(toAna.security).toEqual(toBen.security);
    expect(toAna.security?.channel).toHaveLength(32);
    const big = seededRandom(3).bytes(3_000_000);
    const sent = toAna.sendBundle(big);
    const transfer = await met.ana.events.nextBundle();
    expect(Buffer.from(transfer.bytes).equals(big)).toBe(true);
    transfer.accept();
    expect(await sent).toEqual({ outcome: 'acked' });
    await met.ana.neighbourhood.stop();
    expect((await met.ben.events.nextDown()).reason).toBe('terminated-by-peer');
  });

  test.each<[TlsPolicy, TlsPolicy, 'tls' | 'clear' | 'nothing']>([
    ['off', 'off', 'clear'],
    ['off', 'offer', 'clear'],
    ['offer', 'off', 'clear'],
    ['offer', 'require', 'tls'],
    ['require', 'offer', 'tls'],
    ['require', 'require', 'tls'],
    ['require', 'off', 'nothing'],
    ['off', 'require', 'nothing'],
  ])('one that says %s and one that says %s make it %s', async (passive, active, outcome) => {
    const met = await meet(ana.security(passive), ben.security(active));
    if (outcome === 'nothing') {
      const refusals = await Promise.all([met.ana.refusal(), met.ben.refusal()]);
      expect(refusals).toContain('contact-failure: the peer does not offer TLS');
      expect([...met.ana.events.log, ...met.ben.events.log]).toEqual([]);
      return;
    }
    const [toBen, toAna] = await Promise.all([met.ana.events.nextUp(), met.ben.events.nextUp()]);
    expect(toBen.security?.encrypted).toBe(outcome === 'tls');
    expect(toAna.security?.channel).toEqual(toBen.security?.channel);
  });

  test('without a word about security there is none', async () => {
    const met = await meet(undefined, undefined);
    const [toBen] = await Promise.all([met.ana.events.nextUp(), met.ben.events.nextUp()]);
    expect(toBen.security).toMatchObject({ encrypted: false, proved: false });
  });
});

/** A man in the middle who clears CAN_TLS in both contact headers. @returns the port to dial */
async function stripper(to: number): Promise<number> {
  const strip = (from: Socket, into: Socket) => {
    let seen = 0;
    from.on('data', (chunk) => {
      if (seen <= 5 && seen + chunk.length > 5) chunk[5 - seen] = 0;
      seen += chunk.length;
      into.write(chunk);
    });
    from.on('close', () => into.destroy());
    from.on('error', () => {});
  };
  const server = createServer((near) => {
    const far = createConnection(to, LOOPBACK);
    strip(near, far);
    strip(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  running.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('an attacker', () => {
  test('who strips CAN_TLS stops two nodes that require it, and reads nothing', async () => {
    const here = await start(ana, ana.security('require'));
    const there = await start(ben, ben.security('require'), { dial: await stripper(here.port) });
    expect(await there.refusal()).toBe('contact-failure: the peer does not offer TLS');
    expect(await here.refusal()).toBe('contact-failure: the peer does not offer TLS');
    expect([...here.events.log, ...there.events.log]).toEqual([]);
  });

  test('who strips CAN_TLS between two that offer it is given away by the channel that gossip’s proof covers', async () => {
    const here = await start(ana, ana.security('offer'));
    const there = await start(ben, ben.security('offer'), { dial: await stripper(here.port) });
    const [toBen, toAna] = await Promise.all([here.events.nextUp(), there.events.nextUp()]);
    expect(toBen.security).toEqual({ encrypted: false, proved: false, channel: Uint8Array.of(0, 1) });
    expect(toAna.security).toEqual({ encrypted: false, proved: false, channel: Uint8Array.of(1, 0) });
  });

  test('who names another’s node id than the certificate is turned away', async () => {
    const met = await meet(ana.security('offer'), mallory.security('offer'), { eid: ben.eid });
    expect(await met.ana.refusal()).toBe('identity-failure: the certificate is for another node id');
    expect(met.ana.events.log).toEqual([]);
  });

  test('who puts another’s node id into a certificate of his own is turned away', async () => {
    const forged = await nodeIdentity(3, { eid: ben.eid });
    for (const policy of ['offer', 'require'] as const) {
      const met = await meet(ana.security(policy), forged.security('offer'), { eid: ben.eid });
      expect(await met.ana.refusal()).toBe('identity-failure: the certificate does not hold the node’s key');
      expect(met.ana.events.log).toEqual([]);
    }
  });

  test('who answers the dial in another’s name is left, too', async () => {
    const forged = await nodeIdentity(3, { eid: ana.eid });
    const here = await start(mallory, forged.security('offer'), { eid: ana.eid });
    const there = await start(ben, ben.security('offer'), { dial: here.port });
    expect(await there.refusal()).toBe('identity-failure: the certificate does not hold the node’s key');
    expect(there.events.log).toEqual([]);
  });

  test('with a certificate that has expired is turned away', async () => {
    const expired = await nodeIdentity(2, { notAfter: new Date('2026-11-21T00:00:00Z') });
    const met = await meet(ana.security('offer'), expired.security('offer'));
    expect(await met.ana.refusal()).toBe('identity-failure: the certificate has expired');
    expect(met.ana.events.log).toEqual([]);
  });

  test.each([
    ['says nothing more', [], 'contact-timeout: no session within the contact timeout'],
    ['goes on in clear', [encodeMessage(init({ nodeId: ben.eid }))], 'tls-failed: '],
    ['sends noise', [seededRandom(5).bytes(500)], 'tls-failed: '],
  ])('who agrees to TLS and then %s gets no session', async (_what, sends, refusal) => {
    const here = await start(ana, ana.security('offer'), { contactTimeoutMs: 400 });
    const socket = createConnection(here.port, LOOPBACK);
    running.push(() => socket.destroy());
    // In one piece with the header: nothing of it may pass for something said inside TLS.
    socket.write(Buffer.concat([Buffer.from('dtn!\x04\x01', 'latin1'), ...sends]));
    expect(await here.refusal()).toContain(refusal);
    expect(here.events.log).toEqual([]);
  });
});

describe('a foreign peer', () => {
  /** Speaks just enough TCPCLv4 in TLS to be a session. */
  async function foreigner(port: number, nodeId: string, credentials: { cert?: string; key?: string } = {}) {
    const socket = createConnection(port, LOOPBACK);
    running.push(() => socket.destroy());
    socket.write('dtn!\x04\x01', 'latin1');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.removeAllListeners('data');
    const secure = connectTls({ socket, rejectUnauthorized: false, ...credentials });
    secure.on('error', () => {});
    secure.write(encodeMessage(init({ nodeId })));
  }

  test('without a certificate is served where TLS is offered, as one that has proved nothing', async () => {
    const here = await start(ana, ana.security('offer'));
    await foreigner(here.port, 'ipn:7.0');
    const session = await here.events.nextUp();
    expect(session).toMatchObject({ peerEid: 'ipn:7.0', gossip: false, security: { encrypted: true, proved: false } });
  });

  test('without a certificate is turned away where TLS is required', async () => {
    const here = await start(ana, ana.security('require'));
    await foreigner(here.port, 'ipn:7.0');
    expect(await here.refusal()).toBe('identity-failure: nothing proves the node id');
  });

  test('with a certificate by an authority that we trust has proved its node id', async () => {
    const school = await authority();
    const { cert, key } = await school.certify('ipn:7.0');
    const trusting = await start(ana, ana.security('require', { authorities: [school.pem] }));
    await foreigner(trusting.port, 'ipn:7.0', { cert, key });
    expect((await trusting.events.nextUp()).security).toMatchObject({ encrypted: true, proved: true });
    await foreigner(trusting.port, 'ipn:8.0', { cert, key });
    expect(await trusting.refusal()).toBe('identity-failure: the certificate is for another node id');
    const strict = await start(ben, ben.security('require'));
    await foreigner(strict.port, 'ipn:7.0', { cert, key });
    expect(await strict.refusal()).toBe('identity-failure: nothing proves the node id');
  });
});
