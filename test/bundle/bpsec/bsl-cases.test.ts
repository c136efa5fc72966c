/** The cases of another BPSec library: its policies in our terms, its keys, its bundles in and out. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, seededRandom, toHex } from '../../../src/base/index.js';
import {
  applyPolicy,
  createKeyring,
  decodeForSecurity,
  encodeBundle,
  importCoseKey,
  type Keyring,
  openBundle,
  type PolicyContext,
  type PolicyOutcome,
  type PolicyParameters,
  type PolicyRule,
  parseEid,
  parsePolicy,
  type SecurityContextName,
  type SecurityKey,
} from '../../../src/bundle/index.js';
import type { CborValue } from '../../../src/cbor/index.js';
import { describeWithShared } from '../../support/optional.js';
import { symmetricKey } from '../../support/security-keys.js';

interface TheirRule {
  readonly policyrule: {
    readonly desc: string;
    readonly filter: { readonly role: 's' | 'v' | 'a'; readonly tgt: number; readonly sc_id: 1 | 2 | 3 };
    readonly spec: {
      readonly svc: string;
      readonly sc_parms: readonly { readonly id: string; readonly value: string }[] | Readonly<Record<string, unknown>>;
    };
    readonly policy_action_on_fail: 'delete_bundle';
  };
}

interface Case {
  readonly test: string;
  readonly policy: string;
  readonly policy_json?: { readonly policyrule_set: readonly TheirRule[] };
  readonly security_source: string;
  readonly input: string;
  readonly expected: string;
  readonly output?: string;
}

const CONTEXTS: Readonly<Record<number, SecurityContextName>> = { 1: 'BIB-HMAC-SHA2', 2: 'BCB-AES-GCM', 3: 'COSE' };
const MAC_KEY = '1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b';
const KEK = '6162636465666768696a6b6c6d6e6f70';
const CEK = '71776572747975696f70617364666768';
const IV = '5477656c7665313231323132';
const DEFAULT_KEYS = [
  symmetricKey('9100', MAC_KEY),
  symmetricKey('9102', CEK),
  symmetricKey('9103', KEK),
  symmetricKey('ExampleA.1', MAC_KEY),
];

/** What the tests with a "temporary modification of a policy file" say they change, in our terms. */
const MODIFIED: Readonly<
  Record<string, { readonly rule: Partial<PolicyRule>; readonly keys?: readonly SecurityKey[] }>
> = {
  'TestCoseScMac0.test_exampleA_1_acceptor_valid_strict_aad_scope': {
    rule: { service: 'integrity', context: 'COSE', parameters: { aadScope: { '0': 1, '-1': 1 } } },
  },
  'TestCoseScMac0.test_exampleA_1_acceptor_failure_aad_mismatch': {
    rule: { service: 'integrity', context: 'COSE', parameters: { aadScope: { '0': 1, '-1': 1, '-2': 1 } } },
  },
  'TestCoseScEncrypt0.test_exampleA_4_acceptor_valid_strict_key_id': {
    rule: { service: 'confidentiality', context: 'COSE', parameters: { keyId: 'ExampleA.4' } },
  },
  'TestCoseScEncrypt0.test_exampleA_4_acceptor_valid_strict_aad_scope': {
    rule: { service: 'confidentiality', context: 'COSE', parameters: { aadScope: { '0': 1, '-1': 1 } } },
  },
  'TestBibHmacSha.test_exampleA_1_acceptor_failure_sha_variant': {
    rule: { service: 'integrity', context: 'BIB-HMAC-SHA2', parameters: { shaVariant: 6 } },
  },
  'TestBcbAesGcm.test_exampleA_2_acceptor_failure_key_mismatch': {
    rule: { service: 'confidentiality', context: 'BCB-AES-GCM', parameters: { keyId: '9103' } },
    keys: [symmetricKey('9103', CEK)],
  },
  'TestBcbAesGcm.test_exampleA_2_acceptor_failure_aes_variant': {
    rule: { service: 'confidentiality', context: 'BCB-AES-GCM', parameters: { aesVariant: 3 } },
  },
};

/** What we do not do as that library does, and why. */
const NOT_HONOURED = new Map([
  [
    'Test_ION_JSON_Policy.test_json_source_bib_bcb',
    'it encrypts a payload and leaves the integrity block over it in clear, which RFC 9172 §3.9 forbids; encrypting both in one BCB-AES-GCM block would use one IV twice',
  ],
]);

describeWithShared('the cases of BSL', 'vectors/bsl_bpsec_cases.json', (path) => {
  const file = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly cases: readonly Case[];
    readonly keys_cose: readonly Readonly<Record<string, number | string | readonly number[]>>[];
  };
  const coseKeys = file.keys_cose.map((json) =>
    importCoseKey(
      new Map(
        Object.entries(json).map(([label, value]) => [
          Number(label),
          (typeof value === 'string' ? fromHex(value) : value) as CborValue,
        ]),
      ),
    ),
  );
  const run = (one: Case): { readonly outcome: PolicyOutcome; readonly keys: Keyring } => {
    const modified = MODIFIED[one.test];
    const keys = createKeyring(modified?.keys ?? [...DEFAULT_KEYS, ...coseKeys]);
    const context: PolicyContext = { keys, self: parseEid(one.security_source), random: theirRandom() };
    const policy = parsePolicy({ rules: rulesOf(one) });
    return { outcome: applyPolicy(policy, decodeForSecurity(fromHex(one.input)), context), keys };
  };

  it.each(file.cases.filter(({ test }) => !NOT_HONOURED.has(test)))('$test: $expected', (one) => {
    const { outcome, keys } = run(one);
    if (one.expected === 'error') {
      expect(outcome.verdict).toBe('drop');
      expect(outcome.reasons).not.toEqual([]);
      return;
    }
    expect(outcome.findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(outcome.verdict).toBe('pass');
    if (one.output !== undefined) expect(toHex(encodeBundle(outcome.bundle))).toBe(one.output);
    else expect(openBundle(outcome.bundle, keys).reports.map((report) => report.outcome.ok)).toEqual([true]);
  });

  it('gives reason 8 for a block that does not parse (BSL_33)', () => {
    const one = file.cases.find(({ test }) => test.endsWith('test_BSL_33'));
    expect(one && run(one).outcome.reasons).toEqual([8]);
  });

  describe('not honoured', () => {
    it.each([...NOT_HONOURED])('%s: %s', (test) => {
      const one = file.cases.find((candidate) => candidate.test === test);
      expect(one && run(one).outcome).toMatchObject({ verdict: 'drop', reasons: [16] });
    });
  });
});

function rulesOf(one: Case): readonly PolicyRule[] {
  const modified = MODIFIED[one.test]?.rule;
  if (modified !== undefined) {
    const base = { name: one.test, role: 'acceptor', target: 1, onFailure: 'drop-bundle' } as const;
    return [{ ...base, service: 'integrity', ...modified }];
  }
  if (one.policy_json !== undefined) return one.policy_json.policyrule_set.map(fromJson);
  return one.policy.split(',').map((bits) => fromBits(Number(bits)));
}

/**
 * Their packed policies: bit 0 the service, 2–3 the target (primary, payload, a private type), 4–5 the action (nothing,
 * drop block, drop bundle), 6–7 the role (source, verifier, acceptor), 8 a wrapped key. Bit 1, the side of the node, is
 * one for us.
 */
function fromBits(bits: number): PolicyRule {
  const confidential = (bits & 1) === 1;
  const role = (['source', 'verifier', 'acceptor'] as const)[(bits >> 6) & 3] ?? 'acceptor';
  const target = (['primary', 1, 192] as const)[(bits >> 2) & 3] ?? 1;
  const onFailure = (['keep', 'drop-block', 'drop-bundle'] as const)[(bits >> 4) & 3] ?? 'keep';
  const source = confidential
    ? { keyId: '9103', aesVariant: 1, scopeFlags: 0, keyWrap: true }
    : { keyId: '9100', shaVariant: 7, scopeFlags: 0 };
  return {
    name: `0x${bits.toString(16)}`,
    role,
    service: confidential ? 'confidentiality' : 'integrity',
    context: confidential ? 'BCB-AES-GCM' : 'BIB-HMAC-SHA2',
    target,
    onFailure,
    ...(role === 'source' ? { parameters: source as PolicyParameters } : {}),
  };
}

function fromJson({ policyrule: { desc, filter, spec } }: TheirRule): PolicyRule {
  const listed = Array.isArray(spec.sc_parms) ? spec.sc_parms.map(({ id, value }) => [id, value] as const) : undefined;
  const given: Readonly<Record<string, unknown>> = Object.fromEntries(listed ?? Object.entries(spec.sc_parms));
  const number = (name: string): number => Number(given[name]);
  const has = (name: string): boolean => given[name] !== undefined;
  const parameters = {
    ...(has('key_name') ? { keyId: String(given.key_name) } : {}),
    ...(has('key_id') ? { keyId: String(given.key_id) } : {}),
    ...(has('sha_variant') ? { shaVariant: number('sha_variant') } : {}),
    ...(has('aes_variant') ? { aesVariant: number('aes_variant') } : {}),
    ...(has('scope_flags') ? { scopeFlags: number('scope_flags') } : {}),
    ...(filter.sc_id === 2 && has('aad_scope') ? { scopeFlags: number('aad_scope') } : {}),
    ...(filter.sc_id === 3 && has('aad_scope') ? { aadScope: given.aad_scope } : {}),
    ...(has('key_wrap') ? { keyWrap: number('key_wrap') === 1 } : {}),
    ...(has('target_alg') ? { algorithm: number('target_alg') } : {}),
  } as PolicyParameters;
  return {
    name: desc,
    role: ({ s: 'source', v: 'verifier', a: 'acceptor' } as const)[filter.role],
    service: spec.svc.startsWith('bib') ? 'integrity' : 'confidentiality',
    context: CONTEXTS[filter.sc_id] ?? 'COSE',
    target: filter.tgt,
    parameters,
    onFailure: 'drop-bundle',
  };
}

/** Their content key and IV are fixed: those of RFC 9173, A.2. */
function theirRandom(): PolicyContext['random'] {
  const { unit, bytes } = seededRandom(1);
  return { unit, bytes: (length) => (length === 16 ? fromHex(CEK) : length === 12 ? fromHex(IV) : bytes(length)) };
}
