/** What matters to us of the certificate that a peer showed in TLS. */
import type { X509Certificate } from 'node:crypto';
import { DecodeError } from '../../base/index.js';
import { nodeIdsIn } from './node-id-name.js';

export interface PeerCertificate {
  /** The endpoint ids that it names (RFC 9174 §4.4.1). */
  readonly nodeIds: readonly string[];
  /** The raw Ed25519 key; undefined for keys of another kind. */
  readonly nodeKey: Uint8Array | undefined;
  /** Wall time in ms. */
  readonly validFrom: number;
  readonly validTo: number;
  /** True when an authority that we were told to trust signed it. */
  readonly trusted: boolean;
}

/**
 * @param authorities whom we were told to trust
 * @throws DecodeError when it cannot be read
 */
export function peerCertificate(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): PeerCertificate {
  return {
    nodeIds: nodeIdsIn(certificate.raw),
    nodeKey: ed25519Key(certificate),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    trusted: authorities.some((authority) => isSignedBy(certificate, authority)),
  };
}

/**
 * Signed by the authority itself: a mesh has no use for intermediate ones, and the purposes that OpenSSL would ask for are
 * those of web servers.
 */
function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function ed25519Key(certificate: X509Certificate): Uint8Array | undefined {
  try {
    const { x, crv } = certificate.publicKey.export({ format: 'jwk' });
    return crv === 'Ed25519' && x !== undefined ? new Uint8Array(Buffer.from(x, 'base64url')) : undefined;
  } catch (error) {
    // Keys that Node does not know, or does not know how to write.
    throw new DecodeError('ERR_CERTIFICATE_KEY', 'the key of the certificate cannot be read', 0, { cause: error });
  }
}
