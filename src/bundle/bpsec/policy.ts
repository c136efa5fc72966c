/**
 * Security policy as data (RFC 9172 §7): which operations a node makes, verifies or accepts, what it requires of them, and
 * what happens when that fails. Everything is JSON-able; {@link parsePolicy} checks what comes from a file.
 */
import { HearsayError, printable } from '../../base/index.js';
import type { SecurityService } from './outcome.js';

export type SecurityRole = 'source' | 'verifier' | 'acceptor';
export type SecurityContextName = 'BIB-HMAC-SHA2' | 'BCB-AES-GCM' | 'COSE';
/** `drop-block`: the target goes, with what targets it; where that is the primary block or the payload, the bundle. */
export type FailureAction = 'drop-bundle' | 'drop-block' | 'keep';

export interface PolicyRule {
  /** For logs and reports. */
  readonly name: string;
  readonly role: SecurityRole;
  readonly service: SecurityService;
  /** The primary block, or the type of the target blocks. */
  readonly target: 'primary' | number;
  readonly context?: SecurityContextName;
  /** Endpoint id patterns; a bundle has to match one of each list that is there. */
  readonly bundleSource?: readonly string[];
  readonly bundleDestination?: readonly string[];
  /** Whose operations the rule is about; for verifier and acceptor. */
  readonly securitySource?: readonly string[];
  /** Whether the operation has to be there; for verifier and acceptor. @default true */
  readonly required?: boolean;
  readonly parameters?: PolicyParameters;
  readonly onFailure: FailureAction;
}

/** What a source makes, and what verifier and acceptor insist on. */
export interface PolicyParameters {
  /** The id of the key, as text. A source needs one. */
  readonly keyId?: string;
  /** BIB-HMAC-SHA2: 5, 6 or 7. */
  readonly shaVariant?: 5 | 6 | 7;
  /** BCB-AES-GCM: 1 or 3. */
  readonly aesVariant?: 1 | 3;
  /** RFC 9173's contexts. */
  readonly scopeFlags?: number;
  /** For a source: carry a fresh content key, wrapped under the key. For the others: whether there is a wrapped key. */
  readonly keyWrap?: boolean;
  /** COSE: the algorithm of the content layer. */
  readonly algorithm?: number;
  /** COSE: flags by block number, −1 and −2. */
  readonly aadScope?: Readonly<Record<string, number>>;
}

export interface SecurityPolicy {
  readonly rules: readonly PolicyRule[];
}

const ROLES: ReadonlySet<unknown> = new Set<SecurityRole>(['source', 'verifier', 'acceptor']);
const SERVICES: ReadonlySet<unknown> = new Set<SecurityService>(['integrity', 'confidentiality']);
const CONTEXTS: ReadonlySet<unknown> = new Set<SecurityContextName>(['BIB-HMAC-SHA2', 'BCB-AES-GCM', 'COSE']);
const ACTIONS: ReadonlySet<unknown> = new Set<FailureAction>(['drop-bundle', 'drop-block', 'keep']);
const RULE_MEMBERS: ReadonlySet<string> = new Set<keyof PolicyRule>([
  'name',
  'role',
  'service',
  'target',
  'context',
  'bundleSource',
  'bundleDestination',
  'securitySource',
  'required',
  'parameters',
  'onFailure',
]);
const NUMBERS: ReadonlySet<string> = new Set(['shaVariant', 'aesVariant', 'scopeFlags', 'algorithm']);

/** @throws HearsayError `ERR_POLICY`: a policy that is not understood must not be half applied. */
export function parsePolicy(json: unknown): SecurityPolicy {
  if (!isObject(json) || !Array.isArray(json.rules)) throw policyError('a policy has a list of rules');
  return { rules: json.rules.map(parseRule) };
}

function parseRule(json: unknown, index: number): PolicyRule {
  if (!isObject(json)) throw policyError(`rule ${index + 1} is no object`);
  const where = `rule ${index + 1}`;
  const require = (holds: boolean, what: string): void => {
    if (!holds) throw policyError(`${where}: ${what}`);
  };
  for (const member of Object.keys(json)) require(RULE_MEMBERS.has(member), `${printable(member)} is not known`);
  require(typeof json.name === 'string', 'a rule has a name');
  require(ROLES.has(json.role), 'role is source, verifier or acceptor');
  require(SERVICES.has(json.service), 'service is integrity or confidentiality');
  require(json.target === 'primary' || isCount(json.target), 'target is "primary" or a block type');
  require(json.context === undefined || CONTEXTS.has(json.context), 'the context is not known');
  require(ACTIONS.has(json.onFailure), 'onFailure is drop-bundle, drop-block or keep');
  require(json.required === undefined || typeof json.required === 'boolean', 'required is true or false');
  for (const member of ['bundleSource', 'bundleDestination', 'securitySource'] as const) {
    const value = json[member];
    require(value === undefined || isTextList(value), `${member} is a list of endpoint id patterns`);
  }
  if (json.parameters !== undefined) checkParameters(json.parameters, require);
  const rule = json as unknown as PolicyRule;
  require(rule.role !== 'source' || rule.context !== undefined, 'a source rule names its context');
  require(rule.role !== 'source' || rule.parameters?.keyId !== undefined, 'a source rule names its key');
  require(rule.target !== 'primary' || rule.service === 'integrity', 'the primary block is not encrypted');
  return rule;
}

function checkParameters(json: unknown, require: (holds: boolean, what: string) => void): void {
  require(isObject(json), 'parameters are an object');
  for (const [member, value] of Object.entries(json as Record<string, unknown>)) {
    if (member === 'keyId') require(typeof value === 'string', 'keyId is a text');
    else if (member === 'keyWrap') require(typeof value === 'boolean', 'keyWrap is true or false');
    else if (member === 'aadScope') require(isScope(value), 'aadScope has flags by block number');
    else require(NUMBERS.has(member) && Number.isSafeInteger(value), `parameter ${printable(member)} is not known`);
  }
}

function isScope(value: unknown): boolean {
  return (
    isObject(value) && Object.entries(value).every(([key, flags]) => /^(?:-[12]|\d{1,15})$/.test(key) && isCount(flags))
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function policyError(message: string): HearsayError {
  return new HearsayError('ERR_POLICY', message);
}
