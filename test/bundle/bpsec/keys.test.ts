/** Key files and keyrings: what may be used for what. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/base/index.js';
import { matchesEid } from '../../../src/bundle/bpsec/eid-pattern.js';
import { unwrapKey, wrapKey } from '../../../src/bundle/bpsec/key-wrap.js';
import { createKeyring, loadKeySet, parseEid, parsePolicy } from '../../../src/bundle/index.js';
import { ANA } from '../../support/bundles.js';
import { symmetricKey } from '../../support/security-keys.js';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../../docs/protocol/bpsec.md'), 'utf8');
const [KEY_FILE, POLICY] = [...PAGE.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json as string));

describe('a key file', () => {
  it('is read as the page shows it', () => {
    const [symmetric, ana, cose] = loadKeySet(KEY_FILE);
    expect(symmetric).toMatchObject({ id: utf8('9100'), sources: ['ipn:2.*'], material: { kind: 'symmetric' } });
    expect(ana?.material.kind === 'curve' && toHex(ana.material.rawPublic ?? new Uint8Array(0))).toBe(
      toHex(ANA.publicKey),
    );
    expect(cose).toMatchObject({ id: utf8('ExampleA.1'), algorithm: 3 });
  });

  it('reads a private key as a pair, a list, and a single key', () => {
    const d = Buffer.alloc(32, 1).toString('base64url');
    const x = Buffer.from(ANA.publicKey).toString('base64url');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x, d, kid: 'ana', alg: 'EdDSA' };
    for (const form of [jwk, [jwk], { keys: [jwk] }]) {
      const [key] = loadKeySet(form);
      expect(key?.material.kind === 'curve' && key.material.privateKey?.type).toBe('private');
      expect(key?.algorithm).toBe(-8);
    }
  });

  it.each<[string, unknown]>([
    ['no object', 7],
    ['a list of texts', ['k']],
    ['an unknown type', { kty: 'what' }],
    ['hexadecimal that is none', { kHex: 'xyz' }],
    ['a symmetric key without its bytes', { kty: 'oct' }],
    ['a curve that we do not know', { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' }],
    ['a point that is not on its curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
    ['an algorithm that is no algorithm', { kHex: '00', alg: 'rot13' }],
    ['CBOR that is no key', { coseKeyHex: '01' }],
    ['bytes that are no CBOR', { coseKeyHex: 'ff' }],
    ['sources that are no list', { kHex: '00', sources: 'ipn:2.1' }],
    ['a key id that is no text', { kHex: '00', kid: 7 }],
  ])('is refused with ERR_KEY: %s', (_, json) => {
    expect(() => loadKeySet(json)).toThrow(expect.objectContaining({ code: 'ERR_KEY' }));
  });

  it('leaves out of a set the types of key that it does not know', () => {
    const known = { kHex: '00' };
    // kty 7 is AKP, with ML-DSA.
    const cose = `82a10107a201042050${'01'.repeat(16)}`;
    expect(loadKeySet([known, { kty: 'AKP' }, { kty: 'EC', crv: 'secp256k1' }])).toHaveLength(1);
    expect(loadKeySet({ coseKeyHex: cose })).toHaveLength(1);
    expect(() => loadKeySet([{ kty: 'AKP' }, { kty: 'AKP' }])).toThrow(/no key of a type that is known/);
  });

  it('reads a COSE_Key that is written as JSON', () => {
    const k = '3a5c74e32ab4558a99581ec3a8165768';
    const id = toHex(utf8('ExampleA.1'));
    for (const bytes of [(hex: string) => hex, (hex: string) => ({ bstr: hex })]) {
      const [key] = loadKeySet({ keys: [{ '1': 4, '2': bytes(id), '3': 5, '4': [9, 10], '-1': bytes(k) }] });
      expect(key).toMatchObject({ id: utf8('ExampleA.1'), algorithm: 5, operations: [9, 10] });
      expect(key?.material).toEqual({ kind: 'symmetric', bytes: fromHex(k) });
    }
    expect(() => loadKeySet({ '1': 4, '-1': null })).toThrow(/a parameter of a COSE_Key/);
  });

  it('says which key is wrong', () => {
    expect(() => loadKeySet([{ kHex: '00' }, { kty: 'oct' }])).toThrow(/^key 2: /);
  });
});

describe('a keyring', () => {
  const ring = createKeyring([
    symmetricKey('one', '01'),
    symmetricKey('two', '02', { sources: ['ipn:2.*'] }),
    symmetricKey('two', '03'),
  ]);
  const names = (keyId: string | undefined, source: string): readonly string[] =>
    ring
      .candidates({ keyId: keyId === undefined ? undefined : utf8(keyId), source: parseEid(source), kind: 'any' })
      .map(({ material }) => (material.kind === 'symmetric' ? toHex(material.bytes) : ''));

  it('gives every key of that id, and every key where none is named', () => {
    expect(names('two', 'ipn:2.1')).toEqual(['02', '03']);
    expect(names(undefined, 'ipn:2.1')).toEqual(['01', '02', '03']);
    expect(names('three', 'ipn:2.1')).toEqual([]);
  });

  it('keeps back a key that is not for this source', () => {
    expect(names('two', 'ipn:3.1')).toEqual(['03']);
  });

  it('gives sixteen at most', () => {
    const many = createKeyring(Array.from({ length: 50 }, () => symmetricKey('same', '01')));
    expect(many.candidates({ keyId: utf8('same'), source: undefined, kind: 'any' })).toHaveLength(16);
  });
});

describe('an endpoint id pattern', () => {
  it.each([
    ['*', 'dtn://a/b', true],
    ['dtn://a/b', 'dtn://a/b', true],
    ['dtn://a/b', 'dtn://a/bc', false],
    ['dtn://school/*', 'dtn://school/x/y', true],
    ['dtn://school/*', 'dtn://school.evil/x', false],
    ['ipn:2.*', 'ipn:20.1', false],
    ['*/~chat', 'dtn://a/~chat', true],
    ['dtn://*/mail', 'dtn://a/mailbox', false],
    ['a*b*a', 'aba', true],
    ['a*b*a', 'aa', false],
    ['ab*ba', 'aba', false],
  ])('%s matches %s: %s', (pattern, eid, expected) => {
    expect(matchesEid(pattern, eid)).toBe(expected);
  });
});

describe('AES key wrap', () => {
  // RFC 3394 §4.1, §4.6.
  it.each([
    [
      '000102030405060708090a0b0c0d0e0f',
      '00112233445566778899aabbccddeeff',
      '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5',
    ],
    [
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
      '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
    ],
  ])('gives the RFC’s result with a key of %s', (kek, key, wrapped) => {
    expect(toHex(wrapKey(fromHex(kek), fromHex(key)))).toBe(wrapped);
    expect(toHex(unwrapKey(fromHex(kek), fromHex(wrapped)) ?? new Uint8Array(0))).toBe(key);
  });

  it('refuses what another key wrapped, and lengths that cannot be', () => {
    const wrapped = wrapKey(new Uint8Array(16), new Uint8Array(16));
    expect(unwrapKey(new Uint8Array(16).fill(1), wrapped)).toBeUndefined();
    expect(unwrapKey(new Uint8Array(16), wrapped.subarray(1))).toBeUndefined();
    expect(unwrapKey(new Uint8Array(15), wrapped)).toBeUndefined();
    expect(unwrapKey(new Uint8Array(16), new Uint8Array(0))).toBeUndefined();
  });
});

describe('a policy file', () => {
  it('is read as the page shows it', () => {
    expect(parsePolicy(POLICY).rules).toHaveLength(1);
  });

  const rule = POLICY.rules[0] as Record<string, unknown>;
  it.each<[string, Record<string, unknown>]>([
    ['an unknown member', { ...rule, onFalure: 'keep' }],
    ['an unknown role', { ...rule, role: 'observer' }],
    ['an unknown service', { ...rule, service: 'privacy' }],
    ['an unknown context', { ...rule, context: 'XOR' }],
    ['an unknown action', { ...rule, onFailure: 'shrug' }],
    ['an unknown parameter', { ...rule, parameters: { keyID: 'x' } }],
    ['a scope that is none', { ...rule, parameters: { aadScope: { '-3': 1 } } }],
    ['patterns that are no list', { ...rule, securitySource: '*' }],
    ['a source without a key', { ...rule, role: 'source' }],
    ['an encrypted primary block', { ...rule, service: 'confidentiality', target: 'primary' }],
  ])('is refused whole with ERR_POLICY: %s', (_, broken) => {
    expect(() => parsePolicy({ rules: [rule, broken] })).toThrow(
      expect.objectContaining({ code: 'ERR_POLICY', message: expect.stringMatching(/^rule 2: /) }),
    );
  });
});
