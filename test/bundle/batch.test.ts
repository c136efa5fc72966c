/** Many bundles verified at once: the same verdicts, wherever the cryptography happens. */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/index.js';
import {
  type Bundle,
  createBundle,
  decodeBundle,
  encodeBundle,
  type SignatureClaim,
  type SignatureJob,
  threadPoolVerifier,
  verifyBundle,
  verifyBundles,
} from '../../src/bundle/index.js';
import { ANA, ANA_EID, BEN, chatSpec, signedChat } from '../support/bundles.js';

const unsigned = createBundle(chatSpec());
const forged: Bundle = {
  ...signedChat(),
  blocks: signedChat().blocks.map((block) =>
    block.type === 1 ? { ...block, data: utf8('the bridge is closed') } : block,
  ),
};
const MIXED = [
  signedChat(),
  unsigned,
  forged,
  ...[1, 2, 3].map((n) => signedChat({ payload: new Uint8Array(n * 700) })),
];
const knowsAna = (): Uint8Array => ANA.publicKey;

describe('many bundles at once', () => {
  it.each([
    ['in the thread pool', threadPoolVerifier({ least: 1 })],
    ['where few are verified on the spot', threadPoolVerifier({ least: 100 })],
    ['as it comes', threadPoolVerifier()],
  ])('have the verdicts of one after the other: %s', async (_, verifier) => {
    const expected = MIXED.map((bundle) => verifyBundle(bundle, knowsAna));
    expect(expected.map((outcome) => (outcome.ok ? 'ok' : outcome.code))).toEqual([
      ...['ok', 'unsigned', 'bad-signature', 'ok', 'ok', 'ok'],
    ]);
    expect(await verifyBundles(MIXED, knowsAna, verifier)).toEqual(expected);
    expect(await verifyBundles([], knowsAna, verifier)).toEqual([]);
  });

  it('have keys of their own, and strangers stay strangers', async () => {
    const claims: SignatureClaim[] = [];
    const keys = [ANA.publicKey, BEN.publicKey, undefined, new Uint8Array(7), new Uint8Array(32)];
    const bundles = keys.map(() => signedChat());
    const outcomes = await verifyBundles(
      bundles,
      (claim) => keys[claims.push(claim) - 1],
      threadPoolVerifier({ least: 1 }),
    );
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code))).toEqual([
      ...['ok', 'bad-signature', 'unknown-key', 'bad-signature', 'bad-signature'],
    ]);
    expect(claims[0]?.securitySource).toEqual(ANA_EID);
  });

  it('hand over messages that later work does not write over', async () => {
    const jobs: SignatureJob[] = [];
    const outcomes = verifyBundles(MIXED, knowsAna, (all) => {
      jobs.push(...all);
      // Whatever else is verified, signed and encoded before the workers get to it.
      for (let i = 0; i < 50; i++) verifyBundle(decodeBundle(encodeBundle(signedChat())), knowsAna);
      return threadPoolVerifier({ least: 1 })(all);
    });
    expect((await outcomes).map(({ ok }) => ok)).toEqual([true, false, false, true, true, true]);
    expect(jobs).toHaveLength(5);
  });

  it('reject when the workers do', async () => {
    const broken = (): Promise<never> => Promise.reject(new Error('no workers'));
    await expect(verifyBundles(MIXED, knowsAna, broken)).rejects.toThrow('no workers');
  });
});
