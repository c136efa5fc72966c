/** The movement models by the names that settings give them. */
import { JavaRandom } from '../java/random.js';
import type { Section, Settings } from '../settings/settings.js';
import type { MovementModel, Place } from './model.js';
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
  readonly readFile: (path: string) => string;
}

export function movementContext(settings: Settings, readFile: (path: string) => string): MovementContext {
  const section = settings.section('MovementModel');
  const [x = 0, y = 0] = section.numbers('worldSize', 2);
  return { settings, random: new JavaRandom(section.whole('rngSeed', 0)), world: { x, y }, readFile };
}

type Recipe = (group: Section, context: MovementContext) => MakeMovement;

const MODELS: Readonly<Record<string, Recipe>> = {
  RandomWaypoint: (group, context) => {
    const pace = readPace(group, context);
    return () => new RandomWaypoint(pace, context.world);
  },
  StationaryMovement: (group) => {
    const [x = 0, y = 0] = group.numbers('nodeLocation', 2);
    return () => new StationaryMovement({ x, y });
  },
};

function readPace(group: Section, { random }: MovementContext): Pace {
  return { random, speed: group.range('speed', [1, 1]), waitS: group.range('waitTime', [0, 0]) };
}

/** Undefined, with a note in the settings, when the group's model is not one that we have. */
export function readMovement(group: Section, context: MovementContext): MakeMovement | undefined {
  const name = group.text('movementModel');
  const recipe = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (recipe !== undefined) return recipe(group, context);
  group.note(
    'movementModel',
    `${name} is not a movement model that we have: there are ${Object.keys(MODELS).join(', ')}`,
  );
  return undefined;
}
