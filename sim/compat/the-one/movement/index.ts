/** The movement models by the names that settings give them. */
import { JavaRandom } from '../java/random.js';
import { MapFiles } from '../map/map-files.js';
import type { Section, Settings } from '../settings/settings.js';
import { ExternalMovement, parseMovements, type Sample } from './external.js';
import {
  MapBasedMovement,
  MapRouteMovement,
  ROUTE_TYPES,
  ShortestPathMapBasedMovement,
  type Terrain,
} from './map-based.js';
import type { MovementModel, Place } from './model.js';
import { ClusterMovement, RandomWalk } from './random-walk.js';
import { type Pace, RandomWaypoint } from './random-waypoint.js';
import { StationaryMovement } from './stationary.js';

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
  readonly readFile: (path: string) => string;
}

export function movementContext(settings: Settings, readFile: (path: string) => string): MovementContext {
  const section = settings.section('MovementModel');
  const [x = 0, y = 0] = section.numbers('worldSize', 2);
  const maps = new MapFiles(settings, readFile);
  return { settings, random: new JavaRandom(section.whole('rngSeed', 0)), world: { x, y }, maps, readFile };
}

/** Undefined when something is missing, which the settings have been told. */
type Recipe = (group: Section, context: MovementContext) => MakeMovement | undefined;

const MODELS: Readonly<Record<string, Recipe>> = {
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
    const routes = maps.routes(group);
    const type = group.whole('routeType');
    if (type !== ROUTE_TYPES.circular && type !== ROUTE_TYPES.pingPong) {
      group.note('routeType', `${group.keyOf('routeType')} is 1 for a circle or 2 for there and back`);
    }
    const first = group.whole('routeFirstStop', undefined);
    let turn = 0;
    return () => {
      const stops = routes[turn++ % routes.length] ?? [];
      return new MapRouteMovement(pace, terrain, { stops, type }, first);
    };
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
};

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
