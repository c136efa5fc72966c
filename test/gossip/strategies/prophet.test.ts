import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../src/base/index.js';
import { encodeCbor } from '../../../src/cbor/index.js';
import { Prophet } from '../../../src/gossip/strategies/prophet.js';
import { at, messageTo, neighbourNamed, nodeNamed, SmallMesh } from './world.js';

/** Shares travel as 16-bit numbers. */
const ON_THE_WIRE = 4;

function node(name: string): Prophet {
  return new Prophet(new SmallMesh(name));
}

/** Both meet, and tell each other their tables. */
function meet(a: { name: string; node: Prophet }, b: { name: string; node: Prophet }, minutes: number): void {
  a.node.onMeet(neighbourNamed(b.name), at(minutes));
  b.node.onMeet(neighbourNamed(a.name), at(minutes));
  const [fromA, fromB] = [
    a.node.summary(neighbourNamed(b.name), at(minutes)),
    b.node.summary(neighbourNamed(a.name), at(minutes)),
  ];
  if (fromB !== undefined) a.node.onSummary(neighbourNamed(b.name), fromB, at(minutes));
  if (fromA !== undefined) b.node.onSummary(neighbourNamed(a.name), fromA, at(minutes));
}

function part(a: { name: string; node: Prophet }, b: { name: string; node: Prophet }): void {
  a.node.onPart(neighbourNamed(b.name));
  b.node.onPart(neighbourNamed(a.name));
}

describe('PRoPHET’s predictabilities', () => {
  it('start at P_encounter_first', () => {
    const ana = node('ana');
    ana.onMeet(neighbourNamed('ben'), at(0));
    expect(ana.predictability(nodeNamed('ben'), at(0))).toBe(0.5);
  });

  it('grow with each meeting, by how long ago the last one was (equation 1)', () => {
    const ana = node('ana');
    ana.onMeet(neighbourNamed('ben'), at(0));
    // 15 min later, half of I_typ = 30 min: P_encounter = 0.7 × 15/30 = 0.35.
    // Aged: 0.5 × 0.999^15 = 0.49255. Then 0.49255 + (1 − 0.01 − 0.49255) × 0.35 = 0.66666.
    ana.onMeet(neighbourNamed('ben'), at(15));
    expect(ana.predictability(nodeNamed('ben'), at(15))).toBeCloseTo(0.66666, 5);
    // An hour later P_encounter = 0.7. Aged: 0.66666 × 0.999^60 = 0.62782. Then + (0.99 − 0.62782) × 0.7 = 0.88134.
    ana.onMeet(neighbourNamed('ben'), at(75));
    expect(ana.predictability(nodeNamed('ben'), at(75))).toBeCloseTo(0.88134, 4);
  });

  it('do not grow by a link that drops and comes back at once', () => {
    const ana = node('ana');
    for (let n = 0; n < 10; n++) ana.onMeet(neighbourNamed('ben'), at(0));
    expect(ana.predictability(nodeNamed('ben'), at(0))).toBe(0.5);
  });

  it('age by gamma to the number of time units (equation 2)', () => {
    const ana = node('ana');
    ana.onMeet(neighbourNamed('ben'), at(0));
    // 0.5 × 0.999^100 = 0.5 × 0.90479 = 0.45240.
    expect(ana.predictability(nodeNamed('ben'), at(100))).toBeCloseTo(0.4524, 4);
  });

  it('reach through a neighbour, by beta (equation 3)', () => {
    const [ana, ben, eva] = ['ana', 'ben', 'eva'].map((name) => ({ name, node: node(name) })) as [
      { name: string; node: Prophet },
      { name: string; node: Prophet },
      { name: string; node: Prophet },
    ];
    meet(ben, eva, 0);
    part(ben, eva);
    meet(ana, ben, 0);
    // P(ana, ben) × P(ben, eva) × beta = 0.5 × 0.5 × 0.9 = 0.225.
    expect(ana.node.predictability(nodeNamed('eva'), at(0))).toBeCloseTo(0.225, ON_THE_WIRE);
    // The way round through herself is none.
    expect(ana.node.predictability(nodeNamed('ana'), at(0))).toBe(0);
    // Ben is likelier to meet Eva than Ana is, so he gets what is for her; and not the other way round.
    expect(ana.node.shouldOffer(messageTo('eva'), neighbourNamed('ben'), at(0))).toBe(true);
    expect(ben.node.shouldOffer(messageTo('eva'), neighbourNamed('ana'), at(0))).toBe(false);
    // Nobody has heard of Olaf.
    expect(ana.node.shouldOffer(messageTo('olaf'), neighbourNamed('ben'), at(0))).toBe(false);
  });

  it('outlive a restart', () => {
    const ana = node('ana');
    ana.onMeet(neighbourNamed('ben'), at(0));
    const saved = ana.save();
    expect(ana.save()).toBeUndefined();
    const again = node('ana');
    again.restore(saved ?? new Uint8Array());
    expect(again.predictability(nodeNamed('ben'), at(100))).toBeCloseTo(0.4524, ON_THE_WIRE);
    // And it is still the same meeting if the link comes back at once.
    again.onMeet(neighbourNamed('ben'), at(0));
    expect(again.predictability(nodeNamed('ben'), at(0))).toBeCloseTo(0.5, ON_THE_WIRE);
  });
});

describe('a summary from outside', () => {
  it.each([
    ['no list', encodeCbor(7)],
    ['a share above 1', encodeCbor([[new Uint8Array(16), 0x10000]])],
    ['a share below 0', encodeCbor([[new Uint8Array(16), -1]])],
    ['no node', encodeCbor([['somebody', 5]])],
    ['a row that is too long', encodeCbor([[new Uint8Array(16), 5, 5]])],
  ])('with %s is refused', (_, summary) => {
    const ana = node('ana');
    ana.onMeet(neighbourNamed('ben'), at(0));
    expect(() => ana.onSummary(neighbourNamed('ben'), summary, at(0))).toThrow(DecodeError);
  });

  it('of any bytes leads to nothing but a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          node('ana').onSummary(neighbourNamed('ben'), bytes, at(0));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
