/** Nodes of our kind with real keys and certificates. */

import { formatEid } from '../../../src/bundle/index.js';
import { signingKeyFromSeed } from '../../../src/crypto/index.js';
import { nodeCertificate, privateKeyPem } from '../../../src/daemon/node-certificate.js';
import { type LinkSecurity, SUBJECT_ALT_NAME, subjectAltNameOf, type TlsPolicy } from '../../../src/link/index.js';
import { nodeEid, nodeIdOf } from '../../../src/people/index.js';
import { ensureReflectMetadata } from '../../../src/xmpp-adapter/index.js';

/** 2026-11-22 */
export const NOW = 1_795_305_600_000;

export interface NodeIdentity {
  readonly eid: string;
  readonly seed: Uint8Array;
  security(policy: TlsPolicy, changes?: Partial<LinkSecurity['credentials']>): LinkSecurity;
}

export async function nodeIdentity(
  number: number,
  certified: { readonly eid?: string; readonly notAfter?: Date } = {},
): Promise<NodeIdentity> {
  const seed = new Uint8Array(32).fill(number);
  const certificate = await nodeCertificate(seed, certified);
  return {
    eid: formatEid(nodeEid(nodeIdOf(signingKeyFromSeed(seed).publicKey))),
    seed,
    security: (policy, changes = {}) => ({
      policy,
      credentials: { certificate, privateKey: privateKeyPem(seed), ...changes },
      wallTime: () => NOW,
    }),
  };
}

export interface Authority {
  readonly pem: string;
  certify(eid: string): Promise<{ readonly cert: string; readonly key: string }>;
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const VALIDITY = { notBefore: new Date(NOW - 1_000), notAfter: new Date(NOW + 1_000), signingAlgorithm: ECDSA };

/** Somebody who signs certificates for nodes of other implementations, by another kind of key than ours. */
export async function authority(): Promise<Authority> {
  ensureReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const keys = await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...VALIDITY,
    name: 'CN=School',
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return {
    pem: certificate.toString('pem'),
    async certify(eid) {
      const own = await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
      const issued = await x509.X509CertificateGenerator.create({
        ...VALIDITY,
        subject: 'CN=Node',
        issuer: certificate.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.Extension(SUBJECT_ALT_NAME, false, new Uint8Array(subjectAltNameOf(eid)))],
      });
      const key = await crypto.subtle.exportKey('pkcs8', own.privateKey);
      return { cert: issued.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
    },
  };
}
