/**
 * What a node does with the security operations it finds: verify and keep, accept (verify and remove), strip.
 *
 * RFC 9172 §5.1. An operation whose block or target is encrypted is looked at in the opened bundle: {@link openBundle}.
 */
import { DecodeError } from '../../base/index.js';
import { contentProblem } from '../decode.js';
import { encodeSecurityBlock } from '../security-block.js';
import { type Bundle, BundleFlag, CrcType } from '../types.js';
import { withData } from './add.js';
import { openAesGcm } from './aes-gcm.js';
import { verifyCose } from './cose-verify.js';
import { verifyHmac } from './hmac-sha2.js';
import type { Keyring } from './keyring.js';
import { conflictAmong, operationsOf, type SecurityBlockEntry, securityBlocks } from './operations.js';
import {
  type ContextVerdict,
  type OperationOutcome,
  type Refused,
  refuse,
  SecurityContextId,
  type SecurityOperation,
} from './outcome.js';
import { type OperationInput, PRIMARY_NUMBER, targetOf } from './target.js';

/** Names an operation: the numbers of the security block and of its target. */
export type OperationRef = Pick<SecurityOperation, 'block' | 'target'>;

/**
 * Verifies one operation and changes nothing. For confidentiality this decrypts, and the outcome has the plaintext.
 *
 * @returns never throws, whatever the bundle holds.
 */
export function verifyOperation(bundle: Bundle, ref: OperationRef, keys: Keyring): OperationOutcome {
  return verifyIn({ bundle, entries: securityBlocks(bundle), inClear: NONE }, ref, keys);
}

const NONE: ReadonlySet<number> = new Set();

/** A bundle as far as it is open, its security blocks read once for all operations. */
interface Opened {
  readonly bundle: Bundle;
  readonly entries: readonly SecurityBlockEntry[];
  /** Numbers of encrypted blocks whose data were decrypted already. */
  readonly inClear: ReadonlySet<number>;
}

function verifyIn({ bundle, entries, inClear }: Opened, ref: OperationRef, keys: Keyring): OperationOutcome {
  const entry = entries.find((one) => one.block.number === ref.block);
  if (entry === undefined) return refuse('absent', `block ${ref.block} is no security block`);
  if (entry.encrypted) return refuse('encrypted', `block ${ref.block} is encrypted`);
  if (entry.security === undefined) return refuse('malformed', `block ${ref.block}: ${entry.error?.message ?? ''}`);
  const operation = operationsOf(entry).find((one) => one.target === ref.target);
  if (operation === undefined) return refuse('absent', `block ${ref.block} does not target block ${ref.target}`);
  if ((bundle.primary.flags & BundleFlag.IsFragment) !== 0) {
    return refuse('malformed', 'what a fragment is part of is verified after reassembly');
  }
  const conflict = conflictAmong(bundle, operation, entries);
  if (conflict !== undefined) return conflict;
  if (operation.service === 'integrity' && !inClear.has(ref.target) && hides(entries, ref.target)) {
    return refuse('encrypted', `block ${ref.target} is encrypted`);
  }
  const verdict = judge(bundle, entry, operation, keys);
  return verdict.ok ? { ...verdict, operation } : verdict;
}

/**
 * The operation is verified; if it is good it leaves the bundle, and what it hid is in clear again.
 *
 * @returns `malformed` too where what was hidden cannot be in a block of that type: the bundle would no longer be one.
 */
export function acceptOperation(
  bundle: Bundle,
  ref: OperationRef,
  keys: Keyring,
): { readonly ok: true; readonly bundle: Bundle; readonly outcome: OperationOutcome & { ok: true } } | Refused {
  const outcome = verifyOperation(bundle, ref, keys);
  if (!outcome.ok) return outcome;
  const { plaintext } = outcome;
  if (plaintext === undefined) return { ok: true, bundle: stripOperation(bundle, ref), outcome };
  const target = bundle.blocks.find(({ number }) => number === ref.target);
  const problem = target === undefined ? undefined : contentProblem(target.type, plaintext);
  if (problem !== undefined) return refuse('malformed', `what was encrypted is malformed: ${problem.message}`);
  return { ok: true, bundle: stripOperation(withData(bundle, ref.target, plaintext), ref), outcome };
}

/**
 * Removes an operation without looking at it; its block goes with its last target. A ciphertext stays one, and nothing says
 * so any more: where decoders read that type of block, they will refuse it.
 *
 * A primary block that loses the operation which stood for its CRC gets a CRC (RFC 9171 §4.3.1).
 */
export function stripOperation(bundle: Bundle, ref: OperationRef): Bundle {
  const entry = securityBlocks(bundle).find((one) => one.block.number === ref.block);
  const security = entry?.security;
  if (entry === undefined || security === undefined || !security.targets.includes(ref.target)) return bundle;
  const kept = security.targets.flatMap((target, i) => (target === ref.target ? [] : [i]));
  const { primary } = bundle;
  const bare = ref.target === PRIMARY_NUMBER && entry.service === 'integrity' && primary.crcType === CrcType.None;
  const stripped = { primary: bare ? { ...primary, crcType: CrcType.Crc32c } : primary };
  if (kept.length === 0) return { ...stripped, blocks: bundle.blocks.filter((block) => block !== entry.block) };
  const data = encodeSecurityBlock({
    ...security,
    targets: kept.map((i) => security.targets[i] as number),
    results: kept.map((i) => security.results[i] ?? []),
  });
  return withData({ ...stripped, blocks: bundle.blocks }, ref.block, data);
}

export interface OperationReport {
  readonly operation: SecurityOperation;
  readonly outcome: OperationOutcome;
}

export interface OpenedBundle {
  /** The bundle with all that could be decrypted in clear; its security blocks are all there still. */
  readonly opened: Bundle;
  /** The numbers of the blocks that were decrypted for it. */
  readonly inClear: ReadonlySet<number>;
  readonly reports: readonly OperationReport[];
  /** Security blocks of which nothing can be said: they do not parse, or stay encrypted. */
  readonly unreadable: readonly { readonly block: number; readonly refused: Refused }[];
}

/** Verifies every operation: confidentiality first, then integrity in what that gives. Nothing is removed. */
export function openBundle(bundle: Bundle, keys: Keyring): OpenedBundle {
  const closed: Opened = { bundle, entries: securityBlocks(bundle), inClear: NONE };
  const hiding = closed.entries.filter((entry) => entry.service === 'confidentiality').flatMap(operationsOf);
  const reports: OperationReport[] = hiding.map((operation) => ({
    operation,
    outcome: verifyIn(closed, operation, keys),
  }));
  let opened = bundle;
  const inClear = new Set<number>();
  for (const { operation, outcome } of reports) {
    if (!outcome.ok || outcome.plaintext === undefined) continue;
    opened = withData(opened, operation.target, outcome.plaintext);
    inClear.add(operation.target);
  }
  const unreadable: { block: number; refused: Refused }[] = [];
  const open: Opened =
    inClear.size === 0 ? closed : { bundle: opened, entries: securityBlocks(opened, inClear), inClear };
  for (const entry of open.entries) {
    const { number } = entry.block;
    if (entry.security === undefined) unreadable.push({ block: number, refused: unreadableBecause(entry) });
    if (entry.service !== 'integrity') continue;
    for (const operation of operationsOf(entry)) {
      reports.push({ operation, outcome: verifyIn(open, operation, keys) });
    }
  }
  return { opened, inClear, reports: reports.map((report) => recheck(open, report)), unreadable };
}

function unreadableBecause({ encrypted, block, error }: SecurityBlockEntry): Refused {
  return encrypted
    ? refuse('encrypted', `block ${block.number} is encrypted`)
    : refuse('malformed', error?.message ?? `block ${block.number} does not parse`);
}

/** That a confidentiality block shares a target with the integrity block it hides shows only once that is open. */
function recheck({ bundle, entries }: Opened, report: OperationReport): OperationReport {
  if (!report.outcome.ok || report.operation.service === 'integrity') return report;
  const conflict = conflictAmong(bundle, report.operation, entries);
  return conflict === undefined ? report : { ...report, outcome: conflict };
}

function hides(entries: readonly SecurityBlockEntry[], target: number): boolean {
  return entries.some((entry) => entry.service === 'confidentiality' && entry.security?.targets.includes(target));
}

function judge(bundle: Bundle, entry: SecurityBlockEntry, operation: SecurityOperation, keys: Keyring): ContextVerdict {
  const { security, block } = entry;
  const target = targetOf(bundle, operation.target);
  if (security === undefined || target === undefined) return refuse('absent', `there is no block ${operation.target}`);
  const { contextId, source, sourceBytes, parameters } = security;
  const input: OperationInput = { bundle, securityBlock: block, contextId, source, sourceBytes, parameters, target };
  const results = security.results[security.targets.indexOf(operation.target)] ?? [];
  const { service } = operation;
  try {
    if (contextId === SecurityContextId.Cose) return verifyCose(service, input, results, keys);
    if (contextId === SecurityContextId.BibHmacSha2 && service === 'integrity') return verifyHmac(input, results, keys);
    if (contextId === SecurityContextId.BcbAesGcm && service === 'confidentiality') {
      return openAesGcm(input, results, keys);
    }
  } catch (error) {
    if (error instanceof DecodeError) return refuse('malformed', error.message);
    throw error;
  }
  return refuse('unknown-context', `security context ${contextId} is not known for ${service}`);
}
