/** docs/protocol/vectors/gossip.json is what the code does. */
import { expect, it } from 'vitest';
import { toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { verify } from '../../src/crypto/index.js';
import { toBitmap } from '../../src/gossip/frames.js';
import { checkProof, type Hello, prove, sessionIds } from '../../src/gossip/handshake.js';
import { encodeFrame, GOSSIP_VERSION, type GossipFrame } from '../../src/gossip/index.js';
import { boundBetween, narrowed } from '../../src/gossip/range-items.js';
import type { SessionIds } from '../../src/gossip/session-ids.js';
import { nodeIdOf } from '../../src/people/index.js';
import { BundleClass, difference, NEWEST, OLDEST, type TimeBound, Timeline } from '../../src/store/index.js';
import { testKey } from '../support/bundles.js';
import { storedVectors } from '../support/vectors.js';
import { entry, keyNumber } from './entries.js';

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
    offerInShort: toHex(encodeFrame({ kind: 'offer', batch: 2, ids: keys.map((key) => idOf(key).subarray(0, 5)) })),
    wantFirstThirdLater: toHex(
      encodeFrame({
        kind: 'want',
        batch: 1,
        bitmap: toBitmap([true, false, false]),
        later: toBitmap([false, false, true]),
      }),
    ),
    ranges: rangeVectors(ids),
  };
  expect(storedVectors('gossip', made)).toEqual(made);
  expect(checkProof(helloB, helloA, authA.signature, verify, channel)).toBe(nodeIdOf(a.publicKey));
  expect(toHex(sessionIds(helloB, helloA).shortId(keyNumber(1)))).toBe(made.shortIds[0]?.id);
});

/** Three bundles, two of them of one time, and frames that speak of them. */
function rangeVectors(ids: SessionIds) {
  const time = 850_000_000_000;
  const entries = [
    entry(1, { key: '11'.repeat(16) as BundleKey, createdAt: time }),
    entry(2, { key: '22'.repeat(16) as BundleKey, createdAt: time - 60_000 }),
    entry(3, { key: `${'22'.repeat(15)}33` as BundleKey, createdAt: time - 60_000 }),
  ];
  const timeline = new Timeline(entries);
  const place = (index: number) => ({ time: entries[index]?.createdAt ?? 0, key: entries[index]?.key ?? '' });
  const [first, second] = [boundBetween(place(0), place(1)), boundBetween(place(1), place(2))];
  const fingerprint = (from: TimeBound, to: TimeBound): number =>
    ids.fingerprint(difference(timeline.before(to), timeline.before(from)));
  const ranges = [
    { mode: 'fingerprint', to: first, wide: true, fingerprint: fingerprint(NEWEST, first) },
    { mode: 'fingerprint', to: second, wide: false, fingerprint: narrowed(fingerprint(first, second), false) },
    { mode: 'skip', to: OLDEST },
  ] as const;
  const listed = entries.slice(1).map(({ key }) => ids.listed(key));
  const lists = [
    { mode: 'skip', to: first },
    { mode: 'ids', to: OLDEST, ids: listed },
  ] as const;
  const of = BundleClass.Message;
  return {
    about:
      'Fingerprints of the first and of the second bundle, and a skip; a skip, and a list of the second and the third.',
    timeline: entries.map(({ key, createdAt }) => ({ key, createdAt })),
    bounds: [first, second],
    fingerprints: toHex(encodeFrame({ kind: 'ranges', answered: 2, ranges: { class: of, items: ranges } })),
    answeredOnly: toHex(encodeFrame({ kind: 'ranges', answered: 3 })),
    list: toHex(encodeFrame({ kind: 'list', batch: 7, class: of, items: lists })),
  };
}
