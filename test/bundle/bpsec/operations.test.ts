/** The rules of RFC 9172 §3 and §5: what may be added, what is refused, what is removed, and with which reason code. */
import { describe, expect, it } from 'vitest';
import { fromHex, seededRandom, toHex, utf8 } from '../../../src/base/index.js';
import { ephemeralKey } from '../../../src/bundle/bpsec/cose-agreement.js';
import { importCoseMaterial } from '../../../src/bundle/bpsec/key-import.js';
import {
  acceptOperation,
  addConfidentiality,
  addIntegrity,
  ageOf,
  applyPolicy,
  type Bundle,
  BundleFlag,
  type ConfidentialitySpec,
  CrcType,
  createBundle,
  createKeyring,
  decodeBundle,
  dtnEid,
  encodeBundle,
  type IntegritySpec,
  importCoseKey,
  NO_KEYS,
  openBundle,
  type PolicyRule,
  parseSecurityBlock,
  payloadOf,
  type SecurityKey,
  securityOperations,
  stripOperation,
  topicOf,
  verifyBundle,
  verifyOperation,
  withTransit,
} from '../../../src/bundle/index.js';
import { encodeSecurityBlock } from '../../../src/bundle/security-block.js';
import { decodeCbor } from '../../../src/cbor/index.js';
import { ANA, ANA_EID, BEN_CHAT, chatSpec, signedChat } from '../../support/bundles.js';
import { symmetricKey } from '../../support/security-keys.js';

const MAC = symmetricKey('mac', '1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b');
const KEK = symmetricKey('kek', '6162636465666768696a6b6c6d6e6f70');
const AES = symmetricKey('aes', '0102030405060708090a0b0c0d0e0f100102030405060708090a0b0c0d0e0f10');
const RING = createKeyring([MAC, KEK, AES]);
const IV = fromHex('5477656c7665313231323132');
const AGE = 3;
const PLAIN = createBundle(chatSpec({ copies: 4 }));

function hmac(change: Partial<IntegritySpec> = {}): IntegritySpec {
  return { context: 'BIB-HMAC-SHA2', key: MAC, targets: [1], source: ANA_EID, ...change } as IntegritySpec;
}

function gcm(change: Partial<ConfidentialitySpec> = {}): ConfidentialitySpec {
  const base = { context: 'BCB-AES-GCM', key: AES, iv: IV, targets: [1], source: ANA_EID };
  return { ...base, ...change } as ConfidentialitySpec;
}

function coseGcm(targets: readonly number[]): ConfidentialitySpec {
  const message = { kind: 'encrypt0', algorithm: 3, key: AES, iv: seededRandom(7) } as const;
  return { context: 'COSE', message, targets, source: ANA_EID };
}

function block(bundle: Bundle, type: number): number {
  return bundle.blocks.find((one) => one.type === type)?.number ?? -1;
}

describe('adding', () => {
  it('makes bundles that RFC 9171 accepts, also with an integrity value in place of the primary CRC', () => {
    const bundle = addIntegrity(PLAIN, hmac({ targets: [0, 1, AGE] }));
    expect(bundle.primary.crcType).toBe(CrcType.None);
    expect(openBundle(decodeBundle(encodeBundle(bundle)), RING).reports.map(({ outcome }) => outcome.ok)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each<[string, () => Bundle]>([
    ['integrity twice for one target', () => addIntegrity(addIntegrity(PLAIN, hmac()), hmac())],
    ['confidentiality twice for one target', () => addConfidentiality(addConfidentiality(PLAIN, gcm()), gcm())],
    ['integrity of what is encrypted', () => addIntegrity(addConfidentiality(PLAIN, gcm()), hmac())],
    [
      'integrity of an integrity block',
      () => {
        const signed = addIntegrity(PLAIN, hmac());
        return addIntegrity(signed, hmac({ targets: [block(signed, 11)] }));
      },
    ],
    ['confidentiality of the primary block', () => addConfidentiality(PLAIN, gcm({ targets: [0] }))],
    [
      'confidentiality of a confidentiality block',
      () => {
        const sealed = addConfidentiality(PLAIN, gcm());
        return addConfidentiality(sealed, gcm({ targets: [block(sealed, 12)] }));
      },
    ],
    [
      'confidentiality of an integrity block alone',
      () => {
        const signed = addIntegrity(PLAIN, hmac());
        return addConfidentiality(signed, gcm({ targets: [block(signed, 11)] }));
      },
    ],
    [
      'to split an integrity block that covers its own header',
      () => addConfidentiality(addIntegrity(PLAIN, hmac({ targets: [AGE, 1] })), coseGcm([1])),
    ],
    ['confidentiality of a topic', () => addConfidentiality(PLAIN, gcm({ targets: [block(PLAIN, 232)] }))],
    ['a target that is not there', () => addIntegrity(PLAIN, hmac({ targets: [77] }))],
    ['no target', () => addIntegrity(PLAIN, hmac({ targets: [] }))],
    ['a block number that is taken', () => addIntegrity(PLAIN, hmac({ blockNumber: AGE }))],
    ['one IV for two targets', () => addConfidentiality(PLAIN, gcm({ targets: [1, AGE] }))],
    [
      'a fragment',
      () => {
        const flags = PLAIN.primary.flags | BundleFlag.IsFragment;
        const primary = { ...PLAIN.primary, flags, fragment: { offset: 0, totalLength: 100 } };
        return addIntegrity({ ...PLAIN, primary }, hmac());
      },
    ],
    [
      'an AAD scope over data that become ciphertext',
      () => {
        const spec = { ...coseGcm([1, AGE]), scope: new Map([[AGE, 3]]) } as ConfidentialitySpec;
        return addConfidentiality(PLAIN, spec);
      },
    ],
  ])('refuses %s', (_, add) => {
    expect(add).toThrow(expect.objectContaining({ code: 'ERR_BPSEC_RULE' }));
  });

  it('asks that a payload’s confidentiality block be in every fragment', () => {
    const sealed = addConfidentiality(PLAIN, gcm());
    expect(sealed.blocks.find(({ type }) => type === 12)?.flags).toBe(1);
  });

  it('hides the integrity block of what it encrypts, and only after splitting it from other targets', () => {
    const signed = addIntegrity(PLAIN, hmac({ targets: [0, AGE, 1], scope: 3 } as Partial<IntegritySpec>));
    const sealed = addConfidentiality(signed, coseGcm([1]));
    const inClear = securityOperations(sealed).filter(({ service }) => service === 'integrity');
    expect(inClear.map(({ target }) => target)).toEqual([0, AGE]);
    const { reports, opened } = openBundle(decodeBundle(encodeBundle(sealed)), RING);
    expect(reports.map(({ operation, outcome }) => [operation.service, operation.target, outcome.ok])).toEqual([
      ['confidentiality', expect.any(Number), true],
      ['confidentiality', 1, true],
      ['integrity', 0, true],
      ['integrity', AGE, true],
      ['integrity', 1, true],
    ]);
    expect(toHex(payloadOf(opened))).toBe(toHex(payloadOf(PLAIN)));
  });

  it('gives every target of a COSE block an IV of its own', () => {
    const sealed = addConfidentiality(PLAIN, coseGcm([AGE, 1]));
    const security = parseSecurityBlock(sealed.blocks[0]?.data ?? new Uint8Array(0));
    const results = security.results.map(([one]) => toHex(one?.value ?? new Uint8Array(0)));
    expect(new Set(results).size).toBe(2);
    expect(openBundle(sealed, RING).reports.every(({ outcome }) => outcome.ok)).toBe(true);
  });
});

describe('an encrypted extension block', () => {
  const sealed = decodeBundle(encodeBundle(addConfidentiality(PLAIN, gcm({ targets: [AGE] }))));

  it('is no malformed one, and says nothing', () => {
    expect(ageOf(sealed)).toBeUndefined();
    expect(ageOf(openBundle(sealed, RING).opened)).toBeUndefined();
  });

  it('speaks again when its operation was accepted', () => {
    const accepted = acceptOperation(sealed, { block: block(sealed, 12), target: AGE }, RING);
    expect(accepted.ok && ageOf(accepted.bundle)).toBe(1500);
  });

  it('is not accepted when it turns out to be malformed: the bundle would be none', () => {
    const broken = PLAIN.blocks.map((one) => (one.number === AGE ? { ...one, data: utf8('old') } : one));
    const hidden = addConfidentiality({ ...PLAIN, blocks: broken }, gcm({ targets: [AGE] }));
    const ref = { block: block(hidden, 12), target: AGE };
    expect(verifyOperation(hidden, ref, RING).ok).toBe(true);
    expect(acceptOperation(hidden, ref, RING)).toMatchObject({ ok: false, code: 'malformed', reason: 8 });
    const rule = {
      ...({ name: 'ages', role: 'acceptor', service: 'confidentiality', target: 7 } as const),
      ...({ context: 'BCB-AES-GCM', onFailure: 'drop-block' } as const),
    };
    const random = seededRandom(1);
    const outcome = applyPolicy({ rules: [rule] }, hidden, { keys: RING, self: BEN_CHAT, random });
    expect(outcome).toMatchObject({ verdict: 'pass', findings: [{ ok: false, code: 'malformed' }], reasons: [8] });
    expect(outcome.bundle.blocks.some(({ number }) => number === AGE)).toBe(false);
  });

  it('is still refused where nothing encrypts it', () => {
    const bare = { ...sealed, blocks: sealed.blocks.filter(({ type }) => type !== 12) };
    expect(() => decodeBundle(encodeBundle(bare))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }),
    );
  });
});

describe('a confidentiality block that anybody may add', () => {
  const hide = (bundle: Bundle, target: number): Bundle => {
    const data = encodeSecurityBlock({
      targets: [target],
      contextId: 2,
      source: BEN_CHAT,
      parameters: [],
      results: [[]],
    });
    const extra = { type: 12, number: 97, flags: 0, crcType: CrcType.None, data };
    return { ...bundle, blocks: [extra, ...bundle.blocks] };
  };

  it('takes no topic away from a signed bundle', () => {
    const own = signedChat();
    const hidden = decodeBundle(encodeBundle(hide(own, block(own, 232))));
    expect(verifyBundle(hidden, () => ANA.publicKey)).toMatchObject({ ok: true });
    expect(topicOf(hidden)).toEqual(topicOf(own));
  });

  it('does not make a bundle without a clock immortal', () => {
    const clockless = createBundle(chatSpec({ creation: { time: 0, sequence: 1 } }));
    expect(() => decodeBundle(encodeBundle(hide(clockless, AGE)))).toThrow(
      expect.objectContaining({ code: 'ERR_BUNDLE_AGE' }),
    );
  });

  it('is not broken by a relay that would write an age over the ciphertext', () => {
    const hidden = hide(PLAIN, AGE);
    expect(withTransit(hidden, { ageMs: 99 }).blocks).toEqual(hidden.blocks);
  });
});

describe('verifying', () => {
  const signed = addIntegrity(PLAIN, hmac());
  const sealed = addConfidentiality(PLAIN, gcm());
  const at = (bundle: Bundle, type: number): { block: number; target: number } => ({
    block: block(bundle, type),
    target: 1,
  });

  it.each<[string, number, () => ReturnType<typeof verifyOperation>]>([
    ['unknown-key', 15, () => verifyOperation(signed, at(signed, 11), NO_KEYS)],
    ['failed', 15, () => verifyOperation(signed, at(signed, 11), createKeyring([KEK]))],
    ['absent', 12, () => verifyOperation(signed, { block: block(signed, 11), target: AGE }, RING)],
    ['absent', 12, () => verifyOperation(signed, { block: AGE, target: 1 }, RING)],
    [
      'unknown-context',
      13,
      () => {
        const blocks = signed.blocks.map((one) => (one.type === 11 ? { ...one, type: 12 } : one));
        return verifyOperation({ ...signed, blocks }, at(signed, 11), RING);
      },
    ],
    [
      'malformed',
      8,
      () => {
        const blocks = signed.blocks.map((one) => (one.type === 11 ? { ...one, data: one.data.subarray(1) } : one));
        return verifyOperation({ ...signed, blocks }, at(signed, 11), RING);
      },
    ],
    [
      'conflict',
      16,
      () => {
        const twice = signed.blocks.flatMap((one) => (one.type === 11 ? [one, { ...one, number: 99 }] : [one]));
        return verifyOperation({ ...signed, blocks: twice }, at(signed, 11), RING);
      },
    ],
    [
      'encrypted',
      15,
      () => {
        // In clear beside the ciphertext, as no source may leave it.
        const blocks = [
          ...signed.blocks.filter(({ type }) => type === 11),
          ...sealed.blocks.map((one) => (one.type === 12 ? { ...one, number: 98 } : one)),
        ];
        return verifyOperation({ ...sealed, blocks }, at(signed, 11), RING);
      },
    ],
  ])('says %s with reason %i', (code, reason, verify) => {
    expect(verify()).toMatchObject({ ok: false, code, reason });
  });

  it('holds a key to its source', () => {
    const foreign = createKeyring([{ ...MAC, sources: ['dtn://elsewhere/*'] }]);
    expect(verifyOperation(signed, at(signed, 11), foreign)).toMatchObject({ code: 'unknown-key' });
  });

  it('holds a key to its algorithm and its operations', () => {
    for (const limits of [{ algorithm: 7 }, { operations: [3, 4] }]) {
      expect(verifyOperation(signed, at(signed, 11), createKeyring([{ ...MAC, ...limits }]))).toMatchObject({
        code: 'unknown-key',
      });
    }
  });

  it('changes nothing of what Hearsay itself trusts', () => {
    expect(verifyBundle(signed, () => ANA.publicKey)).toMatchObject({ ok: false, code: 'unsigned' });
    const own = signedChat();
    const key = importCoseKey(
      new Map<number, never>([
        [1, 1],
        [2, ANA.publicKey.subarray(0, 8)],
        [-1, 6],
        [-2, ANA.publicKey],
      ] as never),
    );
    expect(verifyOperation(own, at(own, 11), createKeyring([key]))).toMatchObject({ ok: true });
  });
});

describe('stripping', () => {
  it('removes one target, and the block with the last; the primary block gets a CRC back', () => {
    const signed = addIntegrity(PLAIN, hmac({ targets: [0, 1] }));
    const number = block(signed, 11);
    const less = stripOperation(signed, { block: number, target: 0 });
    expect(securityOperations(less).map(({ target }) => target)).toEqual([1]);
    expect(less.primary.crcType).toBe(CrcType.Crc32c);
    expect(block(stripOperation(less, { block: number, target: 1 }), 11)).toBe(-1);
    expect(stripOperation(less, { block: number, target: 0 })).toBe(less);
  });
});

describe('COSE with recipients', () => {
  it.each(['P-256', 'P-384', 'P-521', 'X25519', 'X448'] as const)(
    'agrees on %s, with and without key wrap',
    (curve) => {
      const own = ephemeralKey(curve, seededRandom(5));
      const publicOnly = importCoseMaterial(decodeCbor(own.header) as never);
      const material = { ...publicOnly, privateKey: own.privateKey } as SecurityKey['material'];
      const ring = createKeyring([{ id: utf8('ben'), material }]);
      const recipientKey = { id: utf8('ben'), material: publicOnly };
      for (const algorithm of [-25, -26, -29, -30, -31]) {
        const wraps = algorithm <= -29;
        const sealed = addConfidentiality(PLAIN, {
          context: 'COSE',
          targets: [1],
          source: ANA_EID,
          message: {
            kind: 'encrypt',
            algorithm: 1,
            iv: seededRandom(3),
            ...(wraps ? { contentKey: new Uint8Array(16).fill(4) } : {}),
            recipients: [{ kind: 'ecdh', algorithm, key: recipientKey, sender: seededRandom(9) }],
          },
        });
        const { opened } = openBundle(decodeBundle(encodeBundle(sealed)), ring);
        expect(toHex(payloadOf(opened))).toBe(toHex(payloadOf(PLAIN)));
      }
    },
  );

  it.each([4, 5, 6, 7])('COSE_Mac with algorithm %i, direct, derived and wrapped', (algorithm) => {
    const bytes = [0, 0, 0, 0, 32, 32, 48, 64][algorithm] ?? 0;
    const shared = symmetricKey('mac', '11'.repeat(bytes));
    const kek = symmetricKey('kek', '22'.repeat(24));
    const recipients = [
      [{ kind: 'direct', key: shared }],
      [{ kind: 'direct-hkdf', algorithm: -10, key: shared, salt: utf8('salt') }],
      [
        { kind: 'key-wrap', key: kek },
        { kind: 'key-wrap', key: KEK },
      ],
    ] as const;
    for (const to of recipients) {
      const contentKey = new Uint8Array(bytes).fill(3);
      const message = { kind: 'mac', algorithm, contentKey, recipients: to } as const;
      const made = addIntegrity(PLAIN, { context: 'COSE', targets: [0, 1], source: ANA_EID, message });
      const outcomes = openBundle(decodeBundle(encodeBundle(made)), createKeyring([shared, kek])).reports;
      expect(outcomes.map(({ outcome }) => outcome.ok)).toEqual([true, true]);
    }
  });

  it('COSE_Sign is good when one of its signers is known', () => {
    const key = (seed: number, id: string): SecurityKey => {
      const d = Buffer.alloc(32, seed);
      const pair = seed === 1 ? ANA.publicKey : undefined;
      return importCoseKey(
        new Map<number, never>([
          [1, 1],
          [2, utf8(id)],
          [-1, 6],
          [-2, pair ?? ANA.publicKey],
          [-4, new Uint8Array(d)],
        ] as never),
      );
    };
    const ana = key(1, 'ana');
    const message = { kind: 'sign', signers: [{ key: { ...ana, id: utf8('other') } }, { key: ana }] } as const;
    const made = addIntegrity(PLAIN, { context: 'COSE', targets: [1], source: ANA_EID, message });
    const ref = { block: block(made, 11), target: 1 };
    expect(verifyOperation(made, ref, createKeyring([ana]))).toMatchObject({ ok: true, keyId: utf8('ana') });
    expect(verifyOperation(made, ref, NO_KEYS)).toMatchObject({ ok: false, code: 'unknown-key' });
  });

  it('refuses recipients that cannot share a content key', () => {
    const direct = { kind: 'direct', key: AES } as const;
    const message = { kind: 'encrypt', algorithm: 3, iv: IV, recipients: [direct, direct] } as const;
    expect(() => addConfidentiality(PLAIN, { context: 'COSE', targets: [1], source: ANA_EID, message })).toThrow(
      expect.objectContaining({ code: 'ERR_BPSEC_KEY' }),
    );
  });
});

describe('policy', () => {
  const context = { keys: RING, self: dtnEid('relay', 'bpsec'), random: seededRandom(1) };
  const rule = (change: Partial<PolicyRule>): { rules: readonly PolicyRule[] } => ({
    rules: [{ name: 'r', role: 'verifier', service: 'integrity', target: 1, onFailure: 'drop-bundle', ...change }],
  });

  it('drops what lacks a required operation, with reason 12', () => {
    expect(applyPolicy(rule({}), PLAIN, context)).toMatchObject({ verdict: 'drop', reasons: [12] });
  });

  it('lets pass what is not required, and bundles that the rule is not about', () => {
    expect(applyPolicy(rule({ required: false }), PLAIN, context).verdict).toBe('pass');
    expect(applyPolicy(rule({ bundleDestination: ['ipn:*'] }), PLAIN, context).verdict).toBe('pass');
    expect(applyPolicy(rule({ target: 200 }), PLAIN, context).verdict).toBe('pass');
  });

  it('does not count the operation of another security source', () => {
    const signed = addIntegrity(PLAIN, hmac({ source: BEN_CHAT }));
    expect(applyPolicy(rule({ securitySource: ['ipn:*'] }), signed, context)).toMatchObject({ reasons: [12] });
    expect(applyPolicy(rule({ securitySource: ['dtn:*'] }), signed, context).verdict).toBe('pass');
  });

  it('drops only the block, with what targets it, where policy says so', () => {
    const signed = addIntegrity(PLAIN, hmac({ targets: [AGE, 1] }));
    const tampered = {
      ...signed,
      blocks: signed.blocks.map((one) => (one.number === AGE ? { ...one, data: fromHex('00') } : one)),
    };
    const outcome = applyPolicy(rule({ target: 7, onFailure: 'drop-block' }), tampered, context);
    expect(outcome).toMatchObject({ verdict: 'pass', reasons: [15] });
    expect(outcome.bundle.blocks.some(({ number }) => number === AGE)).toBe(false);
    expect(securityOperations(outcome.bundle).map(({ target }) => target)).toEqual([1]);
  });

  it('keeps what failed where policy says so, and still tells', () => {
    const kept = applyPolicy(rule({ onFailure: 'keep' }), PLAIN, context);
    expect(kept).toMatchObject({ verdict: 'pass', reasons: [12], bundle: PLAIN });
  });

  it('adds as a source what an acceptor elsewhere removes again', () => {
    const source = (
      service: 'integrity' | 'confidentiality',
      name: PolicyRule['context'],
      keyId: string,
    ): PolicyRule => ({
      name: 'add',
      role: 'source',
      service,
      target: 1,
      context: name as never,
      parameters: { keyId, keyWrap: true },
      onFailure: 'drop-bundle',
    });
    for (const one of [
      source('integrity', 'BIB-HMAC-SHA2', 'kek'),
      source('confidentiality', 'BCB-AES-GCM', 'aes'),
      source('confidentiality', 'COSE', 'aes'),
      source('integrity', 'COSE', 'mac'),
    ]) {
      const sent = applyPolicy({ rules: [one] }, PLAIN, context);
      expect(sent.verdict).toBe('pass');
      const { parameters: _, ...same } = one;
      const received = applyPolicy(
        { rules: [{ ...same, role: 'acceptor' }] },
        decodeBundle(encodeBundle(sent.bundle)),
        context,
      );
      expect(received).toMatchObject({ verdict: 'pass', reasons: [] });
      expect(securityOperations(received.bundle)).toEqual([]);
      expect(toHex(payloadOf(received.bundle))).toBe(toHex(payloadOf(PLAIN)));
    }
  });
});
