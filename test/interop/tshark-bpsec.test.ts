/** A foreign dissector reads the security blocks of RFC 9173 that we make: every parameter and result by its name. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/index.js';
import {
  addConfidentiality,
  addIntegrity,
  type Bundle,
  createBundle,
  encodeBundle,
  formatEid,
  parseSecurityBlock,
} from '../../src/bundle/index.js';
import { ANA_EID, chatSpec } from '../support/bundles.js';
import { describeWithPrograms } from '../support/optional.js';
import { udpCapture } from '../support/pcap.js';
import { symmetricKey } from '../support/security-keys.js';

const BUNDLE_PORT = 4556;
const FIELDS = [
  '_ws.malformed',
  '_ws.expert.message',
  'bpsec.asb.target',
  'bpsec.asb.ctxid',
  'bpsec.asb.secsrc.uri',
  'bpsec.asb.param.id',
  'bpsec.asb.result.id',
  'bpsec.defaultsc.shavar',
  'bpsec.defaultsc.aesvar',
  'bpsec.defaultsc.scope',
  'bpsec.defaultsc.wrappedkey',
  'bpsec.defaultsc.iv',
  'bpsec.defaultsc.hmac',
  'bpsec.defaultsc.authtag',
] as const;
type Dissection = Readonly<Record<(typeof FIELDS)[number], string>>;

const KEY = symmetricKey('mac', '1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b');
const KEK = symmetricKey('kek', '6162636465666768696a6b6c6d6e6f70');
const IV = fromHex('5477656c7665313231323132');
const PLAIN = createBundle({ ...chatSpec(), topic: undefined, copies: undefined } as never);

const BUNDLES: Readonly<Record<'integrity' | 'wrapped' | 'confidentiality' | 'appended', Bundle>> = {
  integrity: addIntegrity(PLAIN, { context: 'BIB-HMAC-SHA2', key: KEY, targets: [0, 1, 3], source: ANA_EID }),
  wrapped: addIntegrity(PLAIN, {
    context: 'BIB-HMAC-SHA2',
    key: KEK,
    variant: 7,
    scope: 3,
    wrap: { contentKey: new Uint8Array(64).fill(9) },
    targets: [1],
    source: ANA_EID,
  }),
  confidentiality: addConfidentiality(PLAIN, {
    context: 'BCB-AES-GCM',
    key: KEK,
    iv: IV,
    wrap: { contentKey: new Uint8Array(32).fill(8) },
    targets: [1],
    source: ANA_EID,
  }),
  appended: addConfidentiality(PLAIN, {
    context: 'BCB-AES-GCM',
    key: KEK,
    iv: IV,
    tag: 'appended',
    targets: [1],
    source: ANA_EID,
  }),
};
const NAMES = Object.keys(BUNDLES) as (keyof typeof BUNDLES)[];

describeWithPrograms('tshark reads BPSec', ['tshark'], () => {
  let folder: string;
  let seen: Readonly<Record<string, Dissection>>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearsay-tshark-'));
    const capture = join(folder, 'bundles.pcap');
    writeFileSync(
      capture,
      udpCapture(
        BUNDLE_PORT,
        NAMES.map((name) => encodeBundle(BUNDLES[name])),
      ),
    );
    const dissections = dissect(capture);
    seen = Object.fromEntries(NAMES.map((name, i) => [name, dissections[i] as Dissection]));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(NAMES)('finds nothing malformed, and our security source: %s', (name) => {
    expect(seen[name]?.['_ws.malformed']).toBe('');
    expect(seen[name]?.['_ws.expert.message']).not.toMatch(/malformed|invalid|decode|differ/i);
    expect(seen[name]?.['bpsec.asb.secsrc.uri']).toBe(formatEid(ANA_EID));
  });

  it('reads the HMACs of three targets', () => {
    const results = parseSecurityBlock(BUNDLES.integrity.blocks[0]?.data ?? new Uint8Array(0)).results;
    expect(seen.integrity).toMatchObject({
      'bpsec.asb.target': '0|1|3',
      'bpsec.asb.ctxid': '1',
      'bpsec.asb.param.id': '1|3',
      'bpsec.asb.result.id': '1|1|1',
      'bpsec.defaultsc.shavar': '6',
      'bpsec.defaultsc.hmac': results.map(([one]) => toHex(one?.value.subarray(2) ?? new Uint8Array(0))).join('|'),
    });
    expect(Number(seen.integrity?.['bpsec.defaultsc.scope'])).toBe(7);
  });

  it('reads a wrapped HMAC key', () => {
    expect(seen.wrapped).toMatchObject({ 'bpsec.asb.param.id': '1|2|3', 'bpsec.defaultsc.shavar': '7' });
    expect(seen.wrapped?.['bpsec.defaultsc.wrappedkey']).toHaveLength((64 + 8) * 2);
    expect(Number(seen.wrapped?.['bpsec.defaultsc.scope'])).toBe(3);
  });

  it('reads a ciphertext with its tag as a result, and one with its tag at the end', () => {
    expect(seen.confidentiality).toMatchObject({
      'bpsec.asb.target': '1',
      'bpsec.asb.ctxid': '2',
      'bpsec.asb.param.id': '1|2|3|4',
      'bpsec.asb.result.id': '1',
      'bpsec.defaultsc.aesvar': '3',
      'bpsec.defaultsc.iv': toHex(IV),
    });
    expect(seen.confidentiality?.['bpsec.defaultsc.authtag']).toHaveLength(32);
    expect(seen.appended).toMatchObject({ 'bpsec.asb.result.id': '', 'bpsec.defaultsc.aesvar': '1' });
  });
});

function dissect(capture: string): readonly Dissection[] {
  const options = ['-r', capture, '-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|'];
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const text = execFileSync('tshark', [...options, ...fields], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(FIELDS.map((field, i) => [field, cells[i] ?? ''])) as Dissection;
  });
}
