/** docs/protocol/vectors/gossip.json is what the code does. */
import { expect, it } from 'vitest';
import { toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { verify } from '../../src/crypto/index.js';
import { toBitmap } from '../../src/gossip/frames.js';
import { checkProof, type Hello, prove, sessionIds } from '../../src/gossip/handshake.js';
import { encodeFrame, GOSSIP_VERSION, type GossipFrame } from '../../src/gossip/index.js';
import { nodeIdOf } from '../../src/people/index.js';
import { testKey } from '../support/bundles.js';
import { storedVectors } from '../support/vectors.js';
import { keyNumber } from './entries.js';

it('the vectors of gossip hold', () => {
  const [a, b] = [testKey(3), testKey(4)];
  const helloOf = (key: typeof a, byte: number, head: number): Hello => ({
    kind: 'hello',
    version: GOSSIP_VERSION,
    nodeKey: key.publicKey,
    epoch: new Uint8Array(8).fill(byte),
    head,
    nonce: new Uint8Array(16).fill(byte + 0x10),
  });
  const [helloA, helloB] = [helloOf(a, 0xa0, 70_000), helloOf(b, 0xb0, 12)];
  const ids = sessionIds(helloA, helloB);
  const idOf = (key: BundleKey): Uint8Array => ids.shortId(key);
  const keys = [1, 2, 3].map(keyNumber);
  // In clear, where only A, who dialled, could have spoken TLS.
  const channel = { binding: Uint8Array.of(1, 0) };
  const authA: GossipFrame = { kind: 'auth', signature: prove(a, helloA, helloB, channel), since: 12 };
  const made = {
    about:
      'A has node seed 32 × 03 and stands at 12 of B; B has node seed 32 × 04 and has never met A. The channel is 0100. Frames in hex.',
    helloA: toHex(encodeFrame(helloA)),
    helloB: toHex(encodeFrame(helloB)),
    authA: toHex(encodeFrame(authA)),
    authB: toHex(encodeFrame({ kind: 'auth', signature: prove(b, helloB, helloA, channel), since: 0 })),
    shortIds: keys.map((key) => ({ key, id: toHex(idOf(key)) })),
    offer: toHex(encodeFrame({ kind: 'offer', batch: 1, ids: keys.map(idOf) })),
    wantFirstAndThird: toHex(encodeFrame({ kind: 'want', batch: 1, bitmap: toBitmap([true, false, true]) })),
    done: toHex(encodeFrame({ kind: 'done', upTo: 70_000 })),
  };
  expect(storedVectors('gossip', made)).toEqual(made);
  expect(checkProof(helloB, helloA, authA.signature, verify, channel)).toBe(nodeIdOf(a.publicKey));
  expect(toHex(sessionIds(helloB, helloA).shortId(keyNumber(1)))).toBe(made.shortIds[0]?.id);
});
