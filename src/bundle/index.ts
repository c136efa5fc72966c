/** Bundles: RFC 9171 with BPSec signatures (RFC 9172). Wire format and error codes: docs/protocol/bundles.md. */
// What those who use this door alone need of the floors below.
export { DecodeError, HearsayError, type SteadyMs, steadyMs } from '../base/index.js';
export { type SigningKey, signingKeyFromSeed } from '../crypto/index.js';
export {
  type AdminRecord,
  decodeAdminRecord,
  encodeAdminRecord,
  ReportReason,
  type StatusAssertion,
  type StatusReport,
} from './admin-record.js';
export { type SignatureJob, type SignatureVerifier, verifyBundles } from './batch.js';
export { ageOf, blockOf, copiesOf, hopCountOf, payloadOf, previousNodeOf, topicOf } from './blocks.js';
export * from './bpsec/index.js';
export { crc16, crc32c } from './crc.js';
export { type BundleSpec, createBundle, freeBlockNumber, type Transit, withTransit } from './create.js';
export { decodeBundle, decodeForSecurity } from './decode.js';
export { dtnEid, eidEquals, formatEid, isSingleton, NULL_EID, parseEid, readEid, writeEid } from './eid.js';
export { type EidPattern, matchesEidPattern, parseEidPattern } from './eid-pattern.js';
export { encodeBundle, encodedSize } from './encode.js';
export { type Fragmentation, type FragmentPlan, type FragmentRefusal, fragmentBundle } from './fragment.js';
export { fragmentFromCut } from './fragment-from-cut.js';
export { type SignatureClaim, type VerifyFailure, type VerifyOutcome, verifyBundle } from './integrity.js';
export { bundleKey, bundleKeyOf } from './key.js';
export { type BundleLimits, DEFAULT_MAX_BLOCKS, DEFAULT_MAX_BUNDLE_BYTES, MAX_EID_BYTES } from './limits.js';
export { findPayloadSignature, type PayloadSignature } from './payload-signature.js';
export {
  DEFAULT_REASSEMBLY_LIMITS,
  type FragmentObjection,
  Reassembler,
  type Reassembly,
  type ReassemblyLimits,
} from './reassembly.js';
export { isHidden, parseSecurityBlock, type SecurityBlock } from './security-block.js';
export { type BundleSigner, encodeSigned, signBundle } from './sign.js';
export {
  createStatusReport,
  mayReport,
  type ReportableEvent,
  ReportBudget,
  type Reporter,
  type ReportOccasion,
  type ReportRate,
  type ReportSubject,
  reportSubjectOf,
} from './status-report.js';
export { type ThreadPoolOptions, threadPoolVerifier } from './thread-pool.js';
export * from './types.js';
export { KNOWN_BLOCK_TYPES, processUnknownBlocks, type UnknownBlocksVerdict } from './unknown-blocks.js';
