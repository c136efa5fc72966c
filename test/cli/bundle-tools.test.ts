/** `hearsay bundle create`, `verify`, `send` and `receive`, as somebody who debugs a DTN uses them. */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, seededRandom, steadyMs, toHex, utf8 } from '../../src/base/index.js';
import {
  ageOf,
  bundleKey,
  CrcType,
  decodeBundle,
  encodeBundle,
  formatEid,
  hopCountOf,
  payloadOf,
  Reassembler,
} from '../../src/bundle/index.js';
import { readDuration } from '../../src/cli/options.js';
import { ANA, signedChat } from '../support/bundles.js';
import { temporaryFolder } from '../support/folder.js';
import { type Run, run } from './bundle-run.js';

const SEED = '01'.repeat(32);
const PUBLIC = toHex(ANA.publicKey);

const PARTS = ['--source', 'dtn://ana/out', '--dest', 'dtn://ben/in', '--payload', '-', '--lifetime', '1h'];

async function create(...options: readonly string[]): Promise<Run> {
  return run(['create', ...PARTS, ...options], utf8('the bridge is open again'));
}

describe('hearsay bundle create', () => {
  it('makes what its options say', async () => {
    const { status, bytes } = await create(
      ...['--report-to', 'ipn:4.1', '--flags', 'report-delivery,status-time-requested', '--crc', '16'],
      ...['--hop-limit', '7', '--age', '1500', '--creation-time', '2026-11-23T12:00:00Z', '--sequence', '3'],
      ...['--previous-node', 'dtn://cleo/'],
    );
    expect(status).toBe(0);
    const bundle = decodeBundle(bytes);
    expect(bundle.primary).toMatchObject({
      flags: 0x20040,
      crcType: CrcType.Crc16,
      creation: { time: 848_750_400_000, sequence: 3 },
      lifetimeMs: 3_600_000,
    });
    const { source, destination, reportTo } = bundle.primary;
    expect([source, destination, reportTo].map(formatEid)).toEqual(['dtn://ana/out', 'dtn://ben/in', 'ipn:4.1']);
    expect(bundle.blocks.map(({ type, crcType }) => [type, crcType])).toEqual([
      [6, 1],
      [7, 1],
      [10, 1],
      [1, 1],
    ]);
    expect([ageOf(bundle), hopCountOf(bundle)]).toEqual([1_500, { limit: 7, count: 0 }]);
    expect(toHex(payloadOf(bundle))).toBe(toHex(utf8('the bridge is open again')));
  });

  it('keeps a CRC on the primary block, gives a clockless bundle an age, and nobody the flag that goes with it', async () => {
    const bundle = decodeBundle((await create('--crc', 'none', '--creation-time', '0')).bytes);
    expect([bundle.primary.crcType, bundle.blocks[0]?.crcType, ageOf(bundle)]).toEqual([2, 0, 0]);
    expect(decodeBundle((await create('--source', 'dtn:none')).bytes).primary.flags).toBe(4);
  });

  it('takes a time of now when none is given', async () => {
    const { creation } = decodeBundle((await create()).bytes).primary;
    expect(Number(creation.time)).toBeGreaterThan(Date.UTC(2026, 0) - Date.UTC(2000, 0));
  });

  it('cuts into fragments that are the signed bundle again once whole', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'fragments.cbor');
    expect(await create('--sign-key', SEED, '--fragment', '10', '--out', out)).toMatchObject({ status: 0, out: '' });
    const inspected = await run(['inspect', '--json', out]);
    const views = inspected.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(views.map(({ primaryBlock }) => primaryBlock.fragmentOffset)).toEqual([0, 10, 20]);

    const text = (await create('--sign-key', SEED, '--fragment', '10', '--hex')).out.trimEnd().split('\n');
    const reassembler = new Reassembler();
    const results = text.map((line) => reassembler.add(decodeBundle(fromHex(line)), steadyMs(0), steadyMs(1)));
    const whole = results.at(-1);
    if (whole?.kind !== 'whole') throw new Error('not whole');
    writeFileSync(join(folder, 'whole.cbor'), encodeBundle(whole.bundle));
    expect((await run(['verify', join(folder, 'whole.cbor'), '--key', PUBLIC])).status).toBe(0);
  });

  it.each([
    [['--source', 'ana'], /--source: not an endpoint id: ana/],
    [['--source', 'dtn://all/~them'], /make no valid bundle: the source is a single endpoint/],
    [['--source', 'dtn:none', '--flags', '0'], /make no valid bundle/],
    [['--flags', 'is-fragment'], /a fragment is made from a bundle/],
    [['--flags', 'nonsense'], /--flags: "nonsense" is no flag; there are is-fragment/],
    [['--lifetime', 'soon'], /not a duration/],
    [['--hop-limit', '256'], /not a whole number from 1 to 255/],
    [['--crc', '8'], /not one of none, 16, 32/],
    [['--creation-time', 'yesterday'], /neither DTN time/],
    [['--sign-key', '/no/such/file'], /no key in \/no\/such\/file/],
    [['--payload', '/no/such/file'], /cannot read \/no\/such\/file/],
    [['--flags', 'must-not-fragment', '--fragment', '5'], /cannot be cut: must-not-fragment/],
  ])('says what is wrong with %j, and exits 1', async (options, message) => {
    const { status, out, err } = await create(...options);
    expect(err).toMatch(message);
    expect({ status, out }).toEqual({ status: 1, out: '' });
  });

  it.each([
    ['90', 90_000],
    ['1.5h', 5_400_000],
    ['15 m', 900_000],
    ['2min', 120_000],
    ['14d', 1_209_600_000],
    ['500ms', 500],
  ])('reads the duration %s', (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });
});

describe('hearsay bundle verify', () => {
  it('exits 0 for a genuine signature, and 2 for every other', async () => {
    const signed = await create('--sign-key', SEED);
    expect(await run(['verify', '--key', PUBLIC], signed.bytes)).toMatchObject({
      status: 0,
      out: expect.stringMatching(
        /^ok {2}[0-9a-f]{32} {2}integrity of block 1 by block 2 \(COSE, dtn:\/\/ana\/out\): the target is genuine {2}by dtn:\/\/ana\/out, key 8a88/,
      ),
    });
    expect(await run(['verify', '--key', '02'.repeat(32)], signed.bytes)).toMatchObject({
      status: 2,
      out: expect.stringMatching(/^failed/),
    });
    expect((await run(['verify'], signed.bytes)).out).toMatch(/^unknown-key/);
    expect((await run(['verify', '--key', PUBLIC], (await create()).bytes)).out).toMatch(/^unsigned/);
    const broken = signed.bytes.slice();
    broken[2] = 8;
    expect(await run(['verify', '--key', PUBLIC], broken)).toMatchObject({
      status: 2,
      out: 'invalid  ERR_BUNDLE_VERSION at byte 2: bundle protocol version 8 is not 7\n',
    });
  });

  it('judges several, and finds the key that fits', async () => {
    const two = concatBytes((await create('--sign-key', SEED)).bytes, encodeBundle(signedChat()));
    const { status, out } = await run(['verify', '--json', '--key', '02'.repeat(32), '--key', PUBLIC], two);
    const verdicts = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).verdict);
    expect({ status, verdicts }).toEqual({ status: 0, verdicts: ['ok', 'ok'] });
  });

  it('takes keys raw, in hexadecimal, PEM and JWK, private ones for their public ones', async () => {
    const folder = temporaryFolder();
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' });
    const raw = Buffer.from(jwk.x ?? '', 'base64url');
    const files = {
      'seed.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'seed.jwk': JSON.stringify(privateKey.export({ format: 'jwk' })),
      'key.pem': publicKey.export({ type: 'spki', format: 'pem' }),
      'key.jwk': JSON.stringify(jwk),
      'keys.json': JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }, jwk] }),
      'key.raw': raw,
      'key.hex': `${raw.toString('hex')}\n`,
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    for (const seed of ['seed.pem', 'seed.jwk']) {
      const { bytes } = await create('--sign-key', join(folder, seed));
      for (const key of ['key.pem', 'key.jwk', 'keys.json', 'key.raw', 'key.hex', 'seed.pem']) {
        expect(await run(['verify', '--key', join(folder, key)], bytes), key).toMatchObject({ status: 0 });
      }
    }
    expect(await create('--sign-key', join(folder, 'key.pem'))).toMatchObject({ status: 1 });
    writeFileSync(join(folder, 'nonsense'), 'nonsense');
    const refused = await run(['verify', '--key', join(folder, 'nonsense')]);
    expect(refused).toMatchObject({ status: 1, err: expect.stringMatching(/no key in .*nonsense: /) });
  });
});

describe('hearsay bundle send and receive', () => {
  /** Listens on a free port. */
  async function receiving(...options: readonly string[]) {
    const out = join(temporaryFolder(), 'inbox');
    let ready: (place: string) => void = () => {};
    const place = new Promise<string>((resolve) => {
      ready = resolve;
    });
    const finished = run(['receive', '--tcpcl', '127.0.0.1:0', '--out', out, ...options], undefined, (text) => {
      const found = /listening on (\S+)/.exec(text)?.[1];
      if (found !== undefined) ready(found);
    });
    return { out, finished, place: await place };
  }

  it('carry bundles over TCPCLv4, acknowledged when their files are whole', async () => {
    const inbox = await receiving('--count', '3', '--node', 'dtn://inbox/');
    const folder = temporaryFolder();
    const big = seededRandom(1).bytes(300_000);
    writeFileSync(join(folder, 'big'), big);
    const files = [join(folder, 'one.cbor'), join(folder, 'two.cbor')] as const;
    const parts = ['--source', 'ipn:1.1', '--dest', 'ipn:2.1', '--payload', join(folder, 'big'), '--lifetime', '1d'];
    await run(['create', ...parts, '--out', files[0]]);
    await run(['create', ...parts, '--fragment', '200000', '--sequence', '1', '--out', files[1]]);

    const sent = await run(['send', '--tcpcl', inbox.place, '--json', ...files]);
    expect(sent).toMatchObject({ status: 0, err: '' });
    const reports = sent.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(reports.map(({ outcome }) => outcome)).toEqual(['acked', 'acked', 'acked']);
    const received = await inbox.finished;
    expect(received.status).toBe(0);
    expect(received.out.match(/^kept /gm)).toHaveLength(3);
    expect(readdirSync(inbox.out).sort()).toEqual(reports.map(({ bundleKey: key }) => `${key}.cbor`).sort());
    const first = readFileSync(join(inbox.out, `${reports[0].bundleKey}.cbor`));
    expect(first.equals(readFileSync(files[0]))).toBe(true);
    expect(bundleKey(decodeBundle(first).primary)).toBe(reports[0].bundleKey);
  });

  it('say which were refused, and exit 2', async () => {
    const inbox = await receiving('--timeout', '2', '--json');
    const file = join(temporaryFolder(), 'bad.cbor');
    writeFileSync(file, Uint8Array.of(0x9f, 0xff));
    expect(await run(['send', '--tcpcl', inbox.place, file])).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringMatching(/bad\.cbor: ERR_[A-Z_]+ at byte 1: /),
    });
    expect(await run(['send', '--tcpcl', inbox.place, '--unchecked', file])).toMatchObject({
      status: 2,
      out: expect.stringMatching(
        /^refused {2}unchecked {2}2 bytes {2}.*bad\.cbor {2}not-acceptable: the node does not take .* will not help\n$/,
      ),
    });
    const received = await inbox.finished;
    expect(received.status).toBe(2);
    expect(JSON.parse(received.out)).toMatchObject({ outcome: 'refused', error: { offset: 1 } });
    expect(readdirSync(inbox.out)).toEqual([]);
  });

  it('say when nobody is there, or too little came', async () => {
    const inbox = await receiving('--timeout', '1', '--count', '2');
    expect(await inbox.finished).toMatchObject({
      status: 1,
      err: expect.stringMatching(/0 of 2 bundles came within 1 s/),
    });
    const { bytes } = await create();
    const gone = await run(['send', '--tcpcl', inbox.place, '-'], bytes);
    expect(gone).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^hearsay: cannot connect to 127\.0\.0\.1 port/),
    });
  });
});
