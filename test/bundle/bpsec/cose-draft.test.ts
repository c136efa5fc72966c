/** The COSE context's appendix A (draft 17), and the bundles computed beside it. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/base/index.js';
import { externalAad } from '../../../src/bundle/bpsec/cose-scope.js';
import { readCoseParameters } from '../../../src/bundle/bpsec/cose-verify.js';
import { targetOf } from '../../../src/bundle/bpsec/target.js';
import {
  type AadScope,
  acceptOperation,
  addConfidentiality,
  addIntegrity,
  type Bundle,
  type ConfidentialitySpec,
  CrcType,
  createKeyring,
  decodeBundle,
  encodeBundle,
  type IntegritySpec,
  importCoseKey,
  type Keyring,
  openBundle,
  parseEid,
  parseSecurityBlock,
  type SecurityKey,
  verifyOperation,
} from '../../../src/bundle/index.js';
import type { CborValue } from '../../../src/cbor/index.js';
import { describeWithShared } from '../../support/optional.js';

type Json = number | string | boolean | { readonly bstr: string } | readonly Json[];
type CoseKeyJson = Readonly<Record<string, Json>>;

interface Operation {
  readonly block: number;
  readonly target: number;
  readonly external_aad: string;
  readonly plaintext?: string;
  readonly cek?: string;
}

interface Example {
  readonly id: string;
  readonly name: string;
  readonly keys?: readonly CoseKeyJson[];
  readonly initial_bundle?: string;
  readonly final_bundle: string;
  readonly operations: readonly Operation[];
}

const SCOPE: AadScope = new Map([
  [0, 1],
  [-1, 1],
]);
const WIDE_SCOPE: AadScope = new Map([
  [0, 1],
  [1, 3],
  [-1, 1],
]);
const IV = fromHex('6f3093eba5d85143c3dc484a');
const CEK = fromHex('13bf9cead057c0aca2c9e52471ca4b19ddfaf4c0784e3f3e8e3999dbae4ce45c');
const SALT = fromHex('2fa8c8352aea17faf7407271a5e90eb8');
const PLACE = { source: parseEid('dtn://src/'), blockNumber: 3, flags: 0, crcType: CrcType.None } as const;
const A12_HEADER = fromHex('a1044a4578616d706c65412e31');

describeWithShared('draft-ietf-dtn-bpsec-cose, appendix A', 'vectors/bpsec_cose_draft17.json', (path) => {
  const file = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly base_bundle: string;
    readonly examples: readonly Example[];
    readonly keys: readonly CoseKeyJson[];
  };
  const keys = file.keys.filter((one) => one['2'] !== undefined).map(coseKey);
  const ring = createKeyring(keys);
  const key = (id: string): SecurityKey => {
    const found = keys.find((one) => toHex(one.id) === toHex(utf8(id)));
    if (found === undefined) throw new Error(`the file has a key ${id}`);
    return found;
  };
  const verifiable = file.examples.filter(({ id }) => id !== 'A.10');

  it.each(verifiable)('$id verifies: $name', (example) => {
    const bundle = decodeBundle(fromHex(example.final_bundle));
    const { reports, opened } = openBundle(bundle, ring);
    expect(reports.map(({ outcome }) => outcome.ok || outcome.message)).toEqual([true]);
    expect(toHex(opened.blocks.at(-1)?.data ?? new Uint8Array(0))).toBe('6568656c6c6f');
    for (const operation of example.operations) {
      expect(toHex(aadOf(bundle, operation))).toBe(operation.external_aad);
      const accepted = acceptOperation(bundle, operation, ring);
      const left = accepted.ok ? toHex(encodeBundle(accepted.bundle)) : accepted.message;
      expect(left).toBe(example.initial_bundle ?? file.base_bundle);
    }
  });

  it.each(verifiable)('$id needs its key', ({ final_bundle }) => {
    const outcomes = openBundle(decodeBundle(fromHex(final_bundle)), createKeyring([])).reports;
    expect(outcomes.map(({ outcome }) => (outcome.ok ? 'ok' : [outcome.code, outcome.reason]))).toEqual([
      ['unknown-key', 15],
    ]);
  });

  it('A.10 is said to be unsupported: node:crypto of this release has no ML-DSA', () => {
    const example = file.examples.find(({ id }) => id === 'A.10');
    const bundle = decodeBundle(fromHex(example?.final_bundle ?? ''));
    expect(verifyOperation(bundle, { block: 3, target: 1 }, ring)).toMatchObject({
      code: 'unsupported',
      reason: 13,
      message: 'COSE algorithm ML-DSA-87 is not supported',
    });
  });

  const cose = { context: 'COSE', scope: SCOPE, targets: [1], ...PLACE } as const;
  const encrypt = { kind: 'encrypt', algorithm: 3, iv: IV } as const;
  const integrity: Readonly<Record<string, () => IntegritySpec>> = {
    'A.1': () => ({ ...cose, message: { kind: 'mac0', algorithm: 6, key: key('ExampleA.1') } }),
    'A.11': () => ({
      ...cose,
      targets: [2],
      scope: WIDE_SCOPE,
      message: { kind: 'mac0', algorithm: 6, key: key('ExampleA.1') },
    }),
    'A.12': () => ({
      ...cose,
      additionalProtected: A12_HEADER,
      message: { kind: 'mac0', algorithm: 6, key: key('ExampleA.1') },
    }),
  };
  const confidentiality: Readonly<Record<string, () => ConfidentialitySpec>> = {
    'A.4': () => ({
      ...cose,
      message: {
        kind: 'encrypt0',
        algorithm: 3,
        iv: IV,
        partialIv: fromHex('484a'),
        key: { ...key('ExampleA.4'), baseIv: fromHex('6f3093eba5d85143c3dc0000') },
      },
    }),
    'A.5': () => ({
      ...cose,
      message: { ...encrypt, contentKey: CEK, recipients: [{ kind: 'key-wrap', key: key('ExampleA.5') }] },
    }),
    'A.6': () => ({
      ...cose,
      message: {
        ...encrypt,
        recipients: [{ kind: 'direct-hkdf', algorithm: -11, key: key('ExampleA.6'), salt: SALT }],
      },
    }),
    'A.7': () => ({
      ...cose,
      message: {
        ...encrypt,
        contentKey: CEK,
        recipients: [{ kind: 'ecdh', algorithm: -31, key: key('ExampleA.7'), sender: ephemeralOf('A.7') }],
      },
    }),
    'A.8': () => ({
      ...cose,
      message: {
        ...encrypt,
        recipients: [{ kind: 'ecdh', algorithm: -28, key: key('ExampleA.8'), sender: key('SenderA.8'), salt: SALT }],
      },
    }),
  };
  /** The raw private key of the one keypair without a name. */
  const ephemeralOf = (id: string): Uint8Array => {
    const own = file.examples.find((one) => one.id === id)?.keys?.find((one) => one['2'] === undefined);
    const secret = own === undefined ? undefined : cborOf(own['-4'] ?? 0);
    if (!(secret instanceof Uint8Array)) throw new Error('the example has an ephemeral key');
    return secret;
  };
  const original = (id: string): Bundle => {
    const example = file.examples.find((one) => one.id === id);
    return decodeBundle(fromHex(example?.initial_bundle ?? file.base_bundle));
  };
  const final = (id: string): string | undefined => file.examples.find((one) => one.id === id)?.final_bundle;

  it.each(Object.keys(integrity))('%s is made byte for byte', (id) => {
    const spec = integrity[id]?.();
    expect(spec && toHex(encodeBundle(addIntegrity(original(id), spec)))).toBe(final(id));
  });

  it.each(Object.keys(confidentiality))('%s is encrypted byte for byte', (id) => {
    const spec = confidentiality[id]?.();
    expect(spec && toHex(encodeBundle(addConfidentiality(original(id), spec)))).toBe(final(id));
  });

  it.each([
    ['A.2', -51, 'ExampleA.2'],
    ['A.3', -38, 'ExampleA.3'],
  ] as const)('%s is made with a fresh signature that verifies', (id, algorithm, name) => {
    const made = addIntegrity(original(id), { ...cose, message: { kind: 'sign1', algorithm, key: key(name) } });
    expect(verifyOperation(made, { block: 3, target: 1 }, ring)).toMatchObject({ ok: true });
    // All but the signature, which is randomised.
    expect(toHex(encodeBundle(made)).slice(0, 220)).toBe(final(id)?.slice(0, 220));
    expect(toHex(encodeBundle(made))).toHaveLength(final(id)?.length ?? 0);
  });
});

interface Extra {
  readonly name: string;
  readonly bundle: string;
  readonly kid: string;
  readonly public_key: string;
  readonly private_key_seed: string;
  readonly alg: number;
}

describeWithShared('COSE_Sign1 with Ed25519 and Ed448', 'vectors/bpsec_cose_extra_generated.json', (path) => {
  const file = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly positive: readonly Extra[];
    readonly negative_or_edge: readonly {
      readonly name: string;
      readonly bundle: string;
      readonly verifies: boolean;
    }[];
  };
  const keyOf = (extra: Extra): SecurityKey =>
    importCoseKey(
      new Map<number, CborValue>([
        [1, 1],
        [2, utf8(extra.kid)],
        [-1, extra.public_key.length === 64 ? 6 : 7],
        [-2, fromHex(extra.public_key)],
        [-4, fromHex(extra.private_key_seed)],
      ]),
    );

  it.each(file.positive)('verifies and is made byte for byte: $name', (extra) => {
    const bundle = decodeBundle(fromHex(extra.bundle));
    const key = keyOf(extra);
    expect(verifyOperation(bundle, { block: 3, target: 1 }, createKeyring([key]))).toMatchObject({ ok: true });
    const bare = { ...bundle, blocks: bundle.blocks.slice(1) };
    const made = addIntegrity(bare, {
      context: 'COSE',
      scope: SCOPE,
      targets: [1],
      ...PLACE,
      message: { kind: 'sign1', algorithm: extra.alg, key },
    });
    expect(toHex(encodeBundle(made))).toBe(extra.bundle);
  });

  it.each(file.negative_or_edge)('$name: verifies is $verifies', ({ bundle: hex, verifies }) => {
    const bundle = decodeBundle(fromHex(hex));
    const block = bundle.blocks[0]?.number ?? 0;
    const outcome = verifyOperation(bundle, { block, target: 1 }, macRing());
    expect(outcome.ok ? 'ok' : outcome.code).toBe(verifies ? 'ok' : 'failed');
  });
});

/** The key of A.1, which the tampered bundles are made with. */
function macRing(): Keyring {
  const secret = '3a5c74e32ab4558a99581ec3a816576812aabe895db04494cda25b711d7b5ed4077466e677860648412f1bf8c91d0624';
  return createKeyring([
    { id: utf8('ExampleA.1'), algorithm: 6, material: { kind: 'symmetric', bytes: fromHex(secret) } },
  ]);
}

function aadOf(bundle: Bundle, operation: Operation): Uint8Array {
  const block = bundle.blocks.find(({ number }) => number === operation.block);
  const target = targetOf(bundle, operation.target);
  if (block === undefined || target === undefined) throw new Error('the example names blocks that are there');
  const security = parseSecurityBlock(block.data);
  const parameters = readCoseParameters(security.parameters);
  const input = { bundle, securityBlock: block, ...security, target };
  return externalAad(input, parameters, parameters.additionalProtected)?.finish() ?? new Uint8Array(0);
}

function coseKey(json: CoseKeyJson): SecurityKey {
  return importCoseKey(new Map(Object.entries(json).map(([label, value]) => [Number(label), cborOf(value)])));
}

function cborOf(value: Json): CborValue {
  if (Array.isArray(value)) return value.map(cborOf);
  if (typeof value === 'object' && 'bstr' in value) return fromHex(value.bstr);
  return value as CborValue;
}
