/** BPSec: RFC 9172 with the contexts of RFC 9173 and COSE. How to use it, and the key file: docs/protocol/bpsec.md. */
export {
  addConfidentiality,
  addIntegrity,
  type ConfidentialitySpec,
  type IntegritySpec,
  type SecurityPlacement,
} from './add.js';
export { AesVariant, type AesVariantId, type GcmSpec } from './aes-gcm.js';
export { applyPolicy, type Finding, type PolicyContext, type PolicyOutcome } from './apply-policy.js';
export type { CoseConfidentiality, CoseIntegrity, CoseSigner, CoseSpec, IvSource } from './cose-make.js';
export type { RecipientSpec } from './cose-recipients.js';
export { AadFlag, type AadScope, DEFAULT_AAD_SCOPE, SCOPE_SECURITY_BLOCK, SCOPE_TARGET } from './cose-scope.js';
export { describeSecurity, type OperationVerdict, type SecurityDescription, securityVerdicts } from './describe.js';
export { type HmacSpec, ShaVariant, type ShaVariantId } from './hmac-sha2.js';
export { importCoseKey } from './key-import.js';
export { loadKeySet } from './key-set.js';
export {
  createKeyring,
  type KeyMaterial,
  type KeyQuery,
  type Keyring,
  NO_KEYS,
  type SecurityKey,
} from './keyring.js';
export { conflictOf, type SecurityBlockEntry, securityBlocks, securityOperations } from './operations.js';
export {
  type OperationFailure,
  type OperationOutcome,
  type Refused,
  SecurityContextId,
  type SecurityOperation,
  SecurityReason,
  type SecurityReasonCode,
  type SecurityService,
} from './outcome.js';
export {
  type FailureAction,
  type PolicyParameters,
  type PolicyRule,
  parsePolicy,
  type SecurityContextName,
  type SecurityPolicy,
  type SecurityRole,
} from './policy.js';
export {
  acceptOperation,
  type OpenedBundle,
  type OperationRef,
  type OperationReport,
  openBundle,
  stripOperation,
  verifyOperation,
} from './process.js';
export { ScopeFlag } from './rfc9173.js';
