/**
 * Many signed bundles at once, their signatures verified somewhere else than on the calling thread. When that pays:
 * docs/decisions/0010-signatures-on-the-main-thread.md.
 */

import { finishVerification, prepareVerification, type SignatureClaim, type VerifyOutcome } from './integrity.js';
import type { Bundle } from './types.js';

/** One signature to verify by the rules of decision 1. Its bytes belong to whoever got it. */
export interface SignatureJob {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** @returns for each job in turn whether the signature is genuine; may reject when its workers fail. */
export type SignatureVerifier = (jobs: readonly SignatureJob[]) => Promise<readonly boolean[]>;

/**
 * What `verifyBundle` says of each, in their order.
 *
 * @param resolve as for `verifyBundle`; called on this thread, before anything is verified.
 * @param verifyAll for instance `threadPoolVerifier()`.
 */
export function verifyBundles(
  bundles: readonly Bundle[],
  resolve: (claim: SignatureClaim) => Uint8Array | undefined,
  verifyAll: SignatureVerifier,
): Promise<readonly VerifyOutcome[]> {
  const prepared = bundles.map((bundle) => prepareVerification(bundle, resolve));
  const jobs = prepared.flatMap((one) => ('job' in one ? [one.job] : []));
  return verifyAll(jobs).then((genuine) => {
    let next = 0;
    return prepared.map((one) => ('job' in one ? finishVerification(one, genuine[next++] === true) : one));
  });
}
