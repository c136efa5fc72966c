/** The movement models by the names that settings give them. */
import { JavaRandom } from '../java/random.js';
import { MapFiles } from '../map/map-files.js';
import type { Section, Settings } from '../settings/settings.js';
import { BusMovement, BusSystem } from './buses.js';
import { EveningSystem } from './evenings.js';
import { ExternalMovement, parseMovements, type Sample } from './external.js';
import {
  MapBasedMovement,
  MapRouteMovement,
  pick,
  ROUTE_TYPES,
  type Route,
  ShortestPathMapBasedMovement,
  type Terrain,
} from './map-based.js';
import type { MovementModel, Place } from './model.js';
import { ClusterMovement, RandomWalk } from './random-walk.js';
import { type Pace, RandomWaypoint } from './random-waypoint.js';
import { StationaryMovement } from './stationary.js';
import { WorkingDayMovement, type WorkingDayOptions } from './working-day.js';

export type { MovementModel, Path, Place } from './model.js';

/** Makes the movement of a group's next host. */
export type MakeMovement = () => MovementModel;

/** What the movements of a scenario share. */
export interface MovementContext {
  readonly settings: Settings;
  readonly random: JavaRandom;
  /** The far corner of the world, in metres. */
  readonly world: Place;
  readonly maps: MapFiles;
  /** By their numbers in the settings. */
  readonly buses: Map<number, BusSystem>;
  readonly evenings: Map<number, EveningSystem>;
  readonly readFile: (path: string) => string;
}

export function movementContext(settings: Settings, readFile: (path: string) => string): MovementContext {
  const section = settings.section('MovementModel');
  const [x = 0, y = 0] = section.numbers('worldSize', 2);
  const maps = new MapFiles(settings, readFile);
  const random = new JavaRandom(section.whole('rngSeed', 0));
  return { settings, random, world: { x, y }, maps, buses: new Map(), evenings: new Map(), readFile };
}

/** Undefined when something is missing, which the settings have been told. */
type Recipe = (group: Section, context: MovementContext) => MakeMovement | undefined;

const MODELS: Readonly<Record<string, Recipe>> = {
  BusMovement: onMap((pace, terrain, group, { maps, buses }) => {
    const { nextRoute, firstStop } = readRoutes(group, maps);
    const number = group.whole('busControlSystemNr');
    const system = buses.get(number) ?? new BusSystem();
    buses.set(number, system);
    return () => {
      const bus = new BusMovement(pace, terrain, nextRoute(), firstStop);
      system.add(bus);
      return bus;
    };
  }),
  ClusterMovement: (group, context) => {
    const pace = readPace(group, context);
    const [x = 0, y = 0] = group.numbers('clusterCenter', 2);
    const radiusM = group.number('clusterRange');
    return () => new ClusterMovement(pace, { x, y }, radiusM);
  },
  ExternalMovement: (group, context) => {
    const file = context.settings.section('ExternalMovement').text('file');
    const hosts = readExternal(group, context, file);
    return hosts === undefined ? undefined : () => new ExternalMovement(hosts.shift() ?? []);
  },
  MapBasedMovement: onMap((pace, terrain) => () => new MapBasedMovement(pace, terrain)),
  MapRouteMovement: onMap((pace, terrain, group, { maps }) => {
    const { nextRoute, firstStop } = readRoutes(group, maps);
    return () => new MapRouteMovement(pace, terrain, nextRoute(), firstStop);
  }),
  RandomWalk: (group, context) => {
    const pace = readPace(group, context);
    return () => new RandomWalk(pace, context.world);
  },
  RandomWaypoint: (group, context) => {
    const pace = readPace(group, context);
    return () => new RandomWaypoint(pace, context.world);
  },
  ShortestPathMapBasedMovement: onMap((pace, terrain, group, { maps }) => {
    const choose = maps.destinations(group, terrain.nodes);
    return () => new ShortestPathMapBasedMovement(pace, terrain, choose);
  }),
  StationaryMovement: (group) => {
    const [x = 0, y = 0] = group.numbers('nodeLocation', 2);
    return () => new StationaryMovement({ x, y });
  },
  WorkingDayMovement: onMap((pace, terrain, group, context) => {
    const options = readWorkingDay(group, context, terrain);
    const evenings = eveningsOf(group, context, terrain);
    const number = group.whole('busControlSystemNr', undefined);
    return () => {
      const buses = number === undefined ? undefined : context.buses.get(number);
      return new WorkingDayMovement(pace, terrain, options, buses, evenings);
    };
  }),
};

function readRoutes(
  group: Section,
  maps: MapFiles,
): { readonly nextRoute: () => Route; readonly firstStop: number | undefined } {
  const routes = maps.routes(group);
  const type = group.whole('routeType');
  if (type !== ROUTE_TYPES.circular && type !== ROUTE_TYPES.pingPong) {
    group.note('routeType', `${group.keyOf('routeType')} is 1 for a circle or 2 for there and back`);
  }
  let turn = 0;
  const nextRoute = (): Route => ({ stops: routes[turn++ % routes.length] ?? [], type });
  return { nextRoute, firstStop: group.whole('routeFirstStop', undefined) };
}

function readWorkingDay(group: Section, { maps, random }: MovementContext, terrain: Terrain): WorkingDayOptions {
  const offices =
    maps.placesOf(group, 'officeLocationsFile') ??
    Array.from({ length: Math.max(1, group.whole('nrOfOffices')) }, () => pick(terrain.nodes, random));
  return {
    homes: maps.placesOf(group, 'homeLocationsFile') ?? terrain.nodes,
    offices,
    workDayS: group.number('workDayLength'),
    officeSizeM: group.number('officeSize'),
    officeWaitCoefficient: group.number('officeWaitTimeParetoCoeff'),
    officeWaitS: [group.number('officeMinWaitTime'), group.number('officeMaxWaitTime')],
    differenceS: group.number('timeDiffSTD'),
    eveningProbability: group.number('probGoShoppingAfterWork'),
    eveningStopS: [group.number('minAfterShoppingStopTime'), group.number('maxAfterShoppingStopTime')],
    carProbability: group.number('ownCarProb'),
  };
}

/** Groups with the same `shoppingControlSystemNr` meet each other. */
function eveningsOf(group: Section, { maps, random, evenings }: MovementContext, terrain: Terrain): EveningSystem {
  const number = group.whole('shoppingControlSystemNr');
  const known = evenings.get(number);
  if (known !== undefined) return known;
  const spots =
    maps.placesOf(group, 'meetingSpotsFile') ??
    Array.from({ length: Math.max(1, group.whole('nrOfMeetingSpots')) }, () => pick(terrain.nodes, random));
  const system = new EveningSystem({ spots, groupSize: [group.whole('minGroupSize'), group.whole('maxGroupSize')] });
  evenings.set(number, system);
  return system;
}

function readPace(group: Section, { random }: MovementContext): Pace {
  return { random, speed: group.range('speed', [1, 1]), waitS: group.range('waitTime', [0, 0]) };
}

function onMap(make: (pace: Pace, terrain: Terrain, group: Section, context: MovementContext) => MakeMovement): Recipe {
  return (group, context) => {
    const terrain = context.maps.terrain(group, context.world);
    return terrain === undefined ? undefined : make(readPace(group, context), terrain, group, context);
  };
}

const external = new WeakMap<MovementContext, (readonly Sample[])[]>();

/** The file's hosts are handed out to the scenario's in their order, whatever group those are in. */
function readExternal(group: Section, context: MovementContext, file: string): (readonly Sample[])[] | undefined {
  const known = external.get(context);
  if (known !== undefined) return known;
  try {
    const hosts = [...parseMovements(context.readFile(file), file)];
    external.set(context, hosts);
    return hosts;
  } catch (error) {
    group.note('movementModel', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** Undefined, with a note in the settings, when the group's model is not one that we have. */
export function readMovement(group: Section, context: MovementContext): MakeMovement | undefined {
  const name = group.text('movementModel');
  const recipe = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (recipe !== undefined) return recipe(group, context);
  const known = Object.keys(MODELS).join(', ');
  group.note('movementModel', `${name} is not a movement model that we have: there are ${known}`);
  return undefined;
}
