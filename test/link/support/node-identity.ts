/** Nodes of our kind with real keys and certificates. */

import { formatEid } from '../../../src/bundle/index.js';
import { signingKeyFromSeed } from '../../../src/crypto/index.js';
import { nodeCertificate, privateKeyPem } from '../../../src/daemon/node-certificate.js';
import type { LinkSecurity, TlsPolicy } from '../../../src/link/index.js';
import { nodeEid, nodeIdOf } from '../../../src/people/index.js';

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
