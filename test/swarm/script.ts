/** Scripts for meshes: who meets whom, who writes to whom, and what goes wrong, slot by slot. */
import fc from 'fast-check';
import { strategyNames } from '../../src/gossip/index.js';
import { LIES, type Lie } from './liar.js';

/**
 * | kind | |
 * | --- | --- |
 * | good | nothing is wrong |
 * | twice | two sessions at once, one much slower: what was sent first comes last |
 * | repeats | transfers come twice |
 * | flash | gone before much can pass |
 * | narrow | a slow link, cut in the middle of things |
 * | spoilt | bundles change on their way |
 * | noisy | frames change too: one end takes the other for a liar, and leaves it alone for a while |
 */
export type MeetingKind = 'good' | 'twice' | 'repeats' | 'flash' | 'narrow' | 'spoilt' | 'noisy';

export interface Meeting {
  readonly a: number;
  readonly b: number;
  readonly kind: MeetingKind;
  readonly flashMs: number;
}

export interface Letter {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/**
 * `crash`: the power fails, and comes back. `countdown`: the same, between two actions, the first so many after the slot has
 * begun. `disk`: nothing can be written for a while.
 */
export interface Fault {
  readonly node: number;
  readonly kind: 'crash' | 'countdown' | 'disk';
  readonly atMs: number;
  readonly actions: number;
}

export interface Slot {
  readonly meetings: readonly Meeting[];
  readonly letters: readonly Letter[];
  readonly faults: readonly Fault[];
  /** Laptops that meet the foreign node. */
  readonly foreign: readonly { readonly node: number; readonly mail: number }[];
  /** Somebody pours so many bundles at the mesh. */
  readonly flood: number;
}

export interface Core {
  /** How wrong its clock is, in days, whether it knows that, and how fast it runs. */
  readonly errorDays: number;
  readonly known: boolean;
  readonly rate: number;
  readonly lie: Lie | undefined;
}

export interface Script {
  readonly seed: number;
  readonly strategy: string;
  readonly quotaKib: number;
  readonly realCrypto: boolean;
  readonly cores: readonly Core[];
  readonly slots: readonly Slot[];
}

export const ROOMY_KIB = 64 * 1024;

/** More than so many do not come together at the end. */
const MAX_REUNION = 12;

/** Long enough that everything a laptop does once a minute has been done, also by a slow clock. */
export const SLOT_MS = 80_000;
/** Longer than somebody else is waited for, who was asked first. */
export const MEETING_MS = 60_000;

const core: fc.Arbitrary<Core> = fc.record({
  errorDays: fc.constantFrom(0, 0, -730, 730, 1 / 24, -20_000),
  known: fc.boolean(),
  rate: fc.constantFrom(1, 1, 1, 0.8, 0.999, 1.05, 1.25),
  lie: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...LIES) }),
});

function slotOf(size: number, floods: boolean): fc.Arbitrary<Slot> {
  const node = fc.nat(size - 1);
  const meeting: fc.Arbitrary<Meeting> = fc.record({
    a: node,
    b: node,
    kind: fc.oneof(
      { weight: 5, arbitrary: fc.constant<MeetingKind>('good') },
      {
        weight: 4,
        arbitrary: fc.constantFrom<MeetingKind>('twice', 'repeats', 'flash', 'narrow', 'spoilt', 'noisy'),
      },
    ),
    flashMs: fc.integer({ min: 1, max: 120 }),
  });
  const fault: fc.Arbitrary<Fault> = fc.record({
    node,
    kind: fc.constantFrom('crash', 'countdown', 'countdown', 'disk'),
    // Meetings begin after 100 ms, and most of what they bring comes to disk in the next tenth of a second.
    atMs: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 110, max: 200 }) }, fc.nat(2000)),
    actions: fc.nat(80),
  });
  const letter = fc.record({ from: node, to: node, bytes: fc.constantFrom(1, 1, 300, 300, 20_000, 45_000) });
  return fc.record({
    meetings: fc.array(meeting, { maxLength: Math.max(4, Math.floor(size / 2)), size: 'max' }),
    letters: fc.array(letter, { maxLength: 2, size: 'max' }),
    faults: fc.array(fault, { maxLength: Math.max(1, Math.floor(size / 10)), size: 'max' }),
    foreign: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.array(fc.record({ node, mail: fc.nat(3) }), { maxLength: 2 }),
    ),
    flood: floods ? fc.constantFrom(0, 0, 30) : fc.constant(0),
  });
}

/** Everybody meets one of them: after two slots, everybody has what anybody had, unless that one is a liar. */
function reunionOf(size: number): fc.Arbitrary<Slot> {
  const calm = { letters: [], faults: [], foreign: [], flood: 0 };
  return fc.nat(size - 1).map((hub) => {
    const others = Array.from({ length: size }, (_, index) => index).filter((index) => index !== hub);
    return { ...calm, meetings: others.map((b) => ({ a: hub, b, kind: 'good', flashMs: 1 })) };
  });
}

const sizes = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 3, max: 8 }) },
  { weight: 3, arbitrary: fc.integer({ min: 9, max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 21, max: 50 }) },
);

export const anyScript: fc.Arbitrary<Script> = fc
  .record({ size: sizes, quotaKib: fc.constantFrom(ROOMY_KIB, ROOMY_KIB, ROOMY_KIB, 512, 128), floods: fc.boolean() })
  .chain(({ size, quotaKib, floods }) =>
    fc
      .record({
        seed: fc.nat(),
        strategy: fc.oneof({ weight: 1, arbitrary: fc.constant('epidemic') }, fc.constantFrom(...strategyNames)),
        quotaKib: fc.constant(quotaKib),
        realCrypto: fc.nat(11).map((drawn) => drawn === 11),
        cores: fc.array(core, { minLength: size, maxLength: size }),
        slots: fc.array(slotOf(size, floods && quotaKib < ROOMY_KIB), { minLength: 5, maxLength: 14, size: 'max' }),
        // After all that went wrong, what is left to be delivered is delivered.
        reunion: fc.oneof(
          fc.constant([]),
          fc.array(reunionOf(size), { minLength: size > MAX_REUNION ? 0 : 9, maxLength: size > MAX_REUNION ? 0 : 9 }),
        ),
      })
      .map(({ slots, reunion, ...script }) => ({ ...script, slots: [...slots, ...reunion] })),
  );
