/** Beacons, evidence, and the formula, whose figures are those of docs/protocol/presence.md. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, HOUR_MS, MINUTE_MS, steadyMs, toHex } from '../../src/base/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import {
  AGEING,
  ageingModel,
  type Beacon,
  decodeBeacon,
  decodePresenceRecord,
  type Evidence,
  type EvidenceKind,
  encodeBeacon,
  encodePresenceRecord,
  newerEvidence,
  PRIOR,
  SIGN_OFF_GRACE_MS,
} from '../../src/presence/index.js';
import { storedVectors } from '../support/vectors.js';

const SHOWS = ['offline', 'available', 'chat', 'away', 'xa', 'dnd'] as const;
const KINDS = ['beacon', 'activity', 'sign-off'] as const;
const model = ageingModel();
const seen = (kind: EvidenceKind, at: number): Evidence => ({ kind, at: steadyMs(at), hops: 1 });
const confidenceOf = (kind: EvidenceKind, ageMs: number): number =>
  model.confidence(seen(kind, 0), false, steadyMs(ageMs));

const evidence: fc.Arbitrary<Evidence> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: fc.integer({ min: -1e6, max: 1e6 }).map(steadyMs),
  hops: fc.nat(255),
});
const beacon: fc.Arbitrary<Beacon> = fc.record({
  show: fc.constantFrom(...SHOWS),
  status: fc.string({ unit: 'grapheme', maxLength: 20 }),
});

describe('confidence', () => {
  it.each([
    ['beacon', 0, 0.95],
    ['beacon', 30 * MINUTE_MS, 0.525],
    ['beacon', HOUR_MS, 0.3125],
    ['activity', 0, 0.9],
    ['activity', 30 * MINUTE_MS, 0.5],
    ['activity', 90 * MINUTE_MS, 0.2],
    ['sign-off', 0, 0.02],
    ['sign-off', 4 * HOUR_MS, 0.06],
    ['sign-off', 12 * HOUR_MS, 0.09],
  ] as const)('after a %s %d ms ago is %d', (kind, ageMs, expected) => {
    expect(confidenceOf(kind, ageMs)).toBeCloseTo(expected, 12);
  });

  it('is the prior without evidence, and certain only over a live link', () => {
    expect(model.confidence(undefined, false, steadyMs(0))).toBe(PRIOR);
    expect(model.confidence(seen('sign-off', 0), true, steadyMs(0))).toBe(1);
  });

  it('ages towards the prior without ever turning, within (0, 1), and never passes a certainty', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.nat(1e10), fc.nat(1e10), (kind, a, b) => {
        const [younger, older] = [confidenceOf(kind, Math.min(a, b)), confidenceOf(kind, Math.max(a, b))];
        expect(Math.abs(older - PRIOR)).toBeLessThanOrEqual(Math.abs(younger - PRIOR));
        for (const p of [younger, older]) expect(p > 0 && p < 1).toBe(true);
      }),
    );
  });

  it('does not trust evidence from the future beyond its start', () => {
    expect(confidenceOf('beacon', -HOUR_MS)).toBe(AGEING.beacon.start);
  });

  it('ages as slowly as the scale says', () => {
    const squeezed = ageingModel(1 / 1800);
    expect(squeezed.confidence(seen('beacon', 0), false, steadyMs(1000))).toBeCloseTo(0.525, 12);
  });

  it('has in its page the figures that it has here', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/protocol/presence.md'), 'utf8');
    for (const kind of KINDS) {
      const { start, halfLifeMs } = AGEING[kind];
      expect(page).toContain(`| ${kind} | ${start} | ${halfLifeMs / MINUTE_MS} min |`);
    }
    expect(page).toContain(`The prior is ${PRIOR}.`);
    expect(page).toContain(`${SIGN_OFF_GRACE_MS / 1000} seconds`);
  });
});

describe('of two pieces of evidence', () => {
  it('the same is believed, whichever came first', () => {
    fc.assert(
      fc.property(evidence, evidence, (a, b) => {
        fc.pre(a.at !== b.at);
        expect(newerEvidence(a, b)).toBe(newerEvidence(b, a));
      }),
    );
  });

  it('the later is believed, save activity within a minute of a sign-off', () => {
    const [off, soon, later] = [seen('sign-off', 0), seen('activity', 59_999), seen('activity', 60_000)];
    expect(newerEvidence(off, soon)).toBe(off);
    expect(newerEvidence(soon, off)).toBe(off);
    expect(newerEvidence(off, later)).toBe(later);
    expect(newerEvidence(off, seen('beacon', 1)).kind).toBe('beacon');
    expect(newerEvidence(undefined, soon)).toBe(soon);
  });
});

describe('beacons and records', () => {
  it('come out as they went in', () => {
    const record = fc.record({
      evidence: fc.option(evidence, { nil: undefined }),
      beacon: fc.option(beacon, { nil: undefined }),
      beaconDevice: fc.string({ unit: 'grapheme', maxLength: 8 }),
      beaconVersion: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(beacon, record, (said, kept) => {
        expect(decodeBeacon(encodeBeacon(said))).toEqual(said);
        expect(decodePresenceRecord(encodePresenceRecord(kept))).toEqual(kept);
      }),
    );
  });

  it.each([
    ['an unknown show', encodeCbor([1, 6, ''])],
    ['a negative show', encodeCbor([1, -1, ''])],
    ['another version', encodeCbor([2, 1, ''])],
    ['a status too long', encodeCbor([1, 1, 'x'.repeat(513)])],
    ['no status', encodeCbor([1, 1])],
  ])('are refused with %s', (_, bytes) => {
    expect(() => decodeBeacon(bytes)).toThrow(DecodeError);
  });

  it('of random bytes are refused with a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const decode of [decodeBeacon, decodePresenceRecord]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        }
      }),
    );
  });
});

it('the vectors of presence hold', () => {
  const ages = [0, MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS];
  const made = {
    about: 'Payloads in hex; confidences rounded to nine places.',
    beacons: SHOWS.map((show) => ({
      show,
      status: 'at home',
      payload: toHex(encodeBeacon({ show, status: 'at home' })),
    })),
    confidence: KINDS.flatMap((kind) =>
      ages.map((ageMs) => ({ kind, ageMs, confidence: Number(confidenceOf(kind, ageMs).toFixed(9)) })),
    ),
  };
  expect(storedVectors('presence', made)).toEqual(made);
});
