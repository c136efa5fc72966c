import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../src/base/index.js';
import { encodeCbor } from '../../../src/cbor/index.js';
import { MaxProp } from '../../../src/gossip/strategies/maxprop.js';
import { homeOf, messageTo, neighbourNamed, SmallMesh } from './world.js';

/** Shares travel as 16-bit numbers. */
const ON_THE_WIRE = 4;

describe('MaxProp’s cost', () => {
  it('is the sum of 1 − likelihood along the best path', () => {
    const ana = new MaxProp(new SmallMesh('ana'));
    const ben = new MaxProp(new SmallMesh('ben'));
    // Ben meets Eva, Eva again, then Ana. Incremental averaging: {eva: 1}, {eva: (1+1)/2 = 1}, {eva: 1/2, ana: 1/2}.
    for (const name of ['eva', 'eva', 'ana']) ben.onMeet(neighbourNamed(name));
    // Ana meets Ben, Olaf, Ben: {ben: 1}, {ben: 1/2, olaf: 1/2}, {ben: 3/4, olaf: 1/4}.
    for (const name of ['ben', 'olaf', 'ben']) ana.onMeet(neighbourNamed(name));
    expect(ana.costTo(homeOf('ben'))).toBeCloseTo(0.25, 10);
    expect(ana.costTo(homeOf('olaf'))).toBeCloseTo(0.75, 10);
    const unknown = ana.costTo(homeOf('eva'));
    ana.onSummary(neighbourNamed('ben'), ben.summary(neighbourNamed('ana')));
    // Over Ben: (1 − 3/4) + (1 − 1/2) = 0.75.
    expect(ana.costTo(homeOf('eva'))).toBeCloseTo(0.75, ON_THE_WIRE);
    expect(unknown).toBeGreaterThan(100);
  });

  it('is learnt at third hand, and only news is told again', () => {
    const [ana, ben, eva] = ['ana', 'ben', 'eva'].map((name) => new MaxProp(new SmallMesh(name))) as [
      MaxProp,
      MaxProp,
      MaxProp,
    ];
    eva.onMeet(neighbourNamed('olaf'));
    ben.onMeet(neighbourNamed('eva'));
    ben.onSummary(neighbourNamed('eva'), eva.summary(neighbourNamed('ben')));
    ana.onMeet(neighbourNamed('ben'));
    const first = ben.summary(neighbourNamed('ana'));
    const second = ben.summary(neighbourNamed('ana'));
    ana.onSummary(neighbourNamed('ben'), first);
    // Each has met one other only: three certain steps cost nothing.
    expect(ana.costTo(homeOf('olaf'))).toBeCloseTo(0, ON_THE_WIRE);
    expect(second.length).toBeLessThan(first.length);
  });

  it('outlives a restart', () => {
    const ana = new MaxProp(new SmallMesh('ana'));
    for (const name of ['ben', 'olaf', 'ben']) ana.onMeet(neighbourNamed(name));
    const again = new MaxProp(new SmallMesh('ana'));
    again.restore(ana.save() ?? new Uint8Array());
    expect(again.costTo(homeOf('ben'))).toBeCloseTo(0.25, ON_THE_WIRE);
  });
});

describe('MaxProp’s head start for bundles with few hops', () => {
  function holding(quotaBytes: number): { mesh: SmallMesh; ana: MaxProp } {
    const mesh = new SmallMesh('ana');
    mesh.quotaBytes = quotaBytes;
    // 300 bytes with one hop, 300 with two, 300 with three.
    mesh.entries = [1, 2, 3].flatMap((hops) => [1, 2, 3].map(() => messageTo('eva', { hops })));
    return { mesh, ana: new MaxProp(mesh) };
  }

  it('reaches as far as an average meeting carries', () => {
    const { ana } = holding(10_000);
    ana.onMeet(neighbourNamed('ben'));
    // Nothing was ever carried: p = 0, so the first hops (300 > 0) already pass it.
    expect(ana.hopThreshold).toBe(1);
    for (let n = 0; n < 8; n++) ana.onForwarded(messageTo('eva'));
    ana.onMeet(neighbourNamed('ben'));
    // 800 bytes in 2 meetings: p = 400 < b/2. One hop: 300; two hops: 600 > 400.
    expect(ana.hopThreshold).toBe(2);
    const [young, old] = [messageTo('ben', { hops: 1 }), messageTo('ben', { hops: 2 })];
    // However near Ben is, the younger one goes first; behind the threshold the nearer destination does.
    expect(ana.priority(young)).toBeGreaterThan(ana.priority(old));
    expect(ana.priority(old)).toBeGreaterThan(ana.priority(messageTo('nobody', { hops: 2 })));
    expect(ana.worth(messageTo('nobody', { hops: 2 }))).toBeLessThan(ana.worth(old));
  });

  it('shrinks when a meeting carries nearly all that the store holds', () => {
    const { ana } = holding(1_000);
    for (let n = 0; n < 9; n++) ana.onForwarded(messageTo('eva'));
    ana.onMeet(neighbourNamed('ben'));
    // x = 900, b = 1000: p = min(900, 1000 − 900) = 100 < 300.
    expect(ana.hopThreshold).toBe(1);
    for (let n = 0; n < 11; n++) ana.onForwarded(messageTo('eva'));
    ana.onMeet(neighbourNamed('ben'));
    // x = 2000/2 = 1000 ≥ b: p = 0.
    expect(ana.hopThreshold).toBe(1);
  });
});

describe('a summary from outside', () => {
  it('cannot make a node likelier to meet others than certain', () => {
    const ana = new MaxProp(new SmallMesh('ana'));
    ana.onMeet(neighbourNamed('ben'));
    const liar = [1, 2, 3, 4].map((n) => new Uint8Array(16).fill(n)).flatMap((name) => [name, 0xffff]);
    ana.onSummary(neighbourNamed('ben'), encodeCbor([[new Uint8Array(16).fill(9), 1, liar]]));
    expect(ana.costTo(homeOf('ben'))).toBe(0);
  });

  it('of any bytes leads to nothing but a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new MaxProp(new SmallMesh('ana')).onSummary(neighbourNamed('ben'), bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
