import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/index.js';
import { createBundle, dtnEid, encodeBundle, signBundle } from '../../src/bundle/index.js';
import { bundleInspect, type InspectArgs } from '../../src/cli/bundle-inspect.js';
import { idOfKey } from '../../src/crypto/index.js';
import { issueDeviceCertificate } from '../../src/people/index.js';
import { ANA, BEN, chatSpec, signedChat, testKey } from '../support/bundles.js';

async function inspect(input: Uint8Array, args: InspectArgs = {}, key?: Uint8Array) {
  let out = '';
  let err = '';
  const status = await bundleInspect(
    { ...args, ...(key === undefined ? {} : { key: [toHex(key)] }) },
    {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      stdin: (async function* () {
        // In two pieces, as a pipe would.
        yield input.subarray(0, 10);
        yield input.subarray(10);
      })(),
    },
  );
  return { status, out, err };
}

const BYTES = encodeBundle(signedChat());
const folder = mkdtempSync(join(tmpdir(), 'hearsay-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A device of Ana's, with a certificate that she issued for it. */
function certified(issuer = ANA): Uint8Array {
  const device = testKey(77);
  const source = dtnEid(idOfKey(ANA.publicKey), 'laptop');
  const certificate = issueDeviceCertificate(issuer, 'laptop', device.publicKey);
  const bundle = createBundle(chatSpec({ source }));
  return encodeBundle(
    signBundle(bundle, { privateKey: device, keyId: utf8('laptop'), certificate, securitySource: source }),
  );
}

describe('hearsay bundle inspect', () => {
  it('shows every block to a person', async () => {
    const { status, out, err } = await inspect(BYTES, {}, ANA.publicKey);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain(`destination  dtn://${idOfKey(BEN.publicKey)}/~chat`);
    expect(out).toContain('created      2026-11-23T12:00:00.000Z');
    expect(out).toContain('CRC          CRC-32C ok');
    expect(out).toMatch(/Block 4: hop-count \(type 10\)\n {2}flags +0x1 replicate-in-fragments\n/);
    expect(out).toContain('hop limit  32');
    expect(out).toMatch(
      /Block 7: block-integrity \(type 11\)[\s\S]*security targets +\[1\]\n +security context id +3\n/,
    );
    expect(out).toMatch(/Signature\n {2}verdict +ok: the signature is genuine\n/);
  });

  it('verifies with the certificate that came with the bundle', async () => {
    expect((await inspect(certified())).out).toMatch(/verdict +ok:/);
    // Somebody else certified the device: not Ana's.
    expect((await inspect(certified(BEN))).out).toMatch(/verdict +unknown-key:/);
    expect((await inspect(BYTES)).out).toMatch(/verdict +unknown-key:/);
    expect((await inspect(encodeBundle(createBundle(chatSpec())))).out).toMatch(/verdict +unsigned:/);
  });

  it('prints one JSON object', async () => {
    const { status, out } = await inspect(BYTES, { json: true }, ANA.publicKey);
    expect(status).toBe(0);
    const view = JSON.parse(out);
    expect(view).toMatchObject({
      valid: true,
      sizeBytes: BYTES.length,
      primaryBlock: {
        version: 7,
        flags: 0,
        crcType: 2,
        reportTo: 'dtn:none',
        creationTimestamp: { time: 848_750_400_000, sequenceNumber: 7, utc: '2026-11-23T12:00:00.000Z' },
        lifetime: 1_209_600_000,
      },
      signature: { verdict: 'ok', alg: -8, publicKey: toHex(ANA.publicKey) },
    });
    expect(view.blocks.map((block: { blockType: number }) => block.blockType)).toEqual([6, 7, 10, 232, 233, 11, 1]);
    expect(view.blocks.at(-1)).toMatchObject({
      blockNumber: 1,
      crcStatus: 'absent',
      data: toHex(utf8('the bridge is open again')),
    });
  });

  it('writes integers that JSON would round as text', async () => {
    const huge = createBundle(chatSpec({ creation: { time: 2n ** 64n - 1n, sequence: 2n ** 60n } }));
    const { out } = await inspect(encodeBundle(huge), { json: true });
    expect(JSON.parse(out).primaryBlock.creationTimestamp).toEqual({
      time: '18446744073709551615',
      sequenceNumber: '1152921504606846976',
      utc: null,
    });
  });

  it('takes hexadecimal text with white space, from a file too', async () => {
    const spaced = toHex(BYTES).toUpperCase().replace(/.{32}/g, '$&\r\n ');
    expect((await inspect(utf8(spaced), { hex: true })).status).toBe(0);
    const file = join(folder, 'bundle.hex');
    writeFileSync(file, spaced);
    expect((await inspect(new Uint8Array(0), { files: [file] })).status).toBe(0);
    expect((await inspect(BYTES, { files: ['-'] })).status).toBe(0);
  });

  it('says what is wrong, and where', async () => {
    const wrong = new Uint8Array(BYTES);
    wrong[2] = 8;
    const { status, out, err } = await inspect(wrong, { json: true });
    expect(status).toBe(2);
    expect(err).toBe('ERR_BUNDLE_VERSION at byte 2: bundle protocol version 8 is not 7\n');
    const message = 'bundle protocol version 8 is not 7';
    expect(JSON.parse(out)).toEqual({ valid: false, error: { code: 'ERR_BUNDLE_VERSION', offset: 2, message } });
    expect(await inspect(new Uint8Array(0))).toMatchObject({ status: 2, out: '' });
    expect(await inspect(utf8('9f 8x'), { hex: true })).toMatchObject({
      status: 2,
      err: 'ERR_HEX at byte 4: not a hexadecimal digit\n',
    });
    expect((await inspect(utf8('9f8'), { hex: true })).status).toBe(2);
  });

  it('says when there is nothing to read', async () => {
    await expect(inspect(BYTES, { files: [join(folder, 'absent')] })).rejects.toThrow(/^cannot read .*absent: ENOENT/);
    await expect(inspect(BYTES, { files: [folder] })).rejects.toMatchObject({ code: 'ERR_INPUT' });
  });

  it('lets nothing of a stranger’s drive the terminal', async () => {
    const { out } = await inspect(encodeBundle(createBundle(chatSpec({ topic: { name: 'a\u001b[31m', version: 1 } }))));
    expect(out).not.toContain('\u001b');
  });
});
