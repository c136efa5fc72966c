/** What is left of a bundle whose transfer was cut, at any byte. */
import { expect, it } from 'vitest';
import { seededRandom, steadyMs, toHex } from '../../src/base/index.js';
import {
  BundleFlag,
  CrcType,
  createBundle,
  decodeBundle,
  encodeBundle,
  fragmentBundle,
  fragmentFromCut,
  payloadOf,
  Reassembler,
} from '../../src/bundle/index.js';
import { chatSpec, signedChat } from '../support/bundles.js';

const PAYLOAD = seededRandom(5).bytes(600);
const NOW = steadyMs(1_000);
const LATER = steadyMs(9_000);

it('is a fragment from its first byte of payload on, whose other half makes the bundle whole again, to the byte', () => {
  const bundle = signedChat({ payload: PAYLOAD });
  const bytes = encodeBundle(bundle);
  const before = bytes.length - PAYLOAD.length - 1;
  for (let length = 0; length < bytes.length; length++) {
    const first = fragmentFromCut(bytes.subarray(0, length));
    if (length <= before) {
      expect(first, `${length} bytes`).toBeUndefined();
      continue;
    }
    if (first === undefined) throw new Error(`no fragment from ${length} bytes`);
    const got = payloadOf(first).length;
    expect(got).toBe(Math.min(length - before, PAYLOAD.length - 1));
    const rest = fragmentBundle(bundle, { cuts: [got] });
    if (!rest.ok || rest.fragments[1] === undefined) throw new Error('no rest');
    const reassembler = new Reassembler();
    reassembler.add(decodeBundle(encodeBundle(first)), NOW, LATER);
    const whole = reassembler.add(rest.fragments[1], NOW, LATER);
    expect(whole.kind === 'whole' && toHex(encodeBundle(whole.bundle))).toBe(toHex(bytes));
  }
});

it('of a fragment is a fragment of the same whole', () => {
  const pieces = fragmentBundle(createBundle(chatSpec({ payload: PAYLOAD })), { cuts: [100] });
  if (!pieces.ok || pieces.fragments[1] === undefined) throw new Error('not cut');
  const cut = fragmentFromCut(encodeBundle(pieces.fragments[1]).subarray(0, -50));
  expect(cut?.primary.fragment).toEqual({ offset: 100, totalLength: 600 });
});

it('is nothing where the bundle must not be cut, where nothing would protect the pieces, or where it is no bundle', () => {
  const whole = createBundle(chatSpec({ payload: PAYLOAD, flags: BundleFlag.MustNotFragment }));
  expect(fragmentFromCut(encodeBundle(whole).subarray(0, 400))).toBeUndefined();
  const { primary, blocks } = createBundle(chatSpec({ payload: PAYLOAD }));
  const bare = encodeBundle({ primary: { ...primary, crcType: CrcType.None }, blocks });
  expect(fragmentFromCut(bare.subarray(0, 400))).toBeUndefined();
  const random = seededRandom(6);
  for (let i = 0; i < 2_000; i++) expect(fragmentFromCut(random.bytes(40))).toBeUndefined();
});
