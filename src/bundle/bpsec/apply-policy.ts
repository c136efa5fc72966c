/** What a policy makes of one bundle: a pure function from bundle, keys and rules to bundle, outcome and reason codes. */
import { HearsayError, type Random, utf8 } from '../../base/index.js';
import { formatEid } from '../eid.js';
import type { SecurityBlock } from '../security-block.js';
import { BlockType, type Bundle, type Eid } from '../types.js';
import { addConfidentiality, addIntegrity } from './add.js';
import { DEFAULT_AES_VARIANT, GCM_IDS } from './aes-gcm.js';
import { CIPHER_ALGORITHMS, MAC_ALGORITHMS } from './cose-algorithms.js';
import { Header, isCoseResult, parseCoseMessage } from './cose-message.js';
import { integer } from './cose-recipients.js';
import { type AadScope, sameScope } from './cose-scope.js';
import { readCoseParameters } from './cose-verify.js';
import { matchesEid } from './eid-pattern.js';
import { DEFAULT_SHA_VARIANT, HMAC_IDS } from './hmac-sha2.js';
import type { Keyring, SecurityKey } from './keyring.js';
import { securityBlocks } from './operations.js';
import {
  type OperationFailure,
  type OperationOutcome,
  type Refused,
  refuse,
  SecurityContextId,
  type SecurityOperation,
  type SecurityReasonCode,
} from './outcome.js';
import type { PolicyParameters, PolicyRule, SecurityContextName, SecurityPolicy } from './policy.js';
import { acceptOperation, openBundle, stripOperation } from './process.js';
import { DEFAULT_SCOPE, readParameters } from './rfc9173.js';
import { PRIMARY_NUMBER } from './target.js';

export interface PolicyContext {
  readonly keys: Keyring;
  /** Our own endpoint id: the security source of what we add. */
  readonly self: Eid;
  /** For content keys and initialization vectors of what we add. */
  readonly random: Random;
}

export interface Finding {
  readonly rule: string;
  readonly block?: number;
  readonly target?: number;
  readonly ok: boolean;
  readonly code?: OperationFailure;
  readonly reason?: SecurityReasonCode;
  readonly message?: string;
}

export interface PolicyOutcome {
  readonly verdict: 'pass' | 'drop';
  /** What goes on; of a dropped bundle what it was until then. */
  readonly bundle: Bundle;
  readonly findings: readonly Finding[];
  /** The reason codes of what failed, for a status report. */
  readonly reasons: readonly SecurityReasonCode[];
}

const CONTEXT_IDS: Readonly<Record<SecurityContextName, number>> = {
  'BIB-HMAC-SHA2': SecurityContextId.BibHmacSha2,
  'BCB-AES-GCM': SecurityContextId.BcbAesGcm,
  COSE: SecurityContextId.Cose,
};

/** GCM wants 12 bytes. */
const IV_BYTES = 12;

/** Verifier and acceptor rules first, in their order, then what this node adds as a source. */
export function applyPolicy(policy: SecurityPolicy, bundle: Bundle, context: PolicyContext): PolicyOutcome {
  const findings: Finding[] = [];
  const rules = policy.rules.filter((rule) => concerns(rule, bundle));
  // Confidentiality first: what it hides is judged in clear.
  const receiving = rules.filter((rule) => rule.role !== 'source');
  const ordered = [
    ...receiving.filter((rule) => rule.service === 'confidentiality'),
    ...receiving.filter((rule) => rule.service === 'integrity'),
    ...rules.filter((rule) => rule.role === 'source'),
  ];
  let current = bundle;
  for (const rule of ordered) {
    const step = rule.role === 'source' ? applySource(rule, current, context) : applyReceiver(rule, current, context);
    findings.push(...step.findings);
    current = step.bundle;
    if (step.drop) return { verdict: 'drop', bundle: current, findings, reasons: reasonsOf(findings) };
  }
  return { verdict: 'pass', bundle: current, findings, reasons: reasonsOf(findings) };
}

interface Step {
  readonly bundle: Bundle;
  readonly findings: readonly Finding[];
  readonly drop: boolean;
}

function applyReceiver(rule: PolicyRule, bundle: Bundle, { keys }: PolicyContext): Step {
  const { reports, unreadable, opened } = openBundle(bundle, keys);
  const matching = reports.filter(({ operation }) => isAbout(rule, operation, opened));
  const findings: Finding[] = [];
  let current = bundle;
  for (const { operation, outcome } of matching) {
    const step = accept(rule, current, operation, insist(rule, operation, outcome, opened), keys);
    findings.push(findingOf(rule, step.judged, operation));
    current = step.bundle;
    if (step.judged.ok) continue;
    const failure = fail(rule, current, operation.target);
    current = failure.bundle;
    if (failure.drop) return { bundle: current, findings, drop: true };
  }
  if (rule.required === false) return { bundle: current, findings, drop: false };
  const covered = new Set(matching.map(({ operation }) => operation.target));
  const bare = targetsOf(rule, opened).filter((target) => !covered.has(target));
  if (bare.length === 0) return { bundle: current, findings, drop: false };
  // A block that should have held the operation but says nothing is worse than none.
  const type = rule.service === 'integrity' ? BlockType.BlockIntegrity : BlockType.BlockConfidentiality;
  const ofService = new Set(opened.blocks.filter((block) => block.type === type).map(({ number }) => number));
  const missing =
    unreadable.find(({ block }) => ofService.has(block))?.refused ??
    refuse('absent', 'the operation that policy requires is not there');
  findings.push(...bare.map((target) => ({ ...findingOf(rule, missing), target })));
  for (const target of bare) {
    const step = fail(rule, current, target);
    current = step.bundle;
    if (step.drop) return { bundle: current, findings, drop: true };
  }
  return { bundle: current, findings, drop: false };
}

/** The blocks that a rule is about, by number. */
function targetsOf(rule: PolicyRule, bundle: Bundle): readonly number[] {
  if (rule.target === 'primary') return [PRIMARY_NUMBER];
  return bundle.blocks.filter(({ type }) => type === rule.target).map(({ number }) => number);
}

/** What a good operation leaves of the bundle, for an acceptor; what it hid has to be fit for its block (§5.1.1). */
function accept(
  { role }: PolicyRule,
  bundle: Bundle,
  operation: SecurityOperation,
  judged: OperationOutcome | Refused,
  keys: Keyring,
): { readonly judged: OperationOutcome | Refused; readonly bundle: Bundle } {
  if (!judged.ok || role !== 'acceptor') return { judged, bundle };
  const result = acceptOperation(bundle, operation, keys);
  if (result.ok) return { judged, bundle: result.bundle };
  // An operation may be good only beside others that hid it; those are accepted by their own rules.
  return { judged: result.code === 'malformed' ? result : judged, bundle };
}

/** RFC 9172 §5.1.1: a payload that cannot be decrypted is the end of the bundle; §5.1.2 leaves the rest to policy. */
function fail(rule: PolicyRule, bundle: Bundle, target: number): Omit<Step, 'findings'> {
  const whole = target === PRIMARY_NUMBER || bundle.blocks.at(-1)?.number === target;
  if (rule.onFailure === 'keep') return { bundle, drop: false };
  if (rule.onFailure === 'drop-bundle' || whole) return { bundle, drop: true };
  const over = securityBlocks(bundle).filter(({ security }) => security?.targets.includes(target));
  const bare = over.reduce((left, { block }) => stripOperation(left, { block: block.number, target }), bundle);
  return { bundle: { ...bare, blocks: bare.blocks.filter(({ number }) => number !== target) }, drop: false };
}

function applySource(rule: PolicyRule, bundle: Bundle, context: PolicyContext): Step {
  const targets = targetsOf(rule, bundle);
  let current = bundle;
  for (const target of targets) {
    try {
      current = addOperation(rule, current, target, context);
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      const code =
        error.code === 'ERR_BPSEC_RULE' ? 'conflict' : error.code === 'ERR_BPSEC_KEY' ? 'unknown-key' : undefined;
      if (code === undefined) throw error;
      const findings = [findingOf(rule, refuse(code, error.message))];
      return { bundle: current, findings, drop: rule.onFailure !== 'keep' };
    }
  }
  return { bundle: current, findings: targets.map((target) => ({ rule: rule.name, target, ok: true })), drop: false };
}

function addOperation(rule: PolicyRule, bundle: Bundle, target: number, context: PolicyContext): Bundle {
  const { parameters = {} } = rule;
  const key = namedKey(parameters, context);
  const place = { targets: [target], source: context.self };
  const scope = parameters.scopeFlags ?? DEFAULT_SCOPE;
  if (rule.context === 'BIB-HMAC-SHA2') {
    const variant = parameters.shaVariant ?? DEFAULT_SHA_VARIANT;
    const bytes = MAC_ALGORITHMS.get(variant)?.keyBytes ?? 32;
    const wrap = parameters.keyWrap === true ? { wrap: { contentKey: context.random.bytes(bytes) } } : {};
    return addIntegrity(bundle, { ...place, context: rule.context, key, variant, scope, ...wrap });
  }
  if (rule.context === 'BCB-AES-GCM') {
    const variant = parameters.aesVariant ?? DEFAULT_AES_VARIANT;
    const bytes = variant === 1 ? 16 : 32;
    const wrap = parameters.keyWrap === true ? { wrap: { contentKey: context.random.bytes(bytes) } } : {};
    const iv = context.random.bytes(IV_BYTES);
    return addConfidentiality(bundle, { ...place, context: rule.context, key, variant, scope, iv, ...wrap });
  }
  return addCose(rule, bundle, key, place, context);
}

function addCose(
  rule: PolicyRule,
  bundle: Bundle,
  key: SecurityKey,
  place: { readonly targets: readonly number[]; readonly source: Eid },
  { random }: PolicyContext,
): Bundle {
  const { algorithm, aadScope } = rule.parameters ?? {};
  const scope = aadScope === undefined ? {} : { scope: scopeOf(aadScope) };
  const cose = { ...place, ...scope, context: 'COSE' } as const;
  const symmetric = key.material.kind === 'symmetric';
  if (rule.service === 'integrity') {
    const message = symmetric
      ? ({ kind: 'mac0', algorithm: algorithm ?? key.algorithm ?? 5, key } as const)
      : ({ kind: 'sign1', ...(algorithm === undefined ? {} : { algorithm }), key } as const);
    return addIntegrity(bundle, { ...cose, message });
  }
  const cipher = algorithm ?? 3;
  if (key.algorithm === undefined ? symmetric : CIPHER_ALGORITHMS.has(key.algorithm)) {
    return addConfidentiality(bundle, { ...cose, message: { kind: 'encrypt0', algorithm: cipher, key, iv: random } });
  }
  const recipient = symmetric
    ? ({ kind: 'key-wrap', key } as const)
    : ({ kind: 'ecdh', algorithm: -31, key, sender: random } as const);
  const contentKey = random.bytes(CIPHER_ALGORITHMS.get(cipher)?.keyBytes ?? 32);
  const message = { kind: 'encrypt', algorithm: cipher, contentKey, iv: random, recipients: [recipient] } as const;
  return addConfidentiality(bundle, { ...cose, message });
}

function namedKey({ keyId }: PolicyParameters, { keys, self }: PolicyContext): SecurityKey {
  const id = utf8(keyId ?? '');
  const key = keys.candidates({ keyId: id, source: self, kind: 'any' })[0];
  if (key === undefined) throw new HearsayError('ERR_BPSEC_KEY', `no key ${keyId}`);
  return key;
}

function concerns(rule: PolicyRule, { primary }: Bundle): boolean {
  return matches(rule.bundleSource, primary.source) && matches(rule.bundleDestination, primary.destination);
}

function isAbout(rule: PolicyRule, operation: SecurityOperation, bundle: Bundle): boolean {
  if (operation.service !== rule.service) return false;
  if (rule.context !== undefined && operation.contextId !== CONTEXT_IDS[rule.context]) return false;
  if (!matches(rule.securitySource, operation.source)) return false;
  if (rule.target === 'primary') return operation.target === PRIMARY_NUMBER;
  return bundle.blocks.some(({ number, type }) => number === operation.target && type === rule.target);
}

function matches(patterns: readonly string[] | undefined, eid: Eid): boolean {
  return patterns === undefined || patterns.some((pattern) => matchesEid(pattern, formatEid(eid)));
}

/** Good is not enough: it also has to be what the rule asks for. */
function insist(
  rule: PolicyRule,
  operation: SecurityOperation,
  outcome: OperationOutcome,
  opened: Bundle,
): OperationOutcome | Refused {
  if (!outcome.ok || rule.parameters === undefined) return outcome;
  const { keyId } = rule.parameters;
  if (keyId !== undefined && Buffer.compare(utf8(keyId), outcome.keyId) !== 0) {
    return refuse('failed', `the key is not ${keyId}`);
  }
  const everything = new Set(opened.blocks.map(({ number }) => number));
  const entry = securityBlocks(opened, everything).find(({ block }) => block.number === operation.block);
  const gap = entry?.security === undefined ? undefined : parameterGap(rule.parameters, entry.security, operation);
  return gap === undefined ? outcome : refuse('failed', gap);
}

function parameterGap(
  wanted: PolicyParameters,
  security: SecurityBlock,
  { contextId, target }: SecurityOperation,
): string | undefined {
  if (contextId === SecurityContextId.Cose) return coseGap(wanted, security, target);
  const integrity = contextId === SecurityContextId.BibHmacSha2;
  const { variant, scope, wrappedKey } = integrity
    ? readParameters(security.parameters, HMAC_IDS, DEFAULT_SHA_VARIANT)
    : readParameters(security.parameters, GCM_IDS, DEFAULT_AES_VARIANT);
  const wantedVariant = integrity ? wanted.shaVariant : wanted.aesVariant;
  if (wantedVariant !== undefined && variant !== wantedVariant) return `variant ${variant} is not ${wantedVariant}`;
  if (wanted.scopeFlags !== undefined && scope !== wanted.scopeFlags)
    return `scope ${scope} is not ${wanted.scopeFlags}`;
  if (wanted.keyWrap !== undefined && (wrappedKey !== undefined) !== wanted.keyWrap)
    return 'the key is not carried as policy wants it';
  return undefined;
}

function coseGap(wanted: PolicyParameters, security: SecurityBlock, target: number): string | undefined {
  const { scope } = readCoseParameters(security.parameters);
  if (wanted.aadScope !== undefined && !sameScope(scope, scopeOf(wanted.aadScope))) return 'the AAD scope differs';
  if (wanted.algorithm === undefined) return undefined;
  const result = security.results[security.targets.indexOf(target)]?.[0];
  if (result === undefined || !isCoseResult(result.id)) return 'there is no COSE message';
  const message = parseCoseMessage(result.id, result.value);
  const layers = message.id === 98 ? message.signatures : [message];
  const same = layers.every((layer) => integer(layer.protected.get(Header.Alg)) === wanted.algorithm);
  return same ? undefined : `the algorithm is not ${wanted.algorithm}`;
}

function scopeOf(scope: Readonly<Record<string, number>>): AadScope {
  return new Map(Object.entries(scope).map(([key, flags]) => [Number(key), flags]));
}

function findingOf(rule: PolicyRule, outcome: OperationOutcome | Refused, operation?: SecurityOperation): Finding {
  const where = operation === undefined ? {} : { block: operation.block, target: operation.target };
  if (outcome.ok) return { rule: rule.name, ...where, ok: true };
  const { code, reason, message } = outcome;
  return { rule: rule.name, ...where, ok: false, code, reason, message };
}

function reasonsOf(findings: readonly Finding[]): readonly SecurityReasonCode[] {
  return [...new Set(findings.flatMap(({ reason }) => (reason === undefined ? [] : [reason])))];
}
