/**
 * Signatures verified in the thread pool that Node brings along (`UV_THREADPOOL_SIZE`, four threads): keys are shared with
 * it, so nothing is set up and only the message is handed over.
 */
import { verify, verifyInPool } from '../crypto/index.js';
import type { SignatureJob, SignatureVerifier } from './batch.js';

/** Below this many at once, handing over costs more time than it saves. */
const LEAST_WORTHWHILE = 16;

export interface ThreadPoolOptions {
  /** Fewer are verified on the spot. @default 16 */
  readonly least?: number;
}

export function threadPoolVerifier({ least = LEAST_WORTHWHILE }: ThreadPoolOptions = {}): SignatureVerifier {
  return (jobs) =>
    jobs.length < least
      ? Promise.resolve(jobs.map(({ publicKey, message, signature }) => verify(publicKey, message, signature)))
      : Promise.all(jobs.map(inPool));
}

function inPool({ publicKey, message, signature }: SignatureJob): Promise<boolean> {
  return verifyInPool(publicKey, message, signature);
}
