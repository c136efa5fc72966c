/** Certificates for nodes: what ours say, what is read out of others', and who is believed. */
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex } from '../../src/base/index.js';
import { signingKeyFromSeed } from '../../src/crypto/index.js';
import { nodeCertificate } from '../../src/daemon/node-certificate.js';
import {
  judgeIdentity,
  nodeIdsIn,
  type PeerCertificate,
  peerCertificate,
  subjectAltNameOf,
} from '../../src/link/security/index.js';
import { authority, NOW, nodeIdentity } from './support/node-identity.js';

const ana = await nodeIdentity(1);
const certificate = new X509Certificate(ana.security('offer').credentials.certificate);

describe('the certificate of a node', () => {
  test('holds the node’s key, names its node id, and is signed by itself', () => {
    const key = signingKeyFromSeed(ana.seed).publicKey;
    expect(peerCertificate(certificate, [])).toEqual({
      nodeIds: [ana.eid],
      nodeKey: new Uint8Array(key),
      validFrom: 0,
      validTo: Date.parse('9999-12-31T23:59:59Z'),
      trusted: false,
    });
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.35', '1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test('is the same each time it is made', async () => {
    expect(await nodeCertificate(ana.seed)).toBe(await nodeCertificate(ana.seed));
  });
});

describe('node ids in certificates', () => {
  test('are written as RFC 9174 §4.4.1 wants them', () => {
    // SEQUENCE { [0] { OBJECT IDENTIFIER id-on-bundleEID, [0] { IA5String "ipn:1.0" } } }
    const expected = `3017a01506082b0601050507080ba0091607${Buffer.from('ipn:1.0').toString('hex')}`;
    expect(toHex(subjectAltNameOf('ipn:1.0'))).toBe(expected);
  });

  test('are found in certificates by others, and only there where they belong', async () => {
    const { cert } = await (await authority()).certify('ipn:977.0');
    expect(nodeIdsIn(new X509Certificate(cert).raw)).toEqual(['ipn:977.0']);
    expect(nodeIdsIn(new X509Certificate((await authority()).pem).raw)).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['no sequence', '0400'],
    ['a cut element', '3005'],
    ['a length of lengths', '3085ffffffffff'],
    ['an indefinite length', '3080'],
    ['something behind it', '300000'],
    ['a high tag', '1f8100'],
  ])('%s is refused', (_what, hex) => {
    expect(() => nodeIdsIn(fromHex(hex))).toThrow(DecodeError);
  });

  test('a certificate cut anywhere is refused', () => {
    const { raw } = certificate;
    for (let length = 0; length < raw.length; length++) {
      expect(() => nodeIdsIn(raw.subarray(0, length))).toThrow(DecodeError);
    }
  });
});

describe('who is believed', () => {
  const own = peerCertificate(certificate, []);
  const foreign: PeerCertificate = { ...own, nodeIds: ['ipn:7.0'], nodeKey: undefined };
  const wildcardless = { ...foreign, nodeIds: [] };
  const claim = (nodeEid: string, gossip: boolean, shown: PeerCertificate | undefined) => ({
    nodeEid,
    gossip,
    certificate: shown,
  });

  test.each([
    ['a node of ours with its own key', claim(ana.eid, true, own), 'require', 'proved'],
    ['the same as an ordinary neighbour', claim(ana.eid, false, own), 'require', 'proved'],
    ['a node of ours without a certificate', claim(ana.eid, true, undefined), 'offer', 'refused'],
    [
      'a node of ours that an authority vouches for',
      claim('ipn:7.0', true, { ...foreign, trusted: true }),
      'offer',
      'refused',
    ],
    ['another node id than the certificate’s', claim('ipn:8.0', false, foreign), 'offer', 'refused'],
    ['a foreign node that nobody vouches for', claim('ipn:7.0', false, foreign), 'offer', 'unproved'],
    ['the same where a proof is required', claim('ipn:7.0', false, foreign), 'require', 'refused'],
    [
      'a foreign node with an authority behind it',
      claim('ipn:7.0', false, { ...foreign, trusted: true }),
      'require',
      'proved',
    ],
    [
      'a certificate without node ids',
      claim('ipn:7.0', false, { ...wildcardless, trusted: true }),
      'offer',
      'unproved',
    ],
    [
      'the same where a proof is required',
      claim('ipn:7.0', false, { ...wildcardless, trusted: true }),
      'require',
      'refused',
    ],
    ['no certificate', claim('ipn:7.0', false, undefined), 'offer', 'unproved'],
    ['one that has expired', claim(ana.eid, false, { ...own, validTo: NOW - 1 }), 'offer', 'refused'],
    ['one that is not valid yet', claim(ana.eid, false, { ...own, validFrom: NOW + 1 }), 'offer', 'refused'],
  ] as const)('%s', (_who, identity, policy, expected) => {
    const verdict = judgeIdentity(identity, policy, NOW);
    expect(verdict.ok ? (verdict.proved ? 'proved' : 'unproved') : 'refused').toBe(expected);
  });
});
