/**
 * The signature that Hearsay believes: of all that BPSec allows, one COSE_Sign1 with EdDSA over the payload. Profile:
 * docs/protocol/bundles.md; the formats are those of ./bpsec.
 */
import { DecodeError } from '../base/index.js';
import { type CoseMessage, CoseResult, Header, type HeaderMap, parseCoseMessage } from './bpsec/cose-message.js';
import { bytes, integer } from './bpsec/cose-recipients.js';
import { type CoseParameters, readCoseParameters } from './bpsec/cose-verify.js';
import { SecurityContextId } from './bpsec/outcome.js';
import { parseSecurityBlock, type SecurityBlock } from './security-block.js';
import { BlockType, type Bundle, type CanonicalBlock } from './types.js';

export const PAYLOAD_NUMBER = 1;

/** EdDSA (RFC 9053 §2.2), and its fully specified successor (RFC 9864), which only we read. */
export const ALG_EDDSA = -8;
const ALG_ED25519 = -19;

export interface PayloadSignature {
  readonly block: CanonicalBlock;
  readonly security: SecurityBlock;
  readonly sign1: Extract<CoseMessage, { id: 18 }>;
  readonly parameters: CoseParameters;
  /** As protected by the signature. */
  readonly algorithm: number | undefined;
  readonly keyId: Uint8Array | undefined;
  /** A CWT as it is encoded; nobody has looked at it yet. */
  readonly certificate: Uint8Array | undefined;
}

/**
 * The one signature over the payload.
 *
 * @throws DecodeError when an integrity block does not parse, or two target the payload.
 */
export function findPayloadSignature(bundle: Bundle): PayloadSignature | undefined {
  let found: PayloadSignature | undefined;
  let targeted = false;
  for (const block of bundle.blocks) {
    if (block.type !== BlockType.BlockIntegrity) continue;
    const security = parseSecurityBlock(block.data);
    const at = security.targets.indexOf(PAYLOAD_NUMBER);
    if (at < 0) continue;
    // RFC 9172: a block is the target of one integrity operation at most. Two would leave a verifier to choose.
    if (targeted) throw malformed('two integrity blocks target the payload');
    targeted = true;
    found = readPayloadSignature(block, security, at);
  }
  return found;
}

export function isEd25519(algorithm: number | undefined): boolean {
  return algorithm === ALG_EDDSA || algorithm === ALG_ED25519;
}

function readPayloadSignature(
  block: CanonicalBlock,
  security: SecurityBlock,
  at: number,
): PayloadSignature | undefined {
  if (security.contextId !== SecurityContextId.Cose) return undefined;
  const results = security.results[at] ?? [];
  const result = results[0];
  if (results.length !== 1 || result?.id !== CoseResult.Sign1) return undefined;
  const parameters = readCoseParameters(security.parameters);
  const sign1 = parseCoseMessage(CoseResult.Sign1, result.value);
  if (sign1.id !== CoseResult.Sign1) return undefined;
  const { additional } = parameters;
  checkHeaders(sign1.protected, sign1.unprotected, additional);
  const header = (label: number): Uint8Array | undefined =>
    sign1.protected.get(label) ?? sign1.unprotected.get(label) ?? additional.get(label);
  return {
    block,
    security,
    sign1,
    parameters,
    algorithm: integer(sign1.protected.get(Header.Alg)),
    keyId: bytes(header(Header.KeyId)),
    certificate: header(Header.Certificate),
  };
}

function checkHeaders(protectedMap: HeaderMap, unprotected: HeaderMap, additional: HeaderMap): void {
  for (const map of [protectedMap, unprotected, additional]) {
    if (map.has(Header.Critical)) throw malformed('critical COSE headers are not known here');
    if (map !== protectedMap && map.has(Header.Alg)) throw malformed('the algorithm must be protected');
  }
  // RFC 9052 §3: a label in two places would let two readers pick different values.
  for (const label of additional.keys()) {
    if (protectedMap.has(label) || unprotected.has(label)) throw malformed(`COSE header ${label} is there twice`);
  }
}

function malformed(message: string): DecodeError {
  return new DecodeError('ERR_BUNDLE_SECURITY', message, 0);
}
