/** The certificate for neighbours on disk. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SILENT } from '../../src/base/index.js';
import { openHome } from '../../src/daemon/home.js';
import { linkSecurity } from '../../src/daemon/link-security.js';
import { loadOrCreateNodeCertificate } from '../../src/daemon/node-certificate.js';
import { authority } from '../link/support/node-identity.js';
import { temporaryFolder } from '../support/folder.js';

const seed = new Uint8Array(32).fill(1);
const other = new Uint8Array(32).fill(2);
const clock = { now: () => ({ wall: 7 }) } as never;

test('is made once, kept, and made anew when it is missing, spoilt or another node’s', async () => {
  const home = await openHome(temporaryFolder(), SILENT);
  const file = join(home.tlsFolder, 'node.pem');
  const first = await loadOrCreateNodeCertificate(home, seed, SILENT);
  expect(readFileSync(file, 'utf8')).toBe(first.certificate);
  for (const spoil of ['', 'nonsense', (await loadOrCreateNodeCertificate(home, other, SILENT)).certificate]) {
    writeFileSync(file, spoil);
    expect(await loadOrCreateNodeCertificate(home, seed, SILENT)).toEqual(first);
    expect(readFileSync(file, 'utf8')).toBe(first.certificate);
  }
});

test('the private key is nowhere but in the identity, and in no line of the log', async () => {
  const home = await openHome(temporaryFolder(), SILENT);
  const lines: string[] = [];
  const say = (message: string, fields?: object) => void lines.push(message + JSON.stringify(fields));
  const { privateKey } = await loadOrCreateNodeCertificate(home, seed, {
    debug: say,
    info: say,
    warn: say,
    error: say,
  });
  const secret = privateKey.split('\n')[1] ?? '';
  expect(secret).not.toBe('');
  expect(lines.join('\n')).not.toContain(secret);
  for (const file of readdirSync(home.tlsFolder)) {
    expect(readFileSync(join(home.tlsFolder, file), 'utf8')).not.toContain(secret);
  }
});

test('authorities are read from a file, and a file of something else stops the start', async () => {
  const folder = temporaryFolder();
  const home = await openHome(folder, SILENT);
  const parts = { home, nodeSeed: seed, clock, log: SILENT };
  const tlsAuthorities = join(folder, 'school.pem');
  const { pem } = await authority();
  writeFileSync(tlsAuthorities, `The school's:\n${pem}\n`);
  const security = await linkSecurity({ tls: 'require', tlsAuthorities }, parts);
  expect(security?.credentials.authorities?.map((each) => each.trim())).toEqual([pem.trim()]);
  expect(security?.wallTime()).toBe(7);
  expect(await linkSecurity({ tls: 'off', tlsAuthorities }, parts)).toBeUndefined();

  writeFileSync(tlsAuthorities, (await loadOrCreateNodeCertificate(home, seed, SILENT)).certificate);
  await expect(linkSecurity({ tls: 'require', tlsAuthorities }, parts)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  writeFileSync(tlsAuthorities, 'nothing');
  await expect(linkSecurity({ tls: 'offer', tlsAuthorities }, parts)).rejects.toThrow(/no certificate in it/);
});
