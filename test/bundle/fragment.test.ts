/** Fragments: cut anywhere, put together in any order, and the bundle is back to the byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SteadyMs, seededRandom, steadyMs, toHex } from '../../src/base/index.js';
import {
  ageOf,
  BlockFlag,
  BlockType,
  type Bundle,
  BundleFlag,
  CrcType,
  createBundle,
  decodeBundle,
  encodeBundle,
  type FragmentPlan,
  fragmentBundle,
  hopCountOf,
  parseEid,
  payloadOf,
  Reassembler,
  topicOf,
  verifyBundle,
  withTransit,
} from '../../src/bundle/index.js';
import { ANA, anyBundle, chatSpec, signedChat } from '../support/bundles.js';

const NOW = steadyMs(1_000_000);
const LATER = steadyMs(9_000_000);

function cut(bundle: Bundle, plan: FragmentPlan): readonly Bundle[] {
  const result = fragmentBundle(bundle, plan);
  if (!result.ok) throw new Error(result.reason);
  // Over the wire, as others would get them.
  return result.fragments.map((fragment) => decodeBundle(encodeBundle(fragment)));
}

function long(payloadBytes: number, change: Parameters<typeof chatSpec>[0] = {}): Bundle {
  return signedChat({ payload: seededRandom(payloadBytes).bytes(payloadBytes), ...change });
}

function addAll(reassembler: Reassembler, fragments: readonly Bundle[], now: SteadyMs = NOW) {
  return fragments.map((fragment) => reassembler.add(fragment, now, LATER));
}

function refusal(bundle: Bundle, plan: FragmentPlan): string {
  const result = fragmentBundle(bundle, plan);
  return result.ok ? 'cut' : result.reason;
}

describe('cutting a bundle', () => {
  it('gives the first fragment all blocks, the others those that ask to be replicated (RFC 9171 §5.8)', () => {
    const fragments = cut(long(1_000), { maxPayloadBytes: 400 });
    expect(fragments.map(({ primary }) => primary.fragment)).toEqual([
      { offset: 0, totalLength: 1_000 },
      { offset: 400, totalLength: 1_000 },
      { offset: 800, totalLength: 1_000 },
    ]);
    expect(fragments.map(({ blocks }) => blocks.map(({ type }) => type))).toEqual([
      [6, 7, 10, 232, 233, 11, 1],
      [7, 10, 1],
      [7, 10, 1],
    ]);
    for (const { primary } of fragments) expect(primary.flags).toBe(BundleFlag.IsFragment);
  });

  it('keeps every fragment within a size in bytes', () => {
    const bundle = long(5_000);
    for (const maxBundleBytes of [500, 517, 1_000, 4_999]) {
      const sizes = cut(bundle, { maxBundleBytes }).map((fragment) => encodeBundle(fragment).length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBundleBytes);
      // All but the last are nearly full.
      expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(maxBundleBytes - 8);
    }
    expect(refusal(bundle, { maxBundleBytes: 100 })).toBe('no-room');
  });

  it('leaves alone what fits', () => {
    const bundle = long(300);
    expect(fragmentBundle(bundle, { maxPayloadBytes: 300 })).toEqual({ ok: true, fragments: [bundle] });
    expect(fragmentBundle(bundle, { maxBundleBytes: encodeBundle(bundle).length })).toMatchObject({ ok: true });
    expect(fragmentBundle(bundle, { cuts: [] })).toEqual({ ok: true, fragments: [bundle] });
    const empty = createBundle(chatSpec({ payload: new Uint8Array(0) }));
    expect(fragmentBundle(empty, { maxPayloadBytes: 1 })).toEqual({ ok: true, fragments: [empty] });
  });

  it('does not cut what must not be fragmented, unless it fits anyway', () => {
    const bundle = long(300, { flags: BundleFlag.MustNotFragment });
    expect(refusal(bundle, { maxPayloadBytes: 100 })).toBe('must-not-fragment');
    expect(refusal(bundle, { cuts: [1] })).toBe('must-not-fragment');
    expect(refusal(bundle, { maxPayloadBytes: 300 })).toBe('cut');
  });

  it('does not strip a primary block of the integrity block that protects it', () => {
    const { primary, blocks } = createBundle(chatSpec());
    // Targets [0]; what follows is not looked at here.
    const integrity = { type: 11, number: 20, crcType: CrcType.None, data: Uint8Array.of(0x81, 0), flags: 0 };
    const unprotected = { primary: { ...primary, crcType: CrcType.None }, blocks: [integrity, ...blocks] };
    expect(refusal(unprotected, { cuts: [3] })).toBe('unprotected');
    const replicated = { ...integrity, flags: BlockFlag.ReplicateInFragments };
    expect(cut({ ...unprotected, blocks: [replicated, ...blocks] }, { cuts: [3] }).length).toBe(2);
  });

  it('keeps reserved flags above 2^31', () => {
    const { primary, blocks } = createBundle(chatSpec());
    const flags = 2 ** 40 + 8;
    const [first] = cut({ primary: { ...primary, flags }, blocks }, { cuts: [3] });
    expect(first?.primary.flags).toBe(flags + BundleFlag.IsFragment);
  });

  it.each([[[0]], [[5, 5]], [[7, 3]], [[24]], [[1.5]]])('takes no cuts like %j', (cuts) => {
    expect(() => fragmentBundle(signedChat(), { cuts })).toThrow(/cuts rise/);
  });
});

describe('putting fragments together', () => {
  /** Any bundle with a payload, and ways to cut it, each piece perhaps cut again. */
  const scattered = fc
    .tuple(anyBundle, fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 4 }), fc.nat())
    .map(([bundle, plans, seed]) => {
      const { primary, blocks } = bundle;
      const whole: Bundle = {
        primary: { ...primary, flags: primary.flags - (primary.flags & BundleFlag.MustNotFragment) },
        blocks,
      };
      const fragments = plans.flatMap((offsets) => {
        const length = payloadOf(whole).length;
        const cuts = [...new Set(offsets.map((offset) => 1 + (offset % Math.max(1, length))))]
          .filter((offset) => offset < length)
          .sort((a, b) => a - b);
        return cut(whole, { cuts }).flatMap((piece, index) =>
          (seed >> index) % 2 === 0 ? [piece] : cut(piece, { maxPayloadBytes: 1 + (seed % 50) }),
        );
      });
      return { whole, fragments: fragments.filter((piece) => piece.primary.fragment !== undefined) };
    })
    .filter(({ fragments }) => fragments.length > 0)
    .chain(({ whole, fragments }) =>
      fc.record({
        whole: fc.constant(whole),
        fragments: fc.shuffledSubarray(fragments, { minLength: fragments.length }),
        again: fc.subarray(fragments),
      }),
    );

  it('gives the bundle back to the byte, whatever the cuts, the order, the overlaps and the duplicates', () => {
    fc.assert(
      fc.property(scattered, ({ whole, fragments, again }) => {
        const reassembler = new Reassembler();
        const found = addAll(reassembler, [...again, ...fragments]).flatMap((result) =>
          result.kind === 'whole' ? [result.bundle] : [],
        );
        expect(found.length).toBeGreaterThan(0);
        for (const bundle of found) expect(toHex(encodeBundle(bundle))).toBe(toHex(encodeBundle(whole)));
        if (reassembler.pending === 0) expect(reassembler.heldBytes).toBe(0);
      }),
    );
  });

  it('gives a signed bundle back whose signature verifies, while its fragments prove nothing', () => {
    const bundle = long(70_000);
    const fragments = cut(bundle, { maxPayloadBytes: 16_384 });
    for (const fragment of fragments) expect(verifyBundle(fragment, () => ANA.publicKey).ok).toBe(false);
    const results = addAll(new Reassembler(), fragments.toReversed());
    expect(results.map(({ kind }) => kind)).toEqual(['kept', 'kept', 'kept', 'kept', 'whole']);
    const last = results.at(-1);
    if (last?.kind !== 'whole') throw new Error('not whole');
    expect(verifyBundle(last.bundle, () => ANA.publicKey)).toMatchObject({ ok: true });
    expect(topicOf(last.bundle)).toEqual({ name: 'presence', version: 3 });
    expect(hopCountOf(last.bundle)).toEqual({ limit: 32, count: 0 });
  });

  it('keeps the form of every endpoint id, nobody included', () => {
    const bundle = createBundle(chatSpec({ reportTo: { scheme: 'ipn', kind: 'null', elements: 3, service: 9 } }));
    const [first, second] = cut(bundle, { cuts: [5] }) as [Bundle, Bundle];
    const result = addAll(new Reassembler(), [first, second])[1];
    expect(result?.kind === 'whole' && toHex(encodeBundle(result.bundle))).toBe(toHex(encodeBundle(bundle)));
    expect(parseEid('ipn:0.0').kind).toBe('null');
  });

  it('refuses a fragment that contradicts what is there, and finishes with the others', () => {
    const [first, second] = cut(long(100), { cuts: [60] }) as [Bundle, Bundle];
    const data = payloadOf(second).slice();
    data[3] = (data[3] as number) ^ 1;
    const forged = { ...second, blocks: second.blocks.map((b) => (b.type === BlockType.Payload ? { ...b, data } : b)) };
    const overlapping = cut(long(100), { cuts: [40] })[1] as Bundle;
    const reassembler = new Reassembler();
    expect(addAll(reassembler, [overlapping, forged, first]).map((result) => result.kind)).toEqual([
      'kept',
      'refused',
      'whole',
    ]);
    // Fields that differ make another bundle of it: nothing mixes, nothing is spoilt.
    const longer = { ...first, primary: { ...first.primary, lifetimeMs: 1 } };
    const otherTotal = { ...first, primary: { ...first.primary, fragment: { offset: 0, totalLength: 60 } } };
    expect(addAll(reassembler, [longer, second, otherTotal, first]).map((result) => result.kind)).toEqual([
      'kept',
      'kept',
      'whole',
      'whole',
    ]);
    expect(reassembler.pending).toBe(1);
  });

  it('adds up the age, the wait included, and takes the oldest', () => {
    const [first, second] = cut(long(100), { cuts: [60] }) as [Bundle, Bundle];
    const reassembler = new Reassembler();
    reassembler.add(withTransit(second, { ageMs: 70_000 }), NOW, LATER);
    const result = reassembler.add(first, steadyMs(NOW + 5_000), LATER);
    expect(result).toMatchObject({ kind: 'whole', ageMs: 75_000 });
    expect(result.kind === 'whole' && ageOf(result.bundle)).toBe(1_500);
  });

  it('expires with the bundle, or when it has waited too long', () => {
    const [first, second] = cut(long(100), { cuts: [60] }) as [Bundle, Bundle];
    const reassembler = new Reassembler({ maxWaitMs: 1_000 });
    expect(reassembler.add(first, NOW, NOW)).toEqual({ kind: 'refused', reason: 'expired' });
    reassembler.add(first, NOW, steadyMs(NOW + 10));
    expect(reassembler.expire(steadyMs(NOW + 9))).toBe(0);
    expect(reassembler.expire(steadyMs(NOW + 10))).toBe(1);
    reassembler.add(first, NOW, LATER);
    expect(reassembler.add(second, steadyMs(NOW + 1_000), LATER).kind).toBe('kept');
    expect({ pending: reassembler.pending, held: reassembler.expire(LATER) }).toEqual({ pending: 1, held: 1 });
    expect(reassembler.heldBytes).toBe(0);
  });

  it('holds no more than it may', () => {
    const fragments = cut(long(1_000), { maxPayloadBytes: 1 });
    const reasons = (results: ReturnType<typeof addAll>) =>
      new Set(results.flatMap((result) => (result.kind === 'refused' ? [result.reason] : [])));
    expect(reasons(addAll(new Reassembler({ maxWholeBytes: 999 }), fragments))).toEqual(new Set(['too-large']));
    const few = new Reassembler({ maxPieces: 10 });
    expect(reasons(addAll(few, fragments))).toEqual(new Set(['too-many-pieces']));
    const small = new Reassembler({ maxHeldBytes: 4_000 });
    expect(reasons(addAll(small, fragments))).toEqual(new Set(['no-room']));
    expect(small.heldBytes).toBeLessThanOrEqual(4_000);
    const one = new Reassembler({ maxBundles: 1 });
    const others = cut(long(1_000, { creation: { time: 1, sequence: 1 } }), { cuts: [5] });
    expect(addAll(one, [...fragments.slice(0, 1), ...others]).map(({ kind }) => kind)).toEqual([
      'kept',
      'refused',
      'refused',
    ]);
  });

  it('refuses what is no fragment, and what must not be one', () => {
    const reassembler = new Reassembler();
    expect(reassembler.add(signedChat(), NOW, LATER)).toEqual({ kind: 'refused', reason: 'not-a-fragment' });
    const [first] = cut(long(100), { cuts: [60] }) as [Bundle];
    const stubborn = { ...first, primary: { ...first.primary, flags: 5 } };
    expect(reassembler.add(stubborn, NOW, LATER)).toEqual({ kind: 'refused', reason: 'contradiction' });
    const hollow = {
      ...first,
      primary: { ...first.primary, fragment: { offset: 2n ** 63n, totalLength: 2n ** 64n - 1n } },
    };
    expect(reassembler.add(hollow, NOW, LATER)).toEqual({ kind: 'refused', reason: 'too-large' });
  });
});
