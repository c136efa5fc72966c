/** Adding security operations to a bundle, by the rules of RFC 9172 §3.7 to §3.9 and §5. */
import { DecodeError, HearsayError } from '../../base/index.js';
import { CborWriter } from '../../cbor/index.js';
import { freeBlockNumber } from '../create.js';
import { writeEid } from '../eid.js';
import { encodeSecurityBlock, type SecurityBlock, type SecurityItem } from '../security-block.js';
import { BlockFlag, BlockType, type Bundle, BundleFlag, type CanonicalBlock, CrcType, type Eid } from '../types.js';
import { type GcmSpec, gcmParameters, gcmSeal } from './aes-gcm.js';
import {
  type CoseConfidentiality,
  type CoseIntegrity,
  type CoseSpec,
  coseIntegrityResult,
  coseParameters,
  coseSeal,
} from './cose-make.js';
import { AadFlag, type AadScope, SCOPE_SECURITY_BLOCK } from './cose-scope.js';
import { readCoseParameters } from './cose-verify.js';
import { HmacParameter, type HmacSpec, hmacParameters, hmacResults } from './hmac-sha2.js';
import { conflictOf, operationsOf, type SecurityBlockEntry, securityBlocks } from './operations.js';
import { SecurityContextId, type SecurityService } from './outcome.js';
import { readScopeFlags, ScopeFlag } from './rfc9173.js';
import { type BlockHeader, type OperationInput, PRIMARY_NUMBER, targetOf } from './target.js';

const PAYLOAD_NUMBER = 1;

export interface SecurityPlacement {
  /** Block numbers; 0 is the primary block. */
  readonly targets: readonly number[];
  readonly source: Eid;
  /** @default the smallest free number */
  readonly blockNumber?: number;
  /** Block processing control flags. @default 0, and 1 (replicate) for confidentiality of the payload */
  readonly flags?: number;
  /** Where among the canonical blocks. @default 0, right after the primary block */
  readonly position?: number;
  /** Of the security block. @default none by RFC 9173's contexts, as in its examples; CRC-32C in the COSE context */
  readonly crcType?: CrcType;
  /**
   * Whether targets keep their CRC. RFC 9173 §3.8.1 removes it, the integrity value replaces it; the COSE context says
   * nothing and its examples keep it.
   *
   * @default by the context
   */
  readonly targetCrc?: 'keep' | 'remove';
}

export type IntegritySpec = SecurityPlacement & (HmacSpec | CoseSpec<CoseIntegrity>);
export type ConfidentialitySpec = SecurityPlacement & (GcmSpec | CoseSpec<CoseConfidentiality>);

const CONTEXT_IDS = { 'BIB-HMAC-SHA2': 1, 'BCB-AES-GCM': 2, COSE: 3 } as const satisfies Record<string, number>;

/**
 * Adds one block that protects the integrity of its targets.
 *
 * @throws HearsayError `ERR_BPSEC_RULE` when RFC 9172 forbids it, `ERR_BPSEC_KEY`, `ERR_BPSEC_SCOPE`.
 */
export function addIntegrity(bundle: Bundle, spec: IntegritySpec): Bundle {
  checkTargets(bundle, spec.targets);
  const header = headerFor(bundle, BlockType.BlockIntegrity, spec, 0);
  const ready = withoutCrcs(bundle, spec);
  const parameters = spec.context === 'COSE' ? coseParameters(spec) : hmacParameters(spec);
  const results = spec.targets.map((target) => {
    const input = inputFor(ready, header, spec, parameters, target);
    return spec.context === 'COSE' ? [coseIntegrityResult(spec, input)] : hmacResults(spec, input);
  });
  const added = withSecurityBlock(ready, header, spec, parameters, results, spec.targets);
  checkRules(added, header.number, 'integrity');
  for (const entry of securityBlocks(bundle)) {
    const hidden = entry.service === 'confidentiality' ? (entry.security?.targets ?? []) : [];
    // §3.7: what is integrity-protected after encryption could not be verified without breaking up the order.
    const target = spec.targets.find((one) => hidden.includes(one));
    if (target !== undefined) throw rule(`block ${target} is encrypted already`);
  }
  return added;
}

/**
 * Encrypts the targets. An integrity block over one of them says something of its content and is encrypted too; one that
 * has other targets as well is split first (§3.9).
 *
 * @throws HearsayError `ERR_BPSEC_RULE` when RFC 9172 forbids it, or one IV would serve two targets; `ERR_BPSEC_KEY`,
 *   `ERR_BPSEC_SCOPE`.
 */
export function addConfidentiality(bundle: Bundle, spec: ConfidentialitySpec): Bundle {
  checkTargets(bundle, spec.targets);
  const ours = bundle.blocks.find(({ type, number }) => isOurs(type) && spec.targets.includes(number));
  if (ours !== undefined) throw rule('topic and copies stay in clear: every store acts on them');
  const { split, targets } = withIntegrityBlocks(bundle, spec);
  if (targets.length > 1 && sharesIv(spec)) {
    throw rule(`one initialization vector cannot serve ${targets.length} targets`);
  }
  const replicate = targets.includes(PAYLOAD_NUMBER) ? BlockFlag.ReplicateInFragments : 0;
  if (spec.context === 'COSE') checkScope(spec.scope, targets);
  const header = headerFor(split, BlockType.BlockConfidentiality, spec, replicate);
  const ready = withoutCrcs(split, { ...spec, targets });
  const parameters = spec.context === 'COSE' ? coseParameters(spec) : gcmParameters(spec);
  checkRules(
    withSecurityBlock(
      ready,
      header,
      spec,
      parameters,
      targets.map(() => []),
      targets,
    ),
    header.number,
    'confidentiality',
    new Set(targets),
  );
  let sealed: Bundle = ready;
  const results = targets.map((target) => {
    const input = inputFor(ready, header, spec, parameters, target);
    const made = spec.context === 'COSE' ? coseSeal(spec, input) : gcmSeal(spec, input);
    sealed = withData(sealed, target, made.ciphertext);
    return made.results;
  });
  return withSecurityBlock(sealed, header, spec, parameters, results, targets);
}

function isOurs(type: number): boolean {
  return type === BlockType.Topic || type === BlockType.Copies;
}

function sharesIv(spec: ConfidentialitySpec): boolean {
  if (spec.context === 'BCB-AES-GCM') return spec.allowSharedIv !== true;
  const { message } = spec;
  return message.iv instanceof Uint8Array || (message.kind === 'encrypt0' && message.partialIv !== undefined);
}

/** What is about to become ciphertext cannot be covered as it is in clear. */
function checkScope(scope: AadScope | undefined, targets: readonly number[]): void {
  const target = targets.find((one) => ((scope?.get(one) ?? 0) & AadFlag.Content) !== 0);
  if (target !== undefined) throw rule(`block ${target} is encrypted and its data cannot be in the AAD scope`);
}

/** The targets with the integrity blocks that must be hidden with them, those first; mixed ones are split apart. */
function withIntegrityBlocks(
  bundle: Bundle,
  spec: ConfidentialitySpec,
): { readonly split: Bundle; readonly targets: readonly number[] } {
  let split = bundle;
  const hidden: number[] = [];
  for (const entry of securityBlocks(bundle)) {
    if (entry.service !== 'integrity' || entry.security === undefined) continue;
    if (spec.targets.includes(entry.block.number)) continue;
    const shared = entry.security.targets.filter((target) => spec.targets.includes(target));
    if (shared.length === 0) continue;
    if (shared.length === entry.security.targets.length) hidden.push(entry.block.number);
    else {
      if (coversItself(entry.security)) {
        throw rule(`block ${entry.block.number} covers its own header and cannot be split for encryption`);
      }
      const number = freeNumber(split, spec.blockNumber);
      split = splitIntegrityBlock(split, entry, entry.security, shared, number);
      hidden.push(number);
    }
  }
  return { split, targets: [...hidden, ...spec.targets] };
}

/** Results that cover the header of their block do not survive a move to a block with another number. */
function coversItself({ contextId, parameters }: SecurityBlock): boolean {
  try {
    if (contextId === SecurityContextId.Cose) return readCoseParameters(parameters).scope.has(SCOPE_SECURITY_BLOCK);
    if (contextId !== SecurityContextId.BibHmacSha2) return true;
    const scope = parameters.find(({ id }) => id === HmacParameter.ScopeFlags)?.value;
    return (readScopeFlags(scope) & ScopeFlag.SecurityHeader) !== 0;
  } catch (error) {
    if (error instanceof DecodeError) return true;
    throw error;
  }
}

function splitIntegrityBlock(
  bundle: Bundle,
  { block }: SecurityBlockEntry,
  security: SecurityBlock,
  shared: readonly number[],
  number: number,
): Bundle {
  const part = (keep: (target: number) => boolean): Uint8Array =>
    encodeSecurityBlock({
      ...security,
      targets: security.targets.filter(keep),
      results: security.results.filter((_, i) => keep(security.targets[i] as number)),
    });
  const rest: CanonicalBlock = { ...block, data: part((target) => !shared.includes(target)) };
  const moved: CanonicalBlock = { ...block, number, data: part((target) => shared.includes(target)) };
  return { primary: bundle.primary, blocks: bundle.blocks.flatMap((one) => (one === block ? [rest, moved] : [one])) };
}

function checkTargets(bundle: Bundle, targets: readonly number[]): void {
  // §5.2: security is applied to whole bundles; a fragment's payload is not the payload.
  if ((bundle.primary.flags & BundleFlag.IsFragment) !== 0) throw rule('a fragment takes no security operations');
  if (targets.length === 0) throw rule('a security block has a target');
  if (new Set(targets).size !== targets.length) throw rule('a target is there twice');
  for (const target of targets) {
    if (targetOf(bundle, target) === undefined) throw rule(`there is no block ${target}`);
  }
}

function checkRules(
  bundle: Bundle,
  block: number,
  service: SecurityService,
  inClear: ReadonlySet<number> = new Set(),
): void {
  const entries = securityBlocks(bundle, inClear).filter(
    (one) => one.block.number === block && one.service === service,
  );
  for (const operation of entries.flatMap(operationsOf)) {
    const conflict = conflictOf(bundle, operation, inClear);
    if (conflict !== undefined) throw rule(conflict.message);
  }
}

function headerFor(bundle: Bundle, type: number, placement: SecurityPlacement, flags: number): BlockHeader {
  const number = placement.blockNumber ?? freeBlockNumber(bundle.blocks);
  if (number < 2 || bundle.blocks.some((block) => block.number === number))
    throw rule(`block number ${number} is taken`);
  return { type, number, flags: placement.flags ?? flags };
}

function freeNumber(bundle: Bundle, reserved: number | undefined): number {
  const number = freeBlockNumber(bundle.blocks);
  if (number !== reserved) return number;
  return freeBlockNumber([
    ...bundle.blocks,
    { type: 0, number, flags: 0, crcType: CrcType.None, data: new Uint8Array(0) },
  ]);
}

function inputFor(
  bundle: Bundle,
  securityBlock: BlockHeader,
  spec: SecurityPlacement & { readonly context: keyof typeof CONTEXT_IDS },
  parameters: readonly SecurityItem[],
  number: number,
): OperationInput {
  const target = targetOf(bundle, number);
  if (target === undefined) throw rule(`there is no block ${number}`);
  const writer = new CborWriter(48);
  writeEid(writer, spec.source);
  const contextId = CONTEXT_IDS[spec.context];
  return { bundle, securityBlock, contextId, source: spec.source, sourceBytes: writer.finish(), parameters, target };
}

function withSecurityBlock(
  bundle: Bundle,
  header: BlockHeader,
  spec: SecurityPlacement & { readonly context: keyof typeof CONTEXT_IDS },
  parameters: readonly SecurityItem[],
  results: readonly (readonly SecurityItem[])[],
  targets: readonly number[],
): Bundle {
  const contextId = CONTEXT_IDS[spec.context];
  const data = encodeSecurityBlock({ targets, contextId, source: spec.source, parameters, results });
  const crcType = spec.crcType ?? (spec.context === 'COSE' ? CrcType.Crc32c : CrcType.None);
  const position = Math.min(spec.position ?? 0, bundle.blocks.length - 1);
  return { primary: bundle.primary, blocks: bundle.blocks.toSpliced(position, 0, { ...header, crcType, data }) };
}

function withoutCrcs(bundle: Bundle, spec: SecurityPlacement & { readonly context: string }): Bundle {
  const removes = spec.targetCrc === undefined ? spec.context !== 'COSE' : spec.targetCrc === 'remove';
  if (!removes) return bundle;
  const { primary } = bundle;
  // What other operations cover of the primary block is its encoding, with its CRC: they would not survive its loss.
  const strips = spec.targets.includes(PRIMARY_NUMBER) && securityBlocks(bundle).length === 0;
  return {
    primary: strips ? { ...primary, crcType: CrcType.None } : primary,
    blocks: bundle.blocks.map((block) =>
      spec.targets.includes(block.number) ? { ...block, crcType: CrcType.None } : block,
    ),
  };
}

export function withData(bundle: Bundle, number: number, data: Uint8Array): Bundle {
  const at = bundle.blocks.findIndex((block) => block.number === number);
  return {
    primary: bundle.primary,
    blocks: bundle.blocks.with(at, { ...(bundle.blocks[at] as CanonicalBlock), data }),
  };
}

function rule(message: string): HearsayError {
  return new HearsayError('ERR_BPSEC_RULE', message);
}
