/** RFC 9173, appendix A.1 to A.4: every input to a MAC or cipher, every result, and the final bundles, both ways. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/base/index.js';
import { integrityProtectedPlaintext } from '../../../src/bundle/bpsec/hmac-sha2.js';
import { scopePrefix } from '../../../src/bundle/bpsec/rfc9173.js';
import { targetOf } from '../../../src/bundle/bpsec/target.js';
import {
  acceptOperation,
  addConfidentiality,
  addIntegrity,
  type Bundle,
  createKeyring,
  decodeBundle,
  decodeForSecurity,
  encodeBundle,
  openBundle,
  parseEid,
  parseSecurityBlock,
  type SecurityKey,
} from '../../../src/bundle/index.js';
import { describeWithShared } from '../../support/optional.js';
import { symmetricKey } from '../../support/security-keys.js';

interface Operation {
  readonly op: 'bib-integrity' | 'bcb-confidentiality';
  readonly block: number;
  readonly target: number;
  readonly scope: number;
  readonly ippt?: string;
  readonly hmac?: string;
  readonly plaintext?: string;
  readonly aad?: string;
  readonly ciphertext?: string;
  readonly tag?: string;
}

interface Example {
  readonly id: string;
  readonly original_bundle: string;
  readonly final_bundle: string;
  readonly operations: readonly Operation[];
}

const MAC_KEY = symmetricKey('mac', '1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b');
const KEK = symmetricKey('kek', '6162636465666768696a6b6c6d6e6f70');
const CEK_128 = symmetricKey('cek-128', '71776572747975696f70617364666768');
const CEK_256 = symmetricKey('cek-256', '71776572747975696f7061736466676871776572747975696f70617364666768');
const IV = fromHex('5477656c7665313231323132');
const KEYS: Readonly<Record<string, readonly SecurityKey[]>> = {
  'A.1': [MAC_KEY],
  'A.2': [KEK],
  'A.3': [MAC_KEY, CEK_128],
  'A.4': [MAC_KEY, CEK_256],
};

/** How each example comes about: the operations in the order in which its sources add them. */
const MAKERS: Readonly<Record<string, (original: Bundle) => Bundle>> = {
  'A.1': (original) =>
    addIntegrity(original, {
      context: 'BIB-HMAC-SHA2',
      key: MAC_KEY,
      variant: 7,
      scope: 0,
      targets: [1],
      source: parseEid('ipn:2.1'),
    }),
  'A.2': (original) =>
    addConfidentiality(original, {
      context: 'BCB-AES-GCM',
      key: KEK,
      wrap: { contentKey: fromHex('71776572747975696f70617364666768') },
      iv: IV,
      scope: 0,
      targets: [1],
      source: parseEid('ipn:2.1'),
    }),
  'A.3': (original) =>
    addConfidentiality(
      addIntegrity(original, {
        context: 'BIB-HMAC-SHA2',
        key: MAC_KEY,
        variant: 5,
        scope: 0,
        targets: [0, 2],
        source: parseEid('ipn:3.0'),
        blockNumber: 3,
      }),
      {
        context: 'BCB-AES-GCM',
        key: CEK_128,
        iv: IV,
        scope: 0,
        targets: [1],
        source: parseEid('ipn:2.1'),
        position: 1,
      },
    ),
  'A.4': (original) =>
    addConfidentiality(
      addIntegrity(original, {
        context: 'BIB-HMAC-SHA2',
        key: MAC_KEY,
        variant: 6,
        scope: 7,
        targets: [1],
        source: parseEid('ipn:2.1'),
        blockNumber: 3,
      }),
      {
        context: 'BCB-AES-GCM',
        key: CEK_256,
        iv: IV,
        scope: 7,
        targets: [1],
        source: parseEid('ipn:2.1'),
        position: 1,
        allowSharedIv: true,
      },
    ),
};

describeWithShared('RFC 9173, appendix A', 'vectors/rfc9173.json', (path) => {
  const { examples } = JSON.parse(readFileSync(path, 'utf8')) as { examples: readonly Example[] };

  it.each(examples)('$id is made byte for byte', ({ id, original_bundle, final_bundle }) => {
    const made = MAKERS[id]?.(decodeForSecurity(fromHex(original_bundle)));
    expect(made === undefined ? undefined : toHex(encodeBundle(made))).toBe(final_bundle);
  });

  it.each(examples)('$id verifies, and accepting every operation gives the original', (example) => {
    const keys = createKeyring(KEYS[example.id] ?? []);
    const bundle = decodeForSecurity(fromHex(example.final_bundle));
    const { reports, unreadable } = openBundle(bundle, keys);
    expect(unreadable).toEqual([]);
    const seen = reports.map(({ operation, outcome }) => [operation.block, operation.target, outcome.ok]);
    expect(seen.sort()).toEqual(example.operations.map(({ block, target }) => [block, target, true]).sort());

    let left = bundle;
    for (const { block, target } of example.operations) {
      const accepted = acceptOperation(left, { block, target }, keys);
      if (!accepted.ok) throw new Error(accepted.message);
      left = accepted.bundle;
    }
    const original = decodeForSecurity(fromHex(example.original_bundle));
    // A primary block that loses its integrity block gets a CRC, which the original of A.3 does not have.
    const primary = { ...original.primary, crcType: left.primary.crcType };
    expect(toHex(encodeBundle(left))).toBe(toHex(encodeBundle({ ...original, primary })));
  });

  it.each(
    examples.flatMap(({ id, final_bundle, operations }) => operations.map((one) => ({ id, final_bundle, ...one }))),
  )('$id: $op of block $target has the inputs and results of the appendix', ({ id, final_bundle, ...operation }) => {
    const keys = createKeyring(KEYS[id] ?? []);
    const bundle = decodeForSecurity(fromHex(final_bundle));
    const { opened, reports } = openBundle(bundle, keys);
    const inClear = operation.op === 'bib-integrity' ? opened : bundle;
    const block = inClear.blocks.find(({ number }) => number === operation.block);
    const target = targetOf(inClear, operation.target);
    if (block === undefined || target === undefined) throw new Error('the appendix names blocks that are there');
    const security = parseSecurityBlock(block.data);
    const input = { bundle: inClear, securityBlock: block, ...security, target };
    const result = security.results[security.targets.indexOf(operation.target)]?.[0]?.value;
    const value = toHex(result ?? new Uint8Array(0));
    if (operation.op === 'bib-integrity') {
      expect(integrityProtectedPlaintext(input, operation.scope).lend(toHex)).toBe(operation.ippt);
      expect(value.endsWith(operation.hmac ?? '-')).toBe(true);
      return;
    }
    expect(scopePrefix(input, operation.scope).lend(toHex)).toBe(operation.aad);
    expect(value.endsWith(operation.tag ?? '-')).toBe(true);
    expect(target.kind === 'block' ? toHex(target.block.data) : '').toBe(operation.ciphertext);
    const report = reports.find(
      (one) => one.operation.block === operation.block && one.operation.target === operation.target,
    );
    const plaintext = report?.outcome.ok === true ? report.outcome.plaintext : undefined;
    expect(toHex(plaintext ?? new Uint8Array(0))).toBe(operation.plaintext);
  });

  it('stays strict where RFC 9171 is: A.1, A.2 and A.4 are no bundles for a link', () => {
    const strict = examples.map(({ final_bundle }) => {
      try {
        decodeBundle(fromHex(final_bundle));
        return 'accepted';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    expect(strict).toEqual(['ERR_BUNDLE_AGE', 'ERR_BUNDLE_AGE', 'accepted', 'ERR_BUNDLE_AGE']);
  });
});
