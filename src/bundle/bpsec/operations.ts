/** Which security operations a bundle holds, and whether they may stand together (RFC 9172 §3). */
import { DecodeError } from '../../base/index.js';
import { parseSecurityBlock, type SecurityBlock } from '../security-block.js';
import { BlockType, type Bundle, type CanonicalBlock } from '../types.js';
import { type Refused, refuse, type SecurityOperation, type SecurityService, serviceOf } from './outcome.js';
import { PRIMARY_NUMBER, targetOf } from './target.js';

/** A block of type 11 or 12 as far as it can be read. */
export interface SecurityBlockEntry {
  readonly block: CanonicalBlock;
  readonly service: SecurityService;
  /** Undefined when its data do not parse, or are the ciphertext of a confidentiality block. */
  readonly security: SecurityBlock | undefined;
  /** A confidentiality block targets this one. */
  readonly encrypted: boolean;
  readonly error?: DecodeError;
}

const NONE: ReadonlySet<number> = new Set();

/** @param opened numbers of blocks that a confidentiality block targets, but whose data are in clear already. */
export function securityBlocks(bundle: Bundle, opened: ReadonlySet<number> = NONE): readonly SecurityBlockEntry[] {
  const blocks = bundle.blocks.filter((block) => serviceOf(block.type) !== undefined);
  if (blocks.length === 0) return [];
  const parsed = blocks.map(parse);
  const hidden = new Set<number>();
  for (const entry of parsed) {
    if (entry.service === 'confidentiality') for (const target of entry.security?.targets ?? []) hidden.add(target);
  }
  return parsed.map((entry) => {
    const { number } = entry.block;
    return hidden.has(number) && !opened.has(number) ? hiddenEntry(entry) : entry;
  });
}

/** What the bundle's readable security blocks do, in wire order. */
export function securityOperations(bundle: Bundle): readonly SecurityOperation[] {
  return securityBlocks(bundle).flatMap(operationsOf);
}

export function operationsOf(entry: SecurityBlockEntry): readonly SecurityOperation[] {
  const { security, service, block } = entry;
  if (security === undefined) return [];
  const { contextId, source } = security;
  return security.targets.map((target) => ({ service, block: block.number, target, contextId, source }));
}

/**
 * Whether an operation breaks a rule by what it targets, or beside the others.
 *
 * An integrity block over another security block, two operations of one service on a target, a confidentiality block
 * over the primary block or another confidentiality block, or over an integrity block with which it shares no target
 * (§3.7 to §3.9).
 */
export function conflictOf(
  bundle: Bundle,
  operation: SecurityOperation,
  opened: ReadonlySet<number> = NONE,
): Refused | undefined {
  return conflictAmong(bundle, operation, securityBlocks(bundle, opened));
}

/** @param entries all security blocks of the bundle. */
export function conflictAmong(
  bundle: Bundle,
  operation: SecurityOperation,
  entries: readonly SecurityBlockEntry[],
): Refused | undefined {
  const { service, target, block } = operation;
  const clash = entries.find(
    (entry) => entry.service === service && entry.block.number !== block && entry.security?.targets.includes(target),
  );
  if (clash !== undefined) {
    return refuse('conflict', `blocks ${block} and ${clash.block.number} both claim ${service} of block ${target}`);
  }
  if (target === PRIMARY_NUMBER) {
    return service === 'integrity' ? undefined : refuse('conflict', 'the primary block must not be encrypted');
  }
  const found = targetOf(bundle, target);
  if (found === undefined || found.kind === 'primary') return refuse('conflict', `there is no block ${target}`);
  return conflictWithTarget(entries, operation, found.block);
}

function conflictWithTarget(
  entries: readonly SecurityBlockEntry[],
  operation: SecurityOperation,
  target: CanonicalBlock,
): Refused | undefined {
  if (target.number === operation.block) return refuse('conflict', 'a security block must not target itself');
  const targetService = serviceOf(target.type);
  if (targetService === undefined) return undefined;
  if (operation.service === 'integrity')
    return refuse('conflict', 'an integrity block must not cover a security block');
  if (targetService === 'confidentiality') {
    return refuse('conflict', 'a confidentiality block must not cover another one');
  }
  const integrity = entries.find((entry) => entry.block.number === target.number)?.security;
  const own = entries.find((entry) => entry.block.number === operation.block)?.security;
  // While the integrity block is ciphertext its targets are not known; they are checked once it is open.
  if (integrity === undefined || own === undefined) return undefined;
  return own.targets.some((one) => integrity.targets.includes(one))
    ? undefined
    : refuse('conflict', 'a confidentiality block covers an integrity block only together with one of its targets');
}

function parse(block: CanonicalBlock): SecurityBlockEntry {
  const service: SecurityService = block.type === BlockType.BlockIntegrity ? 'integrity' : 'confidentiality';
  try {
    return { block, service, security: parseSecurityBlock(block.data), encrypted: false };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { block, service, security: undefined, encrypted: false, error };
  }
}

/** What is encrypted says nothing yet, even where its bytes happen to parse. */
function hiddenEntry({ block, service }: SecurityBlockEntry): SecurityBlockEntry {
  return { block, service, security: undefined, encrypted: true };
}
