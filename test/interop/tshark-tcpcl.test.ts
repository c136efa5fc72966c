/** Wireshark's dissector reads what our sessions write: a decoder of TCPCLv4 by other hands. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeBundle } from '../../src/bundle/index.js';
import { RefuseReason } from '../../src/link/index.js';
import { encodeMessage } from '../../src/link/tcpcl/messages.js';
import { CONTACT, init, openPair, openScripted } from '../link/support/session-pair.js';
import { signedChat } from '../support/bundles.js';
import { describeWithPrograms } from '../support/optional.js';
import { type Said, tcpConversation } from '../support/pcap-tcp.js';

const PORT = 4556;
/** Wireshark's PI_WARN. */
const WARNING = 0x0060_0000;

/** Fields of every packet that has any, one array of values per field, in the order of the packets. */
function dissect(file: string, fields: readonly string[]): Record<string, string[]> {
  // Two passes: what a later packet explains is no complaint.
  const args = ['-2', '-r', file, '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=,'];
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
