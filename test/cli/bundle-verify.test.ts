/** `bundle verify`, `inspect` and `create` with keys of every kind, over the vectors of others and over our own bundles. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/index.js';
import {
  addIntegrity,
  CrcType,
  createBundle,
  decodeBundle,
  encodeBundle,
  loadKeySet,
  payloadOf,
} from '../../src/bundle/index.js';
import { ANA, chatSpec, signedChat } from '../support/bundles.js';
import { temporaryFolder } from '../support/folder.js';
import { type Schema, schemaErrors } from '../support/json-schema.js';
import { describeWithShared } from '../support/optional.js';
import { objectsIn, run } from './bundle-run.js';

const SCHEMA = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../docs/schema/bundle.schema.json'), 'utf8'),
) as Schema;

interface Verdict {
  readonly verdict: string;
  readonly message: string;
  readonly valid: boolean;
  readonly security: readonly {
    readonly target: number;
    readonly verdict: string;
    readonly plaintext: string | null;
  }[];
}

async function verdictOf(bundle: string, ...keys: readonly string[]): Promise<Verdict & { readonly status: number }> {
  const ran = await run(['verify', '--json', ...keys], bundle);
  const [verdict] = objectsIn<Verdict>(ran);
  if (verdict === undefined) throw new Error(ran.err);
  expect(schemaErrors(SCHEMA, verdict)).toEqual([]);
  return { ...verdict, status: ran.status };
}

describeWithShared('the examples of RFC 9173', 'vectors/rfc9173.json', (path) => {
  const { examples } = JSON.parse(readFileSync(path, 'utf8')) as {
    examples: readonly {
      id: string;
      final_bundle: string;
      operations: readonly { target: number; plaintext?: string }[];
    }[];
  };
  const secrets = [
    ...['1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b', 'text:abcdefghijklmnop', '71776572747975696f70617364666768'],
    '0x71776572747975696f7061736466676871776572747975696f70617364666768',
  ].flatMap((key) => ['--secret', key]);

  it.each(examples)('verify: $id', async ({ final_bundle, operations }) => {
    const { status, verdict, security } = await verdictOf(final_bundle, ...secrets);
    expect({ status, verdict }).toEqual({ status: 0, verdict: 'ok' });
    const plaintexts = (list: readonly { target: number; plaintext?: string | null }[]) =>
      list.flatMap(({ target, plaintext }) => (typeof plaintext === 'string' ? [`${target} ${plaintext}`] : [])).sort();
    expect(plaintexts(security)).toEqual(plaintexts(operations));
  });

  it.each(examples)('are shown by inspect whether RFC 9171 allows them or not: $id', async ({ final_bundle }) => {
    const ran = await run(['inspect', '--json', ...secrets], final_bundle);
    const [view] = objectsIn<{ valid: boolean; security: readonly { verdict: string }[] }>(ran);
    expect(schemaErrors(SCHEMA, view)).toEqual([]);
    expect(ran.status).toBe(view?.valid === true ? 0 : 2);
    expect(view?.security.every(({ verdict }) => verdict === 'ok')).toBe(true);
    expect((await run(['inspect', ...secrets], final_bundle)).out).toMatch(/verdict +ok: the target/);
  });

  it.each(examples)(
    'do not verify with a byte of the last block changed, nor without the keys: $id',
    async (example) => {
      const { final_bundle } = example;
      const flipped = `${final_bundle.slice(0, -4)}${final_bundle.at(-4) === '0' ? '1' : '0'}${final_bundle.slice(-3)}`;
      expect(await verdictOf(flipped, ...secrets)).toMatchObject({ status: 2 });
      expect(await verdictOf(final_bundle)).toMatchObject({ status: 2, verdict: 'unknown-key' });
    },
  );
});

describeWithShared('the examples of the COSE context', 'vectors/bpsec_cose_draft17.json', (path) => {
  const { examples } = JSON.parse(readFileSync(path, 'utf8')) as {
    examples: readonly { id: string; final_bundle: string }[];
  };

  // A.10 is ML-DSA. The file itself has its keys in a form that is a key file here.
  it.each(examples)('verify, but for ML-DSA: $id', async ({ id, final_bundle }) => {
    const { status, verdict, message } = await verdictOf(final_bundle, '--key', path);
    if (id === 'A.10') {
      expect({ status, verdict }).toEqual({ status: 2, verdict: 'unsupported' });
      expect(message).toMatch(/ML-DSA-87 is not supported/);
    } else expect({ status, verdict }).toEqual({ status: 0, verdict: 'ok' });
  });

  it.each(examples.filter(({ id }) => id !== 'A.10'))('need their keys: $id', async ({ final_bundle }) => {
    expect(await verdictOf(final_bundle)).toMatchObject({ status: 2, verdict: 'unknown-key' });
  });
});

describe('a key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256' };
  const [signer] = loadKeySet(jwk);
  if (signer === undefined) throw new Error('no key');
  const source = createBundle(chatSpec()).primary.source;
  const message = { kind: 'sign1', algorithm: -7, key: { ...signer, id: utf8('ana-p256') } } as const;
  const bundle = toHex(
    encodeBundle(addIntegrity(createBundle(chatSpec()), { context: 'COSE', message, source, targets: [1] })),
  );
  // {1: 2, 2: 'ana-p256', -1: 1, -2: x, -3: y}
  const [x, y] = [jwk.x, jwk.y].map((part) => Buffer.from(part ?? '', 'base64url').toString('hex'));
  const cose = `a501020248${toHex(utf8('ana-p256'))}2001215820${x}225820${y}`;
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();

  it.each<[string, string]>([
    ['PEM, public', spki],
    ['PEM, private', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['PEM, two blocks', `${generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })}${spki}`],
    ['JWK', JSON.stringify(jwk)],
    ['JWK set', JSON.stringify({ keys: [{ kty: 'AKP' }, { ...jwk, kid: 'ana-p256' }] })],
    ['COSE_Key in hexadecimal', cose],
    ['COSE_Key in base64', Buffer.from(cose, 'hex').toString('base64')],
    ['COSE_KeySet', `81${cose}`],
    ['DER in hexadecimal', publicKey.export({ type: 'spki', format: 'der' }).toString('hex')],
    ['with its key id', `ana-p256=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`],
    [
      'with its key id in hexadecimal',
      `0x${toHex(utf8('ana-p256'))}=${cose.replace(toHex(utf8('ana-p256')), '00'.repeat(8))}`,
    ],
  ])('is taken as it is, and from a file: %s', async (_, text) => {
    expect(await verdictOf(bundle, '--key', text)).toMatchObject({ status: 0, verdict: 'ok' });
    const file = join(temporaryFolder(), 'key');
    writeFileSync(file, `${text}\n`);
    expect(await verdictOf(bundle, '--key', file)).toMatchObject({ status: 0, verdict: 'ok' });
  });

  it('with another id than the bundle names is not tried', async () => {
    const key = JSON.stringify({ ...jwk, kid: 'ben' });
    const { verdict, message: words } = await verdictOf(bundle, '--key', key);
    expect([verdict, words]).toEqual([
      'unknown-key',
      expect.stringMatching(/no key for the signature with the id "ana-p256"/),
    ]);
  });

  it('may be one of many in a file, a line each', async () => {
    const file = join(temporaryFolder(), 'keys.txt');
    writeFileSync(file, `# Ana's laptop\n${'02'.repeat(32)}\nana-p256 = ${cose}  # and her phone\n`);
    expect(await verdictOf(bundle, '--key', file)).toMatchObject({ verdict: 'ok' });
  });

  it('that is public never passes as a secret', async () => {
    // Everybody knows Ana's public key, and so anybody can make this.
    const forged = await run([
      ...['create', '--source', 'dtn://ana/', '--dest', 'dtn://ben/', '--payload', '-', '--lifetime', '1h', '--hex'],
      ...['--hmac-key', toHex(ANA.publicKey), '--sha', '256'],
    ]);
    const verdict = await verdictOf(forged.out, '--key', toHex(ANA.publicKey));
    expect(verdict).toMatchObject({ status: 2, verdict: 'unknown-key' });
    expect(verdict.message).toMatch(/given with --secret/);
    expect(await verdictOf(forged.out, '--secret', toHex(ANA.publicKey))).toMatchObject({ status: 0 });
  });

  it.each<[string, RegExp]>([
    ['ab', /no key in ab: 1 bytes are no public key; a secret is given with --secret/],
    ['{"kty":', /not valid JSON/],
    ['{"kty":"AKP"}', /no key in .*: key 1: /],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /the PEM cannot be read/],
    ['/no/such/file', /neither a file, nor hexadecimal/],
    ['ana=/no/such/file', /neither a file, nor hexadecimal/],
    ['', /neither a file/],
    ['a0', /key/],
  ])('is refused in a sentence, with exit 1: %s', async (text, words) => {
    const { status, out, err } = await run(['verify', '--key', text], bundle);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(words);
  });
});

describe('verdicts', () => {
  it('go by every operation, not by the first', async () => {
    const both = toHex(
      encodeBundle(
        addIntegrity(signedChat(), {
          ...{ context: 'BIB-HMAC-SHA2', source: signedChat().primary.source, targets: [0] },
          key: loadKeySet({ kHex: '0a'.repeat(32) })[0] as never,
        }),
      ),
    );
    const ana = ['--key', toHex(ANA.publicKey)];
    expect(await verdictOf(both, ...ana)).toMatchObject({ status: 2, verdict: 'unknown-key' });
    const good = await verdictOf(both, ...ana, '--secret', '0a'.repeat(32));
    expect(good).toMatchObject({ status: 0, message: '2 operations are good' });
    expect(await verdictOf(both, ...ana, '--secret', '0b'.repeat(32))).toMatchObject({ status: 2, verdict: 'failed' });
  });

  it('say what is missing, and what cannot be read', async () => {
    const bare = createBundle(chatSpec());
    expect(await verdictOf(toHex(encodeBundle(bare)))).toMatchObject({ status: 2, verdict: 'unsigned' });
    expect(await verdictOf('9f88')).toMatchObject({ status: 2, verdict: 'invalid', valid: false });
    const noCrc = { ...bare, primary: { ...bare.primary, crcType: CrcType.None } };
    expect(await verdictOf(toHex(encodeBundle(noCrc)))).toMatchObject({ verdict: 'unsigned', valid: false });
  });
});

describe('bundle create with RFC 9173', () => {
  const parts = ['create', '--source', 'ipn:2.1', '--dest', 'ipn:1.2', '--payload', '-', '--lifetime', '1h', '--hex'];
  const hmac = ['--hmac-key', '1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b'];
  const aes = ['--aes-key', 'text:qwertyuiopasdfgh'];
  const secrets = ['--secret', '1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b', '--secret', 'text:qwertyuiopasdfgh'];
  const text = 'Ready to generate a 32-byte payload';

  it.each<[string, readonly string[], readonly string[]]>([
    ['a MAC', hmac, ['2→1']],
    ['a MAC over the primary block', [...hmac, '--hmac-targets', 'primary', '--sha', '512'], ['2→0']],
    ['encryption', aes, ['2→1']],
    ['both apart', [...hmac, '--hop-limit', '9', '--hmac-targets', 'primary,hop-count', ...aes], ['4→1', '3→0', '3→2']],
    ['both on one', [...hmac, ...aes, '--shared-iv', '--scope', '0'], ['3→2', '3→1', '2→1']],
    ['a MAC beside a signature', [...hmac, '--hmac-targets', '0', '--sign-key', '01'.repeat(32)], ['2→1', '3→0']],
  ])('makes what verifies: %s', async (_, options, operations) => {
    const made = await run([...parts, ...options], text);
    expect(made.err).toBe('');
    const verdict = await verdictOf(made.out, ...secrets, '--key', toHex(ANA.publicKey));
    const seen = (verdict.security as readonly { block: number; target: number }[] & Verdict['security']).map(
      ({ block, target }) => `${block}→${target}`,
    );
    expect([...seen].sort()).toEqual([...operations].sort());
    expect(verdict).toMatchObject({ status: 0, verdict: 'ok', valid: true });
  });

  it('encrypts: the payload shows only to who has the key', async () => {
    const { out } = await run([...parts, ...aes], text);
    expect(toHex(payloadOf(decodeBundle(fromHex(out.trim()))))).not.toContain(toHex(utf8('Ready')));
    const { security } = await verdictOf(out, ...secrets);
    expect(security[0]?.plaintext).toBe(toHex(utf8(text)));
  });

  it('makes the same again when nothing is drawn', async () => {
    const fixed = [...aes, '--aes-iv', '5477656c7665313231323132', '--creation-time', '0', '--sequence', '40'];
    const twice = [await run([...parts, ...fixed], text), await run([...parts, ...fixed], text)];
    expect(twice[0]?.out).toBe(twice[1]?.out);
    const drawn = [...aes, '--creation-time', '0', '--sequence', '40'];
    expect((await run([...parts, ...drawn], text)).out).not.toBe((await run([...parts, ...drawn], text)).out);
  });

  it('adds blocks of any type', async () => {
    const made = await run([...parts, '--block', '200:68656c6c6f:1', '--block', '201:'], text);
    const { blocks } = decodeBundle(fromHex(made.out.trim()));
    expect(blocks.map(({ type, number, flags, data }) => [type, number, flags, data.length])).toEqual([
      [200, 2, 1, 5],
      [201, 3, 0, 0],
      [1, 1, 0, 35],
    ]);
  });

  it.each<[readonly string[], RegExp]>([
    [[...hmac, ...aes], /one initialization vector cannot serve 2 targets/],
    [[...hmac, '--sign-key', '01'.repeat(32)], /both claim integrity of block 1/],
    [[...hmac, '--hmac-targets', 'hop-count'], /there is no hop-count block to protect/],
    [[...hmac, '--hmac-targets', 'everything'], /"everything" is no target; there are primary, payload/],
    [[...hmac, '--hmac-targets', '7'], /there is no block 7/],
    [[...aes, '--aes-targets', 'primary'], /the primary block must not be encrypted/],
    [['--aes-key', '01'.repeat(24)], /the key fits the AES variant/],
    [['--aes-key', 'text:'], /a secret has at least one byte/],
    [[...aes, '--aes-iv', '00'], /not 16 to 32 hexadecimal digits/],
    [[...hmac, '--sha', '1'], /not one of 256, 384, 512/],
    [[...hmac, '--scope', '8'], /not a whole number from 0 to 7/],
    [['--block', 'x'], /is not TYPE:HEX/],
  ])('says what is wrong with %j, and exits 1', async (options, words) => {
    const { status, out, err } = await run([...parts, ...options], text);
    expect(err).toMatch(words);
    expect({ status, out }).toEqual({ status: 1, out: '' });
  });
});
