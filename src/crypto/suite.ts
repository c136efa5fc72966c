/**
 * The operations on keys that cost time. A node runs {@link REAL_CRYPTO}; the simulator may put stand-ins of the same
 * sizes in its place, to run the same core over worlds whose signatures alone would take days.
 */
import type { Random } from '../base/index.js';
import { verify } from './ed25519.js';
import { type OpenOutcome, openSealed, type SealRecipient, seal } from './seal.js';

export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

export interface CryptoSuite {
  readonly verify: Verify;
  readonly seal: (plaintext: Uint8Array, recipients: readonly SealRecipient[], random: Random) => Uint8Array;
  readonly openSealed: (sealed: Uint8Array, keys: (keyId: Uint8Array) => Uint8Array | undefined) => OpenOutcome;
  /** Bytes that stand-in content takes on the wire beyond those it has; 0 for what is really there. */
  readonly hollowBytes: (payload: Uint8Array) => number;
}

export const REAL_CRYPTO: CryptoSuite = { verify, seal, openSealed, hollowBytes: () => 0 };
