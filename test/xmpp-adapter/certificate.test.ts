import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { wallTimeMs } from '../../src/base/index.js';
import { generateCertificate } from '../../src/xmpp-adapter/index.js';

describe('a generated certificate', () => {
  it('is signed by its own authority, for the domain and the loopback', async () => {
    const made = await generateCertificate({ domain: 'mesh.localhost', now: wallTimeMs(Date.UTC(2024, 5, 1)) });
    const [server, authority] = [new X509Certificate(made.cert), new X509Certificate(made.authority)];
    expect(server.checkIssued(authority)).toBe(true);
    expect(server.verify(authority.publicKey)).toBe(true);
    expect([authority.ca, server.ca]).toEqual([true, false]);
    for (const host of ['mesh.localhost', 'localhost']) expect(server.checkHost(host)).toBe(host);
    for (const ip of ['127.0.0.1', '::1']) expect(server.checkIP(ip)).toBe(ip);
    expect(server.checkHost('elsewhere.example')).toBeUndefined();
    expect(server.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(server.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
  });

  it('holds for years from now, and was valid even for a clock that ran ahead when it was made', async () => {
    const { cert } = await generateCertificate({ domain: 'mesh.localhost', now: wallTimeMs(Date.UTC(2031, 0, 1)) });
    const { validFrom, validTo } = new X509Certificate(cert);
    expect(new Date(validFrom).getUTCFullYear()).toBe(2020);
    expect(new Date(validTo).getUTCFullYear()).toBe(2040);
  });

  it('is another one each time', async () => {
    const now = wallTimeMs(0);
    const [one, two] = await Promise.all([1, 2].map(() => generateCertificate({ domain: 'a.localhost', now })));
    expect(new X509Certificate(one?.cert ?? '').serialNumber).not.toBe(
      new X509Certificate(two?.cert ?? '').serialNumber,
    );
    expect(one?.key).not.toBe(two?.key);
  });
});
