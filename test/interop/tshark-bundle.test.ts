/** A foreign dissector reads what we put on the wire, and agrees on every field and checksum. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BundleSpec, createBundle, encodeBundle, formatEid, signBundle } from '../../src/bundle/index.js';
import { ANA_EID, ANA_SIGNER, BEN_CHAT, chatSpec, NODE_EID } from '../support/bundles.js';
import { describeWithPrograms } from '../support/optional.js';
import { udpCapture } from '../support/pcap.js';

/** The port of the UDP convergence layer, by which tshark knows bundles. */
const BUNDLE_PORT = 4556;
const PRIVATE_TYPES = new Set([232, 233]);
const FIELDS = [
  '_ws.malformed',
  '_ws.expert.message',
  '_ws.expert.group',
  'bpv7.primary.src_uri',
  'bpv7.primary.dst_uri',
  'bpv7.primary.report_uri',
  'bpv7.create_ts.seqno',
  'bpv7.time.dtntime',
  'bpv7.primary.lifetime',
  'bpv7.canonical.type_code',
  'bpv7.canonical.block_num',
  'bpv7.crc_status',
  'bpv7.previous_node.uri',
  'bpv7.bundle_age.time',
  'bpv7.hop_count.limit',
  'bpv7.hop_count.current',
  'bpsec.asb.target',
  'bpsec.asb.ctxid',
  'bpsec.asb.secsrc.uri',
  'bpsec.asb.param.id',
  'bpsec.asb.result.id',
] as const;

type Dissection = Readonly<Record<(typeof FIELDS)[number], readonly string[]>>;

const BUNDLES: readonly (readonly [string, Partial<BundleSpec>])[] = [
  ['a chat message', { topic: undefined, copies: undefined } as never],
  ['a presence bundle with every block of ours', {}],
  ['a message of 60 kB', { payload: new Uint8Array(60_000).fill(0x55) }],
  ['an empty message from a node without a clock', { payload: new Uint8Array(0), creation: { time: 0, sequence: 1 } }],
];

describeWithPrograms('tshark', ['tshark'], () => {
  let folder: string;
  let dissections: readonly Dissection[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearsay-tshark-'));
    const capture = join(folder, 'bundles.pcap');
    const encoded = BUNDLES.map(([, change]) => encodeBundle(signBundle(createBundle(chatSpec(change)), ANA_SIGNER)));
    writeFileSync(capture, udpCapture(BUNDLE_PORT, encoded));
    dissections = dissect(capture);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('sees one bundle in every datagram', () => {
    expect(dissections).toHaveLength(BUNDLES.length);
  });

  it.each(BUNDLES.map(([name, change], index) => ({ name, change, index })))('reads $name', ({ change, index }) => {
    const seen = dissections[index] as Dissection;
    const spec = chatSpec(change);
    expect(seen['_ws.malformed']).toEqual([]);
    expect(seen['bpv7.primary.src_uri']).toEqual([formatEid(ANA_EID)]);
    expect(seen['bpv7.primary.dst_uri']).toEqual([formatEid(BEN_CHAT)]);
    expect(seen['bpv7.primary.report_uri']).toEqual(['dtn:none']);
    expect(seen['bpv7.time.dtntime']).toEqual([String(spec.creation.time)]);
    expect(seen['bpv7.create_ts.seqno']).toEqual([String(spec.creation.sequence)]);
    expect(seen['bpv7.primary.lifetime']).toEqual([String(spec.lifetimeMs)]);
    expect(seen['bpv7.previous_node.uri']).toEqual([formatEid(NODE_EID)]);
    expect(seen['bpv7.bundle_age.time']).toEqual(['1500']);
    expect([seen['bpv7.hop_count.limit'], seen['bpv7.hop_count.current']]).toEqual([['32'], ['0']]);
    expect(seen['bpsec.asb.target']).toEqual(['1']);
    expect(seen['bpsec.asb.ctxid']).toEqual(['3']);
    expect(seen['bpsec.asb.secsrc.uri']).toEqual([formatEid(ANA_EID)]);
    expect([seen['bpsec.asb.param.id'], seen['bpsec.asb.result.id']]).toEqual([['5'], ['18']]);
  });

  it('finds every checksum good, and one on all but the signed payload', () => {
    for (const seen of dissections) {
      // 1 is "good"; the primary block has one more than there are canonical blocks with a checksum.
      expect(seen['bpv7.crc_status'].every((status) => status === '1')).toBe(true);
      expect(seen['bpv7.crc_status']).toHaveLength(seen['bpv7.canonical.type_code'].length);
    }
  });

  it('has nothing to remark but that some types are not its own, and that the payload is signed', () => {
    for (const seen of dissections) {
      const unknownBlocks = seen['bpv7.canonical.type_code'].filter((code) => PRIVATE_TYPES.has(Number(code))).length;
      const remarks = seen['_ws.expert.message']
        .filter((message) => message !== '')
        .map((message, i) => [seen['_ws.expert.group'][i], message.replace(/\d+$/, 'N')]);
      const unknown = remarks.filter(([, message]) => message === 'Unknown type code');
      const others = remarks.filter(([, message]) => message !== 'Unknown type code').map(([, message]) => message);
      // One more for the payload: what is in it is ours too.
      expect(unknown.length).toBeLessThanOrEqual(unknownBlocks + 1);
      expect(others).toEqual(['Block is targed by BIB block number N']);
    }
  });
});

function dissect(capture: string): readonly Dissection[] {
  const options = ['-r', capture, '-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|'];
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const text = execFileSync('tshark', [...options, ...fields], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const cells = line.split('\t');
      const entries = FIELDS.map((field, i) => [field, (cells[i] ?? '').split('|').filter((cell) => cell !== '')]);
      return Object.fromEntries(entries) as Dissection;
    });
}
