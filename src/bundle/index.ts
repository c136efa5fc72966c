/** Bundles: RFC 9171 with BPSec signatures (RFC 9172). Wire format and error codes: docs/protocol/bundles.md. */
export { ageOf, blockOf, copiesOf, hopCountOf, payloadOf, previousNodeOf, topicOf } from './blocks.js';
export { crc16, crc32c } from './crc.js';
export { type BundleSpec, createBundle, type Transit, withTransit } from './create.js';
export { decodeBundle } from './decode.js';
export { dtnEid, eidEquals, formatEid, isSingleton, NULL_EID, parseEid, readEid, writeEid } from './eid.js';
export { encodeBundle } from './encode.js';
export {
  type BundleSigner,
  findPayloadSignature,
  type PayloadSignature,
  type SignatureClaim,
  signBundle,
  type VerifyFailure,
  type VerifyOutcome,
  verifyBundle,
} from './integrity.js';
export { bundleKey } from './key.js';
export { type BundleLimits, DEFAULT_MAX_BLOCKS, DEFAULT_MAX_BUNDLE_BYTES, MAX_EID_BYTES } from './limits.js';
export { parseSecurityBlock, type SecurityBlock } from './security-block.js';
export * from './types.js';
