/**
 * The certificate that a node shows its clients: an authority of its own, which signs one server certificate and is
 * then forgotten. A client (or a system's store) that is told to trust it can be shown nothing else by it.
 */
import type { webcrypto } from 'node:crypto';
import type * as X509 from '@peculiar/x509';
import { DAY_MS, type WallTimeMs } from '../base/index.js';
import { ensureReflectMetadata } from './reflection.js';

/** Everything in PEM. Where it is kept is the caller's affair. */
export interface NodeCertificate {
  /** What a client has to trust. */
  readonly authority: string;
  /** The server's certificate. */
  readonly cert: string;
  /** The server's private key, PKCS #8. */
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEARS = 10;

/**
 * Laptops with wrong clocks are normal here: a certificate made by a clock that runs ahead must not be "not yet valid"
 * once that is set right.
 */
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z');

/** ECDSA P-256; the names are the domain and the loopback's, for clients that check against the host they dialled. */
export async function generateCertificate(options: {
  readonly domain: string;
  readonly now: WallTimeMs;
}): Promise<NodeCertificate> {
  ensureReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const notAfter = new Date(Math.max(options.now, NOT_BEFORE.getTime()) + YEARS * 365 * DAY_MS);
  const validity = { notBefore: NOT_BEFORE, notAfter, signingAlgorithm: ALGORITHM };
  const authorityKeys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const serverKeys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `CN=Hearsay authority of ${options.domain}`,
    keys: authorityKeys,
    extensions: await authorityExtensions(x509, authorityKeys.publicKey),
  });
  const server = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: `CN=${options.domain}`,
    issuer: authority.subject,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: await serverExtensions(x509, serverKeys.publicKey, authority, options.domain),
  });
  const key = await crypto.subtle.exportKey('pkcs8', serverKeys.privateKey);
  return {
    authority: authority.toString('pem'),
    cert: server.toString('pem'),
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
  };
}

async function authorityExtensions(x509: typeof X509, key: webcrypto.CryptoKey): Promise<X509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(key),
  ];
}

async function serverExtensions(
  x509: typeof X509,
  key: webcrypto.CryptoKey,
  authority: X509.X509Certificate,
  domain: string,
): Promise<X509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: domain },
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ]),
    await x509.SubjectKeyIdentifierExtension.create(key),
    await x509.AuthorityKeyIdentifierExtension.create(authority),
  ];
}
