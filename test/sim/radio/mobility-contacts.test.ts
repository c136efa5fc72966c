/** Contacts from motion: by hand where the numbers are easy, against plain stepping everywhere else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Leg, randomWaypoint } from '../../../sim/mobility/index.js';
import { contactOrder, mergeContacts, mobilityContacts } from '../../../sim/radio/index.js';
import { seededRandom } from '../../../src/base/index.js';

const leg = (fromMs: number, toMs: number, from: readonly [number, number], to: readonly [number, number]): Leg => ({
  fromMs,
  toMs,
  fromX: from[0],
  fromY: from[1],
  toX: to[0],
  toY: to[1],
});
const contactsOf = (paths: readonly (readonly Leg[])[], rangeM = 10, endMs = 100_000) =>
  mobilityContacts({
    widthM: 200,
    heightM: 200,
    endMs,
    legs: paths.map((path) => () => path),
    rangeM,
    radio: 0,
  });
const shown = (paths: readonly (readonly Leg[])[]) =>
  [...contactsOf(paths).events()].map(({ atMs, a, b, up }) => `${atMs} ${a}-${b} ${up ? 'up' : 'down'}`);

describe('two nodes', () => {
  it('meet where their distance is the range, and part there', () => {
    const stays = [leg(0, 100_000, [100, 50], [100, 50])];
    const passes = [leg(0, 100_000, [50, 50], [150, 50])];
    expect(shown([stays, passes])).toEqual(['40000 0-1 up', '60000 0-1 down']);
  });

  it('that begin in range are in contact from the beginning, to the end', () => {
    const stays = [leg(0, 100_000, [100, 50], [100, 50])];
    expect(shown([stays, stays])).toEqual(['0 0-1 up', '100000 0-1 down']);
  });

  it('stand where their path ended', () => {
    const stays = [leg(0, 100_000, [100, 50], [100, 50])];
    const comes = [leg(0, 1000, [50, 50], [95, 50])];
    expect(shown([stays, comes])).toEqual(['889 0-1 up', '100000 0-1 down']);
  });

  it('that turn before they would meet do not', () => {
    const stays = [leg(0, 100_000, [100, 50], [100, 50])];
    const turns = [leg(0, 10_000, [50, 50], [89, 50]), leg(10_000, 20_000, [89, 50], [50, 50])];
    expect(shown([stays, turns])).toEqual([]);
  });

  it('that touch the range without entering it do not meet', () => {
    const stays = [leg(0, 100_000, [100, 50], [100, 50])];
    const grazes = [leg(0, 100_000, [50, 60], [150, 60])];
    expect(shown([stays, grazes])).toEqual([]);
  });
});

interface World {
  readonly seed: number;
  readonly nodes: number;
  readonly rangeM: number;
}

const END_MS = 120_000;
const model = randomWaypoint({ speed: { min: 1, max: 15 }, pauseMs: { min: 0, max: 4000 } });

function pathsOf({ seed, nodes }: World): readonly (readonly Leg[])[] {
  return Array.from({ length: nodes }, (_, node) => [
    ...model.path({
      node,
      member: node,
      random: seededRandom(seed * 1000 + node),
      widthM: 200,
      heightM: 200,
      endMs: END_MS,
    }),
  ]);
}

function positionAt(path: readonly Leg[], atMs: number): readonly [number, number] {
  const on = path.find(({ toMs }) => atMs <= toMs) ?? path.at(-1);
  if (on === undefined) return [0, 0];
  const share = on.toMs === on.fromMs ? 1 : Math.min(1, (atMs - on.fromMs) / (on.toMs - on.fromMs));
  return [on.fromX + (on.toX - on.fromX) * share, on.fromY + (on.toY - on.fromY) * share];
}

describe('a world of wanderers', () => {
  const aWorld = fc.record({
    seed: fc.nat(1_000_000),
    nodes: fc.integer({ min: 2, max: 8 }),
    rangeM: fc.constantFrom(3, 20, 70),
  });

  it('is in contact whenever a look at the positions says so', () => {
    fc.assert(
      fc.property(aWorld, (world) => {
        const paths = pathsOf(world);
        const events = [...contactsOf(paths, world.rangeM, END_MS).events()];
        const inContact = new Set<string>();
        let next = 0;
        for (let atMs = 50; atMs < END_MS; atMs += 250) {
          for (let event = events[next]; event !== undefined && event.atMs <= atMs; event = events[++next]) {
            if (event.up) inContact.add(`${event.a}-${event.b}`);
            else inContact.delete(`${event.a}-${event.b}`);
          }
          for (let a = 0; a < paths.length; a++) {
            for (let b = a + 1; b < paths.length; b++) {
              const [xa, ya] = positionAt(paths[a] ?? [], atMs);
              const [xb, yb] = positionAt(paths[b] ?? [], atMs);
              const beyond = Math.hypot(xa - xb, ya - yb) - world.rangeM;
              // Times are whole ms; within 3 cm of the range, at 30 m/s, either answer is right.
              if (Math.abs(beyond) > 0.03) expect(inContact.has(`${a}-${b}`)).toBe(beyond < 0);
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('gives its events in order, each up followed by its down, the same each time', () => {
    fc.assert(
      fc.property(aWorld, (world) => {
        const source = contactsOf(pathsOf(world), world.rangeM, END_MS);
        const events = [...source.events()];
        expect([...source.events()]).toEqual(events);
        expect(events.toSorted(contactOrder)).toEqual(events);
        const open = new Map<string, number>();
        for (const { a, b, up, atMs } of events) {
          const since = open.get(`${a}-${b}`);
          expect(since === undefined).toBe(up);
          if (since === undefined) open.set(`${a}-${b}`, atMs);
          else {
            expect(atMs).toBeGreaterThan(since);
            open.delete(`${a}-${b}`);
          }
        }
        expect(open.size).toBe(0);
      }),
      { numRuns: 25 },
    );
  });
});

describe('several radios', () => {
  it('are one stream, in order', () => {
    const paths = pathsOf({ seed: 7, nodes: 8, rangeM: 20 });
    const near = contactsOf(paths, 20, END_MS);
    const far = contactsOf(paths, 60, END_MS);
    const both = [...mergeContacts([near, far]).events()];
    expect(both).toHaveLength([...near.events()].length + [...far.events()].length);
    expect(both.toSorted(contactOrder)).toEqual(both);
  });
});
