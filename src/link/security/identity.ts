/**
 * Whether a peer may be who it says it is (RFC 9174 §4.4.4). Pure.
 *
 * A node id of ours is the hash of the node's key, so a certificate over that key proves the id by itself, whoever signed
 * it. Any other node id is proved by a certificate that names it and that an authority stands behind.
 */
import { idOfKey } from '../../crypto/index.js';
import type { PeerCertificate } from './peer-certificate.js';

/**
 * `off`: TLS is not offered. `offer`: it is used with every peer that can. `require`: there is no session without it, nor
 * with a peer that does not prove its node id.
 */
export type TlsPolicy = 'off' | 'offer' | 'require';

export interface IdentityClaim {
  /** The node id in the peer's SESS_INIT. */
  readonly nodeEid: string;
  /** True when gossip was agreed on: the peer is a node of our own kind, which always shows a certificate. */
  readonly gossip: boolean;
  readonly certificate: PeerCertificate | undefined;
}

export type IdentityVerdict =
  | { readonly ok: true; readonly proved: boolean }
  /** Why SESS_TERM "contact failure" follows. */
  | { readonly ok: false; readonly why: string };

/** Judges a peer inside TLS. @param wallTime by our clock, in ms */
export function judgeIdentity(claim: IdentityClaim, policy: TlsPolicy, wallTime: number): IdentityVerdict {
  const { nodeEid, gossip, certificate } = claim;
  if (certificate !== undefined) {
    if (wallTime < certificate.validFrom) return refuse('the certificate is not valid yet');
    if (wallTime > certificate.validTo) return refuse('the certificate has expired');
    // RFC 9174 §4.4.4: the outcome "failure" ends the session whatever the policy, "absent" leaves it to the policy.
    if (certificate.nodeIds.length > 0 && !certificate.nodeIds.includes(nodeEid)) {
      return refuse('the certificate is for another node id');
    }
  }
  const proved = certificate !== undefined && isProof(certificate, nodeEid);
  if (gossip && !(proved && isSelfCertified(certificate, nodeEid))) {
    return refuse('the certificate does not hold the node’s key');
  }
  if (policy === 'require' && !proved) return refuse('nothing proves the node id');
  return { ok: true, proved };
}

function isProof(certificate: PeerCertificate, nodeEid: string): boolean {
  if (!certificate.nodeIds.includes(nodeEid)) return false;
  return certificate.trusted || isSelfCertified(certificate, nodeEid);
}

function isSelfCertified({ nodeKey }: PeerCertificate, nodeEid: string): boolean {
  return nodeKey !== undefined && nodeEid === `dtn://${idOfKey(nodeKey)}/`;
}

function refuse(why: string): IdentityVerdict {
  return { ok: false, why };
}
