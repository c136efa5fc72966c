/** Keys, signatures, sealing, hashes. Pure: randomness comes in as an argument. */
export { SIGNATURE_BYTES, type SigningKey, sign, signingKeyFromSeed, verify, verifyInPool } from './ed25519.js';
export { idOfKey, sha256 } from './hash.js';
export {
  type BoxKeyPair,
  boxKeyPairFromSeed,
  KEY_ID_BYTES,
  MAX_SEAL_RECIPIENTS,
  type OpenOutcome,
  openSealed,
  type SealRecipient,
  seal,
} from './seal.js';
export { SipHasher, sipHash24 } from './siphash.js';
export { type CryptoSuite, REAL_CRYPTO, type Verify } from './suite.js';
