import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JavaRandom } from '../../../sim/compat/the-one/java/random.js';
import { RoadMap } from '../../../sim/compat/the-one/map/road-map.js';
import { ShortestPaths } from '../../../sim/compat/the-one/map/shortest-paths.js';
import { parseWkt } from '../../../sim/compat/the-one/map/wkt.js';
import { BusMovement, BusSystem } from '../../../sim/compat/the-one/movement/buses.js';
import { EveningSystem } from '../../../sim/compat/the-one/movement/evenings.js';
import { ExternalMovement, parseMovements } from '../../../sim/compat/the-one/movement/external.js';
import type { MovementModel, Place } from '../../../sim/compat/the-one/movement/index.js';
import { MapRouteMovement, ROUTE_TYPES, type Terrain } from '../../../sim/compat/the-one/movement/map-based.js';
import { WorkingDayMovement } from '../../../sim/compat/the-one/movement/working-day.js';

/** Streets every 100 m, 1 km each way. */
function town(): Terrain {
  const steps = Array.from({ length: 11 }, (_, i) => i * 100);
  const lines = steps.flatMap((a) => [steps.map((b) => ({ x: a, y: b })), steps.map((b) => ({ x: b, y: a }))]);
  const map = new RoadMap([lines]);
  return { map, paths: new ShortestPaths(map, undefined), nodes: map.nodesIn(undefined), files: undefined };
}

/** Where a model's host was last standing at each of some times, by increasing time. */
function placesAt(model: MovementModel, times: readonly number[], others: readonly MovementModel[] = []): Place[] {
  const walkers = [...others, model].map((one) => ({
    one,
    here: one.initialPlace(),
    goal: one.initialPlace(),
    free: one.nextDeparture(0),
    arrival: 0,
  }));
  const found: Place[] = [];
  for (let now = 0; found.length < times.length; now += 1) {
    for (const walker of walkers) {
      if (now >= walker.arrival) walker.here = walker.goal;
      if (now < walker.free) continue;
      const path = walker.one.nextPath(walker.here, now);
      if (path === undefined || path.waypoints.length === 0) {
        walker.free = walker.one.nextDeparture(now);
        continue;
      }
      let seconds = 0;
      for (const [index, place] of path.waypoints.entries()) {
        const speed = typeof path.speed === 'number' ? path.speed : (path.speed[index] ?? 1);
        seconds += Math.hypot(place.x - walker.goal.x, place.y - walker.goal.y) / speed;
        walker.goal = place;
      }
      walker.arrival = now + seconds;
      walker.free = walker.one.nextDeparture(now + seconds);
    }
    if (now >= (times[found.length] ?? 0)) found.push(walkers.at(-1)?.here ?? { x: 0, y: 0 });
  }
  return found;
}

describe('well-known text', () => {
  it('has lines, lines of several parts, and points', () => {
    const text = 'LINESTRING (1 2, 3.5 -4)\n\nMULTILINESTRING ((0 0, 1 1),\n  (2 2, 3 3))\nPOINT (7 8)\n';
    expect(parseWkt(text, 'x.wkt')).toEqual([
      [
        { x: 1, y: 2 },
        { x: 3.5, y: -4 },
      ],
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      [
        { x: 2, y: 2 },
        { x: 3, y: 3 },
      ],
      [{ x: 7, y: 8 }],
    ]);
  });

  it.each([
    ['POLYGON ((0 0, 1 1))', 'POLYGON'],
    ['LINESTRING (0 zero)', '0 zero'],
    ['', 'nothing drawn'],
  ])('is refused with its file: %s', (text, why) => {
    expect(() => parseWkt(text, 'x.wkt')).toThrow(why);
  });
});

describe('shortest ways', () => {
  it('are as long as those of an exhaustive search, on any map', () => {
    const edge = fc.tuple(fc.nat(14), fc.nat(14));
    const place = fc.record({ x: fc.nat(50), y: fc.nat(50) });
    fc.assert(
      fc.property(
        fc.uniqueArray(place, { minLength: 15, maxLength: 15, selector: ({ x, y }) => `${x} ${y}` }),
        fc.array(edge, { maxLength: 30 }),
        (places, edges) => {
          const at = (index: number): Place => places[index] ?? { x: 0, y: 0 };
          const map = new RoadMap([[...places.map((one) => [one]), ...edges.map(([a, b]) => [at(a), at(b)])]]);
          const paths = new ShortestPaths(map, undefined);
          const shortest = everyDistance(map);
          for (let a = 0; a < 15; a++) {
            for (let b = 0; b < 15; b++) {
              const expected = shortest[a]?.[b] ?? Number.POSITIVE_INFINITY;
              expect(paths.lengthBetween(a, b)).toBeCloseTo(expected, 9);
              const nodes = paths.between(a, b);
              if (expected === Number.POSITIVE_INFINITY) expect(nodes).toEqual([]);
              else expect([nodes[0], nodes.at(-1)]).toEqual([a, b]);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Floyd and Warshall's algorithm. */
function everyDistance(map: RoadMap): number[][] {
  const count = map.nodes.length;
  const distance = Array.from({ length: count }, (_, a) =>
    Array.from({ length: count }, (_, b) => {
      if (a === b) return 0;
      const [from, to] = [map.place(a), map.place(b)];
      return map.neighbours[a]?.includes(b) ? Math.hypot(from.x - to.x, from.y - to.y) : Number.POSITIVE_INFINITY;
    }),
  );
  for (let via = 0; via < count; via++) {
    for (const row of distance) {
      for (let b = 0; b < count; b++) {
        row[b] = Math.min(row[b] ?? 0, (row[via] ?? 0) + (distance[via]?.[b] ?? 0));
      }
    }
  }
  return distance;
}

describe('a route', () => {
  it.each([
    ['there and back', ROUTE_TYPES.pingPong, [0, 5, 10, 5, 0, 5]],
    ['in a circle', ROUTE_TYPES.circular, [0, 5, 10, 0, 5, 10]],
  ])('is followed %s', (_, type, expected) => {
    const terrain = town();
    const pace = { random: new JavaRandom(1), speed: [1, 1], waitS: [0, 0] } as const;
    const stops = [0, 5, 10].map((step) => terrain.map.nearestTo({ x: step * 100, y: 0 }));
    const tram = new MapRouteMovement(pace, terrain, { stops, type }, 0);
    const seen = [tram.initialPlace().x / 100];
    for (let i = 0; i < 5; i++) seen.push((tram.nextPath().waypoints.at(-1)?.x ?? 0) / 100);
    expect(seen).toEqual(expected);
  });
});

describe('movement from a file', () => {
  const FILE = '10 40 100 200 50 90 0 0\n10 a 100 50\n10 7 200 90\n20 a 110 50\n40 a 110 70\n';

  it('counts times and places from their minima', () => {
    expect(parseMovements(FILE, 'm.txt')[0]).toEqual([
      { at: 0, x: 0, y: 0 },
      { at: 10, x: 10, y: 0 },
      { at: 30, x: 10, y: 20 },
    ]);
  });

  it('is on time again after it set out late', () => {
    const model = new ExternalMovement(parseMovements(FILE, 'm.txt')[0] ?? []);
    expect(model.initialPlace()).toMatchObject({ x: 0, y: 0 });
    expect(model.nextDeparture()).toBe(0);
    expect(model.nextPath({ x: 0, y: 0 }, 5)).toMatchObject({ speed: 2 });
    expect(model.nextDeparture()).toBe(10);
    expect(model.nextPath({ x: 10, y: 0 }, 10)).toMatchObject({ speed: 1, waypoints: [{ x: 10, y: 20 }] });
    expect(model.nextDeparture()).toBe(Number.POSITIVE_INFINITY);
  });

  it('names the line of what it can’t read', () => {
    expect(() => parseMovements('0 1 0 1 0 1\n0 a x 1\n', 'm.txt')).toThrow('m.txt:2');
  });
});

describe('a working day', () => {
  const options = {
    workDayS: 28_800,
    officeSizeM: 40,
    officeWaitCoefficient: 0.5,
    officeWaitS: [10, 10_000],
    differenceS: 0,
    eveningStopS: [600, 1200],
  } as const;
  const HOUR_S = 3600;

  function worker(terrain: Terrain, more: { car: number; evening: number }, buses?: BusSystem): WorkingDayMovement {
    const pace = { random: new JavaRandom(5), speed: [1, 1], waitS: [0, 0] } as const;
    const home = terrain.map.nearestTo({ x: 0, y: 0 });
    const office = terrain.map.nearestTo({ x: 1000, y: 1000 });
    const spot = terrain.map.nearestTo({ x: 0, y: 1000 });
    const evenings = new EveningSystem({ spots: [spot], groupSize: [1, 1] });
    const all = { ...options, homes: [home], offices: [office] };
    return new WorkingDayMovement(
      pace,
      terrain,
      { ...all, carProbability: more.car, eveningProbability: more.evening },
      buses,
      evenings,
    );
  }

  it('is spent at the office, and the night at home', () => {
    const person = worker(town(), { car: 0, evening: 0 });
    const [noon, night, nextNoon] = placesAt(person, [4 * HOUR_S, 16 * HOUR_S, 28 * HOUR_S]);
    for (const place of [noon, nextNoon]) {
      expect(Math.max(Math.abs((place?.x ?? 0) - 1000), Math.abs((place?.y ?? 0) - 1000))).toBeLessThanOrEqual(20);
    }
    expect(night).toEqual({ x: 0, y: 0 });
  });

  it('may end with an evening out', () => {
    const atHomeAfter = (evening: number): Place | undefined =>
      placesAt(worker(town(), { car: 1, evening }), [28_800 + 2000]).at(0);
    expect(atHomeAfter(0)).toEqual({ x: 0, y: 0 });
    expect(atHomeAfter(1)).not.toEqual({ x: 0, y: 0 });
  });

  it('begins earlier for those who can take a bus', () => {
    const terrain = town();
    const stops = [0, 1000].map((at) => terrain.map.nearestTo({ x: at, y: at }));
    const pace = { random: new JavaRandom(2), speed: [10, 10], waitS: [10, 30] } as const;
    const bus = new BusMovement(pace, terrain, { stops, type: ROUTE_TYPES.pingPong }, 0);
    const buses = new BusSystem();
    buses.add(bus);
    const onFoot = placesAt(worker(terrain, { car: 0, evening: 0 }), [600])[0];
    const byBus = placesAt(worker(terrain, { car: 0, evening: 0 }, buses), [600], [bus])[0];
    expect(onFoot).toEqual({ x: 0, y: 0 });
    expect(Math.abs((byBus?.x ?? 0) - 1000)).toBeLessThanOrEqual(20);
  });
});
