/** Every model's path is gapless, stays in the world, keeps to its speed, and does what its name says. */
import { describe, expect, it } from 'vitest';
import {
  cluster,
  type Leg,
  type MobilityModel,
  randomWalk,
  randomWaypoint,
  recordedPaths,
  route,
  shuttle,
  stationary,
  timetable,
} from '../../../sim/mobility/index.js';
import { seededRandom } from '../../../src/base/index.js';

const HOUR_MS = 3_600_000;
const END_MS = 48 * HOUR_MS;
const WORLD = { widthM: 1000, heightM: 600 };
const speed = { min: 0.8, max: 1.6 };
const pauseMs = { min: 0, max: 60_000 };
const HOME = { x: 100, y: 100, radiusM: 80 };
const SCHOOL = { x: 800, y: 500, radiusM: 30 };

const legsOf = (model: MobilityModel, member = 0, endMs = END_MS): readonly Leg[] => [
  ...model.path({ node: member, member, random: seededRandom(member + 1), endMs, ...WORLD }),
];

const MODELS: readonly MobilityModel[] = [
  randomWaypoint({ speed, pauseMs }),
  randomWalk({ speed, pauseMs, distanceM: { min: 10, max: 200 } }),
  stationary(),
  stationary({ at: { x: 5, y: 5 }, radiusM: 50 }),
  cluster({ centre: HOME, radiusM: 300, speed, pauseMs }),
  shuttle({ places: [HOME, SCHOOL], speed, stayMs: pauseMs }),
  route({ stops: [HOME, { x: 500, y: 300 }, SCHOOL], speed, stopMs: pauseMs }),
  timetable({
    home: HOME,
    day: [{ atMs: 8 * HOUR_MS, place: SCHOOL, jitterMs: 600_000 }],
    speed,
    pauseMs,
  }),
];

describe.each(MODELS.map((model) => [model.name, model] as const))('%s', (_, model) => {
  it('has no gaps, stays in the world, keeps its speed, and lasts to the end', () => {
    for (const member of [0, 1, 2]) {
      let before: Leg | undefined;
      for (const leg of legsOf(model, member)) {
        expect([leg.fromMs, leg.fromX, leg.fromY]).toEqual(
          before === undefined ? [0, leg.fromX, leg.fromY] : [before.toMs, before.toX, before.toY],
        );
        expect(leg.toMs).toBeGreaterThanOrEqual(leg.fromMs);
        for (const x of [leg.fromX, leg.toX]) expect(x >= 0 && x <= WORLD.widthM).toBe(true);
        for (const y of [leg.fromY, leg.toY]) expect(y >= 0 && y <= WORLD.heightM).toBe(true);
        const metres = Math.hypot(leg.toX - leg.fromX, leg.toY - leg.fromY);
        const seconds = (leg.toMs - leg.fromMs) / 1000;
        if (metres > 0) expect(metres / seconds).toBeGreaterThanOrEqual(speed.min - 1e-6);
        if (metres > 0) expect(metres / seconds).toBeLessThanOrEqual(speed.max + 1e-6);
        before = leg;
      }
      expect(before?.toMs).toBeGreaterThanOrEqual(END_MS);
    }
  });

  it('is the same for the same seed', () => {
    expect(legsOf(model, 1)).toEqual(legsOf(model, 1));
  });
});

function placeAt(legs: readonly Leg[], atMs: number): readonly [number, number] {
  const leg = legs.find(({ toMs }) => atMs < toMs);
  return [leg?.fromX ?? Number.NaN, leg?.fromY ?? Number.NaN];
}

describe('a timetable', () => {
  it('brings everybody to school in the morning and home at night', () => {
    const model = timetable({
      home: HOME,
      day: [
        { atMs: 8 * HOUR_MS, place: SCHOOL },
        { atMs: 13 * HOUR_MS, place: HOME },
      ],
      speed,
      pauseMs,
    });
    const legs = legsOf(model);
    const near = (place: typeof HOME, hour: number): boolean => {
      const [x, y] = placeAt(legs, hour * HOUR_MS);
      return Math.hypot(x - place.x, y - place.y) <= place.radiusM;
    };
    for (const day of [0, 24]) {
      expect([3, 10, 15, 23].map((hour) => near(SCHOOL, day + hour))).toEqual([false, true, false, false]);
      expect([3, 10, 15, 23].map((hour) => near(HOME, day + hour))).toEqual([true, false, true, true]);
    }
  });
});

describe('a route', () => {
  it('goes there and back, and round when it closes', () => {
    const [a, b, c] = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 100 },
    ];
    const visits = (stops: readonly (typeof a)[]): readonly string[] =>
      legsOf(route({ stops, speed, stopMs: { min: 1, max: 1 } }), 0, HOUR_MS)
        .filter(({ fromMs, toMs }) => toMs === fromMs + 1)
        .slice(0, 5)
        .map(({ fromX, fromY }) => `${fromX},${fromY}`);
    expect(visits([a, b, c])).toEqual(['0,0', '100,0', '100,100', '100,0', '0,0']);
    expect(visits([a, b, c, a])).toEqual(['0,0', '100,0', '100,100', '0,0', '100,0']);
  });
});

describe('recorded paths', () => {
  it('go in straight lines from sample to sample, measured from the corner', () => {
    const { model, nodes, widthM } = recordedPaths(
      '10 100 1000 2000 500 900\n10 0 1100 600\n20 0 1200 600\n15 1 1000 500\n',
    );
    expect([nodes, widthM]).toEqual([2, 1000]);
    expect(legsOf(model, 0, 60_000)).toEqual([
      { fromMs: 0, toMs: 10_000, fromX: 100, fromY: 100, toX: 200, toY: 100 },
      { fromMs: 10_000, toMs: 60_000, fromX: 200, fromY: 100, toX: 200, toY: 100 },
    ]);
    expect(legsOf(model, 1, 60_000)).toEqual([
      { fromMs: 0, toMs: 5000, fromX: 0, fromY: 0, toX: 0, toY: 0 },
      { fromMs: 5000, toMs: 60_000, fromX: 0, fromY: 0, toX: 0, toY: 0 },
    ]);
  });

  it('say which line is wrong', () => {
    expect(() => recordedPaths('0 10 0 10 0 10\n1 0 5 x\n')).toThrow('line 2');
  });
});
