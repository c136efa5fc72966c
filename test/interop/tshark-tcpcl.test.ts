/** Wireshark's dissector reads what our sessions write: a decoder of TCPCLv4 by other hands. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeBundle } from '../../src/bundle/index.js';
import { RefuseReason } from '../../src/link/index.js';
import { encodeMessage } from '../../src/link/tcpcl/messages.js';
import { fakeTimers } from '../link/support/fake-timers.js';
import { pipe } from '../link/support/memory-network.js';
import { nodeIdentity } from '../link/support/node-identity.js';
import { CONTACT, init, openPair, openScripted, openSession } from '../link/support/session-pair.js';
import { signedChat } from '../support/bundles.js';
import { describeWithPrograms } from '../support/optional.js';
import { type Said, tcpConversation } from '../support/pcap-tcp.js';
import { startLinkNode } from './support/link-node.js';

const PORT = 4556;
const [ana, ben] = await Promise.all([nodeIdentity(31), nodeIdentity(32)]);
/** Wireshark's PI_WARN. */
const WARNING = 0x0060_0000;

/** Fields of every packet that has any, one array of values per field, in the order of the packets. */
function dissect(file: string, fields: readonly string[], keyLog?: string): Record<string, string[]> {
  // Two passes: what a later packet explains is no complaint.
  const args = ['-2', '-r', file, '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=,'];
  if (keyLog !== undefined) args.push('-o', `tls.keylog_file:${keyLog}`);
  const output = execFileSync('tshark', [...args, ...fields.flatMap((field) => ['-e', field])], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const found: Record<string, string[]> = Object.fromEntries(fields.map((field) => [field, []]));
  for (const line of output.split('\n')) {
    for (const [index, value] of line.split('\t').entries()) {
      const field = fields[index];
      if (field !== undefined && value !== '') found[field]?.push(...value.split(','));
    }
  }
  return found;
}

/** Two of ours over real TCP, with somebody in between who writes down what passes, and one of them telling the keys. */
async function tlsSession(): Promise<{ readonly said: Said[]; readonly keys: string }> {
  const said: Said[] = [];
  let keys = '';
  const keyLog = (line: Uint8Array) => {
    keys += Buffer.from(line).toString();
  };
  const passive = await startLinkNode('ana', [], { eid: ana.eid, links: ana.security('require', { keyLog }) });
  const scribe = createServer((near) => {
    const far = createConnection(passive.port, '127.0.0.1');
    near.on('data', (bytes) => said.push({ from: 'client', bytes: new Uint8Array(bytes) }) && far.write(bytes));
    far.on('data', (bytes) => said.push({ from: 'server', bytes: new Uint8Array(bytes) }) && near.write(bytes));
    near.on('end', () => far.end());
    far.on('end', () => near.end());
  });
  await new Promise<void>((resolve) => scribe.listen(0, '127.0.0.1', resolve));
  const address = scribe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const active = await startLinkNode('ben', [port], { eid: ben.eid, links: ben.security('require') });
  const session = await active.session();
  const sent = session.sendBundle(encodeBundle(signedChat({ payload: new Uint8Array(5_000).fill(65) })));
  (await passive.events.nextBundle()).accept();
  expect(await sent).toEqual({ outcome: 'acked' });
  session.close();
  await passive.events.nextDown();
  await new Promise((resolve) => scribe.close(resolve));
  return { said, keys };
}

describeWithPrograms('tshark on our TCPCLv4', ['tshark'], () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearsay-tcpcl-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, said: readonly Said[]): string {
    const file = join(folder, `${name}.pcap`);
    writeFileSync(file, tcpConversation(PORT, said));
    return file;
  }

  /** Everything of one session between two of ours: all messages that RFC 9174 knows. */
  async function wholeSession(): Promise<Said[]> {
    const said: Said[] = [];
    const { timers, active, passive } = await openPair({ limits: { segmentBytes: 2_000 } }, {}, (from, bytes) => {
      said.push({ from: from === 'active' ? 'client' : 'server', bytes });
    });
    const bundle = encodeBundle(signedChat({ payload: new Uint8Array(5_000).fill(65) }));
    const there = active.session.sendBundle(bundle);
    await timers.advance(10);
    passive.transfers[0]?.accept();
    await timers.advance(10);
    expect(await there).toEqual({ outcome: 'acked' });
    const back = passive.session.sendBundle(encodeBundle(signedChat()));
    await timers.advance(10);
    active.transfers[0]?.refuse(RefuseReason.NoResources);
    await timers.advance(10);
    expect(await back).toMatchObject({ outcome: 'refused' });
    await timers.advance(10_100);
    active.session.close();
    await timers.advance(100);
    return said;
  }

  describe('a session of ours', () => {
    let file = '';
    beforeAll(async () => {
      file = write('session', await wholeSession());
    });

    test('is understood message by message', () => {
      const read = dissect(file, [
        'tcpcl.contact_hdr.version',
        'tcpcl.v4.mhdr.type',
        'tcpcl.v4.sess_init.nodeid_data',
        'tcpcl.v4.sess_init.keepalive',
        'tcpcl.v4.sessext.type',
        'tcpcl.v4.xferext.transfer_length.total_len',
        'tcpcl.v4.xfer_refuse.reason',
        'tcpcl.v4.ses_term.reason',
      ]);
      expect(read['tcpcl.contact_hdr.version']).toEqual(['4', '4']);
      expect(read['tcpcl.v4.sess_init.nodeid_data']).toEqual(['dtn://active/', 'dtn://passive/']);
      expect(read['tcpcl.v4.sess_init.keepalive']).toEqual(['10', '10']);
      expect(read['tcpcl.v4.sessext.type']?.map(Number)).toEqual([0xe48a, 0xe48a]);
      expect(read['tcpcl.v4.xferext.transfer_length.total_len']?.length).toBe(1);
      expect(read['tcpcl.v4.xfer_refuse.reason']?.map(Number)).toEqual([RefuseReason.NoResources]);
      expect(read['tcpcl.v4.ses_term.reason']?.map(Number)).toEqual([0, 0]);
      const types = new Set(read['tcpcl.v4.mhdr.type']?.map(Number));
      expect([...types].sort()).toEqual([1, 2, 3, 4, 5, 7]);
    });

    test('carries bundles that are put together from their segments', () => {
      const read = dissect(file, ['tcpcl.xfer.reassembled.length', 'bpv7.primary.src_uri']);
      expect(read['tcpcl.xfer.reassembled.length']?.map(Number).some((length) => length > 5_000)).toBe(true);
      expect(read['bpv7.primary.src_uri']?.length).toBe(2);
    });

    test('has no malformed packet, and no warning but that our private types are unknown', () => {
      const read = dissect(file, ['_ws.malformed', '_ws.expert.message', '_ws.expert.severity']);
      expect(read['_ws.malformed']).toEqual([]);
      const severities = read['_ws.expert.severity']?.map(Number) ?? [];
      const warnings = read['_ws.expert.message']?.filter((_message, index) => (severities[index] ?? 0) >= WARNING);
      // The session extension item, and the bundle's private blocks.
      expect(new Set(warnings)).toEqual(new Set(['Session Extension type is unknown', 'Unknown type code']));
    });
  });

  test('a rejection is understood', async () => {
    const said: Said[] = [
      { from: 'client', bytes: encodeMessage(CONTACT) },
      { from: 'client', bytes: encodeMessage(init()) },
    ];
    const { us, peer, timers } = await openScripted({ role: 'passive' });
    for (const message of peer.messages) said.push({ from: 'server', bytes: encodeMessage(message) });
    const stray = encodeMessage({ type: 'xfer-ack', flags: 3, transferId: 5n, acknowledgedLength: 1n });
    us.end.tap = (bytes) => said.push({ from: 'server', bytes });
    said.push({ from: 'client', bytes: stray });
    peer.say(stray);
    await timers.advance(10);
    const read = dissect(write('reject', said), [
      'tcpcl.v4.msg_reject.reason',
      'tcpcl.v4.msg_reject.head',
      '_ws.malformed',
    ]);
    expect(read['tcpcl.v4.msg_reject.reason']?.map(Number)).toEqual([3]);
    expect(read['tcpcl.v4.msg_reject.head']?.map(Number)).toEqual([2]);
    expect(read['_ws.malformed']).toEqual([]);
  });

  test('TLS begins right behind the contact headers, hides everything, and with the keys all is as in clear', async () => {
    const { said, keys } = await tlsSession();
    const file = write('tls', said);
    const outside = dissect(file, [
      'tcpcl.contact_hdr.version',
      'tcpcl.v4.chdr.flags.can_tls',
      'tls.handshake.type',
      'tls.handshake.extensions.supported_version',
      'tcpcl.v4.mhdr.type',
    ]);
    expect(outside['tcpcl.contact_hdr.version']).toEqual(['4', '4']);
    expect(outside['tcpcl.v4.chdr.flags.can_tls']).toEqual(['1', '1']);
    // The hellos only: certificates and messages are hidden.
    expect(outside['tls.handshake.type']).toEqual(['1', '2']);
    expect(outside['tls.handshake.extensions.supported_version']?.map(Number)).toEqual([0x0304, 0x0304]);
    expect(outside['tcpcl.v4.mhdr.type']).toEqual([]);

    const keyLog = join(folder, 'keys.txt');
    writeFileSync(keyLog, keys);
    const fields = [
      'tcpcl.v4.BundleEID',
      'tcpcl.v4.sess_init.nodeid_data',
      'tcpcl.v4.mhdr.type',
      'bpv7.primary.src_uri',
    ];
    const inside = dissect(file, [...fields, '_ws.malformed'], keyLog);
    expect(inside['tcpcl.v4.BundleEID']).toEqual([ana.eid, ben.eid]);
    expect(inside['tcpcl.v4.sess_init.nodeid_data']).toEqual([ben.eid, ana.eid]);
    const types = new Set(inside['tcpcl.v4.mhdr.type']?.map(Number));
    expect([...types].sort((a, b) => a - b)).toEqual([1, 2, 5, 7]);
    expect(inside['bpv7.primary.src_uri']?.length).toBe(1);
    expect(inside['_ws.malformed']).toEqual([]);
  });

  test('a probe is unknown to it, not malformed', async () => {
    const said: Said[] = [];
    const { timers, active } = await openPair({}, {}, (from, bytes) => {
      said.push({ from: from === 'active' ? 'client' : 'server', bytes });
    });
    active.session.probe();
    await timers.advance(10);
    const read = dissect(write('probe', said), ['tcpcl.v4.mhdr.type', '_ws.malformed']);
    expect(read['tcpcl.v4.mhdr.type']?.map(Number)).toContain(0xf5);
    expect(read['_ws.malformed']).toEqual([]);
  });

  test('another version’s header is answered in words that it understands', async () => {
    const timers = fakeTimers();
    const [near, far] = pipe(timers, { host: 'peer', port: 1 }, { host: 'us', port: 2 });
    const said: Said[] = [];
    near.tap = (bytes) => said.push({ from: 'server', bytes });
    openSession(timers, near, { role: 'passive' });
    const header = Uint8Array.of(0x64, 0x74, 0x6e, 0x21, 5, 0);
    far.write([header], () => {});
    await timers.advance(10);
    const read = dissect(write('version', [{ from: 'client', bytes: encodeMessage(CONTACT) }, ...said]), [
      'tcpcl.v4.ses_term.reason',
      '_ws.malformed',
    ]);
    expect(read['tcpcl.v4.ses_term.reason']?.map(Number)).toEqual([2]);
    expect(read['_ws.malformed']).toEqual([]);
  });

  test('a gossip frame is unknown to it, not malformed', async () => {
    const said: Said[] = [];
    const { timers, active } = await openPair({}, {}, (from, bytes) => {
      said.push({ from: from === 'active' ? 'client' : 'server', bytes });
    });
    active.session.sendFrame(Uint8Array.of(1, 2, 3));
    await timers.advance(10);
    const read = dissect(write('frame', said), ['tcpcl.v4.mhdr.type', '_ws.malformed']);
    expect(read['tcpcl.v4.mhdr.type']?.map(Number)).toContain(0xf4);
    expect(read['_ws.malformed']).toEqual([]);
  });
});
