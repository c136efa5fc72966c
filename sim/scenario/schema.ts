/** The JSON Schema of scenario files, published as docs/schema/scenario.schema.json. */
import { strategyNames } from '../../src/gossip/index.js';
import { QUANTITY_PATTERN } from './quantity.js';

/** A description, and an example that an editor shows. */
const quantity = (description: string, ...examples: readonly string[]) => ({
  description,
  type: ['string', 'number'],
  pattern: QUANTITY_PATTERN,
  examples,
});

const point = {
  description: 'A place: x and y from the world’s corner.',
  type: 'array',
  items: quantity('A length.', '500 m'),
  minItems: 2,
  maxItems: 2,
};

const place = {
  type: 'object',
  properties: { at: point, radius: quantity('How far around it one may be.', '50 m') },
  required: ['at'],
  additionalProperties: false,
};

const speed = quantity('How fast, drawn anew for each walk.', '0.5..1.5 m/s', '30 km/h');
const pause = quantity('How long one stays at a spot.', '0..2 min');

function model(name: string, description: string, properties: object, required: readonly string[]): object {
  return {
    description,
    type: 'object',
    properties: { model: { const: name }, ...properties },
    required: ['model', ...required],
    additionalProperties: false,
  };
}

/** The mobility models by name. */
export const MOBILITY_SCHEMAS: Readonly<Record<string, object>> = {
  'random-waypoint': model('random-waypoint', 'To a point anywhere, a pause, and on.', { speed, pause }, ['speed']),
  'random-walk': model(
    'random-walk',
    'A straight walk in any direction, a pause, and on.',
    { speed, pause, distance: quantity('Of one walk.', '10..200 m') },
    ['speed', 'distance'],
  ),
  stationary: model('stationary', 'Stays where it is.', { at: point, radius: place.properties.radius }, []),
  cluster: model(
    'cluster',
    'Walks around within a disc: the people of one neighbourhood.',
    { centre: point, radius: quantity('Of the disc.', '200 m'), speed, pause },
    ['centre', 'radius', 'speed'],
  ),
  shuttle: model(
    'shuttle',
    'Walks from place to place.',
    {
      places: { type: 'array', items: place, minItems: 2 },
      speed,
      stay: quantity('How long it stays at a place.', '10..60 min'),
      order: {
        description: 'Whether the next place is drawn, or they are visited in turn.',
        enum: ['drawn', 'in-turn'],
      },
    },
    ['places', 'speed', 'stay'],
  ),
  route: model(
    'route',
    'A bus: from stop to stop along a line and back, or round when it ends where it began.',
    { stops: { type: 'array', items: point, minItems: 2 }, speed, stop: quantity('How long it stops.', '20..60 s') },
    ['stops', 'speed', 'stop'],
  ),
  timetable: model(
    'timetable',
    'Lives by the clock; the simulation begins at midnight.',
    {
      home: place,
      day: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            at: {
              description: 'The time of day.',
              type: 'string',
              pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
              examples: ['08:00'],
            },
            place,
            jitter: quantity('How much earlier or later one leaves.', '10 min'),
          },
          required: ['at', 'place'],
          additionalProperties: false,
        },
      },
      speed,
      pause,
    },
    ['home', 'day', 'speed'],
  ),
  recorded: model(
    'recorded',
    'Paths from a file of `time id x y` lines under a heading of bounds.',
    { file: { type: 'string', description: 'Beside the scenario file.' } },
    ['file'],
  ),
};

const strategy = {
  description: 'A routing strategy by its name, or with its parameters (docs/protocol/routing.md).',
  anyOf: [
    { enum: strategyNames },
    {
      type: 'object',
      properties: { name: { enum: strategyNames } },
      required: ['name'],
      additionalProperties: { type: ['number', 'string', 'boolean'] },
    },
  ],
};

const engine = {
  description: 'How every laptop is set up.',
  type: 'object',
  properties: {
    strategy,
    quota: quantity('How much a laptop carries.', '50 MB'),
    lifetime: quantity('How long a message is worth carrying.', '12 h'),
    presence: { description: 'Whether people’s beacons are sent.', type: 'boolean' },
    wire: {
      description:
        '`objects`: stand-ins of the same size for keys and seals; `real`: every bundle is signed and verified.',
      enum: ['objects', 'real'],
    },
    control: {
      description: 'Whether gossip’s own bytes take airtime; `free` compares with simulators that leave them out.',
      enum: ['counted', 'free'],
    },
  },
  additionalProperties: false,
};

const groupNames = {
  description: 'Groups by name; everybody when left out.',
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
};

export const SCENARIO_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A Hearsay scenario',
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    description: { type: 'string' },
    seed: { type: 'integer', minimum: 0, maximum: 0xffff_ffff },
    duration: quantity('How long the mesh is watched.', '24 h'),
    warmup: quantity('Messages written before this do not count.', '1 h'),
    world: {
      type: 'object',
      properties: { width: quantity('', '3 km'), height: quantity('', '2 km') },
      required: ['width', 'height'],
      additionalProperties: false,
    },
    radios: {
      description: 'Radios by name.',
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        type: 'object',
        properties: {
          range: quantity('Two are in reach at this distance or less.', '80 m'),
          bandwidth: quantity('Each way; of all together when the airtime is shared.', '1 MB/s'),
          latency: quantity('', '5 ms'),
          setup: quantity('From coming into reach to the first byte.', '2 s'),
          loss: quantity('What is lost on the air and sent again.', '2 %'),
          breaks: quantity('How often a link breaks in a contact and comes again.', '0.5/h'),
          shared: { description: 'One half-duplex channel for all who hear each other.', type: 'boolean' },
        },
        required: ['bandwidth'],
        additionalProperties: false,
      },
    },
    groups: {
      description: 'Groups of nodes by name.',
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        type: 'object',
        properties: {
          count: { type: 'integer', minimum: 1, maximum: 1_000_000 },
          mobility: {
            type: 'object',
            properties: { model: { enum: Object.keys(MOBILITY_SCHEMAS) } },
            required: ['model'],
          },
          radios: { description: 'Radios by name; all when left out.', type: 'array', items: { type: 'string' } },
          engine,
        },
        required: ['count'],
        additionalProperties: false,
      },
    },
    trace: {
      description: 'Contacts from a file, in place of mobility.',
      type: 'object',
      properties: {
        file: { type: 'string', description: 'Beside the scenario file; gzipped or not.' },
        format: { enum: ['the-one', 'intervals', 'sociopatterns', 'plain'] },
        start: quantity('Where on the trace’s clock the simulation begins.', '0 s'),
      },
      required: ['file'],
      additionalProperties: false,
    },
    traffic: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          from: groupNames,
          to: groupNames,
          every: quantity(
            'Between two messages: a range is uniform, one value a mean (exponential).',
            '25..35 s',
            '1 min',
          ),
          size: quantity('Of the text.', '200..2000 B'),
          start: quantity('The first one comes after this.', '0 s'),
          end: quantity('None comes after this.', '20 h'),
          lifetime: quantity('In place of the engine’s.', '2 h'),
        },
        required: ['every', 'size'],
        additionalProperties: false,
      },
    },
    engine,
    faults: {
      type: 'object',
      properties: {
        crashes: quantity('Per node.', '0.5/d'),
        down: quantity('How long a node is off after one.', '1..30 min'),
        'clock-error': quantity('The standard deviation.', '10 min'),
      },
      additionalProperties: false,
    },
    sweep: {
      description: 'For `hearsay sim sweep`: settings by their path, and the values that each takes.',
      type: 'object',
      additionalProperties: { type: 'array', minItems: 1 },
    },
  },
  required: ['name', 'duration', 'radios', 'traffic'],
  additionalProperties: false,
};
