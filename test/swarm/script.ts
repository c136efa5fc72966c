/** Scripts for small meshes: who meets whom, who writes to whom, and what goes wrong, slot by slot. */
import fc from 'fast-check';

export interface Meeting {
  readonly a: number;
  readonly b: number;
  /** `flash`: gone before much can pass. `corrupt`: changes some of the bundles that cross it. */
  readonly kind: 'good' | 'flash' | 'corrupt';
  readonly flashMs: number;
}

export interface Letter {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** `crash`: the power fails, and comes back. `crash-on-ack`: just when somebody hears its first acknowledgement. `disk`: one commit is refused. */
export interface Fault {
  readonly node: number;
  readonly kind: 'crash' | 'crash-on-ack' | 'disk';
  readonly atMs: number;
}

export interface Slot {
  readonly meetings: readonly Meeting[];
  readonly letters: readonly Letter[];
  readonly faults: readonly Fault[];
}

export interface Script {
  readonly seed: number;
  /** One for each laptop: how wrong its clock is, in days. */
  readonly clocks: readonly { readonly errorDays: number; readonly known: boolean }[];
  readonly slots: readonly Slot[];
}

/** Long enough that everything a laptop does once a minute has been done. */
export const SLOT_MS = 70_000;
export const MEETING_MS = 20_000;

const node = fc.nat(7);

const meeting = fc.record({
  a: node,
  b: node,
  kind: fc.constantFrom('good' as const, 'good' as const, 'good' as const, 'flash' as const, 'corrupt' as const),
  flashMs: fc.integer({ min: 1, max: 80 }),
});

const slot: fc.Arbitrary<Slot> = fc.record({
  meetings: fc.array(meeting, { maxLength: 4 }),
  letters: fc.array(fc.record({ from: node, to: node, bytes: fc.constantFrom(1, 300, 20_000) }), { maxLength: 2 }),
  faults: fc.array(
    fc.record({
      node,
      kind: fc.constantFrom('crash' as const, 'crash-on-ack' as const, 'disk' as const),
      // Meetings begin after 100 ms, and most of what they bring comes to disk in the next tenth of a second.
      atMs: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 110, max: 170 }) }, fc.nat(2000)),
    }),
    { maxLength: 1 },
  ),
});

/** Numbers beyond the mesh wrap around, so that every script fits every size. */
export const anyScript: fc.Arbitrary<Script> = fc
  .record({
    seed: fc.nat(),
    clocks: fc.array(fc.record({ errorDays: fc.constantFrom(0, 0, -730, 730, 1 / 24), known: fc.boolean() }), {
      minLength: 3,
      maxLength: 8,
    }),
    slots: fc.array(slot, { minLength: 6, maxLength: 18 }),
  })
  .map(({ seed, clocks, slots }) => {
    const wrap = (index: number): number => index % clocks.length;
    return {
      seed,
      clocks,
      slots: slots.map(({ meetings, letters, faults }) => ({
        meetings: meetings.map((one) => ({ ...one, a: wrap(one.a), b: wrap(one.b) })).filter(({ a, b }) => a !== b),
        letters: letters.map((one) => ({ ...one, from: wrap(one.from), to: wrap(one.to) })),
        faults: faults.map((one) => ({ ...one, node: wrap(one.node) })),
      })),
    };
  });
