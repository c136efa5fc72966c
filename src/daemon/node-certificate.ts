/**
 * The certificate that this node shows its neighbours in TLS (RFC 9174 §4.4.2). Its key is the node's own key, and it names
 * the node id that is the hash of that key: nobody else has to sign it.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concatBytes, fromHex, type Logger, toHex, utf8 } from '../base/index.js';
import { formatEid } from '../bundle/index.js';
import { sha256, signingKeyFromSeed } from '../crypto/index.js';
import { BUNDLE_SECURITY, nodeIdsIn, SUBJECT_ALT_NAME, subjectAltNameOf, type TlsCredentials } from '../link/index.js';
import { nodeEid, nodeIdOf } from '../people/index.js';
import { ensureReflectMetadata } from '../xmpp-adapter/index.js';
import { replaceFile } from './atomic-file.js';
import type { Home } from './home.js';

const ALGORITHM = { name: 'Ed25519' };
/** PKCS #8 for Ed25519 (RFC 8410 §7) is this and the seed. */
const PKCS8_HEAD = fromHex('302e020100300506032b657004220420');
/** A key that is the name itself does not age, and laptops with wrong clocks are normal here. */
const NOT_BEFORE = new Date('1970-01-01T00:00:00Z');
/** "No well-defined expiration date", RFC 5280 §4.1.2.5. */
const NOT_AFTER = new Date('9999-12-31T23:59:59Z');
const SERIAL_BYTES = 16;

/**
 * The private key is in memory only, made from the identity's seed. The certificate is kept as `tls/node.pem`, where other
 * implementations can be given it from, and made anew when it is missing or another node's.
 *
 * @param nodeSeed Ed25519, from the identity
 */
export async function loadOrCreateNodeCertificate(
  home: Home,
  nodeSeed: Uint8Array,
  log: Logger,
): Promise<TlsCredentials> {
  const file = join(home.tlsFolder, 'node.pem');
  const privateKey = privateKeyPem(nodeSeed);
  const kept = await readFile(file, 'utf8').catch(() => '');
  const eid = nodeEidOf(nodeSeed);
  if (isOurs(kept, eid, nodeSeed)) return { certificate: kept, privateKey };
  const certificate = await nodeCertificate(nodeSeed);
  await replaceFile(file, certificate);
  log.info('a certificate for neighbours was made', { node: eid });
  return { certificate, privateKey };
}

function isOurs(pem: string, eid: string, nodeSeed: Uint8Array): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const { x } = certificate.publicKey.export({ format: 'jwk' });
    const key = Buffer.from(signingKeyFromSeed(nodeSeed).publicKey).toString('base64url');
    return x === key && nodeIdsIn(certificate.raw).includes(eid);
  } catch {
    return false;
  }
}

/** @returns the certificate in PEM; always the same for one seed. */
export async function nodeCertificate(
  nodeSeed: Uint8Array,
  { eid = nodeEidOf(nodeSeed), notAfter = NOT_AFTER }: { readonly eid?: string; readonly notAfter?: Date } = {},
): Promise<string> {
  ensureReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const key = await crypto.subtle.importKey('pkcs8', pkcs8(nodeSeed), ALGORITHM, false, ['sign']);
  const publicKey = await crypto.subtle.importKey(
    'raw',
    new Uint8Array(signingKeyFromSeed(nodeSeed).publicKey),
    ALGORITHM,
    true,
    ['verify'],
  );
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Hearsay node',
    serialNumber: serialNumber(eid),
    notBefore: NOT_BEFORE,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys: { privateKey: key, publicKey },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      // The first is what RFC 9174 asks for; OpenSSL asks for the other two.
      new x509.ExtendedKeyUsageExtension([
        BUNDLE_SECURITY,
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.Extension(SUBJECT_ALT_NAME, false, new Uint8Array(subjectAltNameOf(eid))),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return certificate.toString('pem');
}

function nodeEidOf(nodeSeed: Uint8Array): string {
  return formatEid(nodeEid(nodeIdOf(signingKeyFromSeed(nodeSeed).publicKey)));
}

/** Positive and without leading zeros, as RFC 5280 §4.1.2.2 wants it. */
function serialNumber(eid: string): string {
  const bytes = sha256(utf8(eid)).slice(0, SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return toHex(bytes);
}

function pkcs8(nodeSeed: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(concatBytes(PKCS8_HEAD, nodeSeed));
}

export function privateKeyPem(nodeSeed: Uint8Array): string {
  const base64 = Buffer.from(pkcs8(nodeSeed)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}
