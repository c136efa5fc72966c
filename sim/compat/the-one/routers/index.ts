/** The routers by the names that settings give them. */
import { PowerOf } from '../java/power.js';
import type { Section, Settings } from '../settings/settings.js';
import type { Host } from '../world/host.js';
import type { World } from '../world/world.js';
import { DirectDeliveryRouter } from './direct-delivery.js';
import { EpidemicRouter } from './epidemic.js';
import { EpidemicOracleRouter } from './epidemic-oracle.js';
import { FirstContactRouter } from './first-contact.js';
import { MaxPropRouter } from './max-prop.js';
import { PassiveRouter } from './passive.js';
import { ProphetRouter } from './prophet.js';
import { ProphetV2Router } from './prophet-v2.js';
import type { QueueMode } from './queue-mode.js';
import type { Router, RouterOptions } from './router.js';
import { SprayAndWaitRouter } from './spray-and-wait.js';

export type MakeRouter = (host: Host, world: World) => Router;

type Recipe = (options: RouterOptions, settings: Settings) => MakeRouter;

const ROUTERS: Readonly<Record<string, Recipe>> = {
  DirectDeliveryRouter: (options) => (host, world) => new DirectDeliveryRouter(host, world, options),
  EpidemicOracleRouter: (options) => (host, world) => new EpidemicOracleRouter(host, world, options),
  EpidemicRouter: (options) => (host, world) => new EpidemicRouter(host, world, options),
  FirstContactRouter: (options) => (host, world) => new FirstContactRouter(host, world, options),
  PassiveRouter: (options) => (host, world) => new PassiveRouter(host, world, options),
  MaxPropRouter: (options, settings) => {
    const alpha = settings.section('MaxPropRouter').number('alpha', 1);
    return (host, world) => new MaxPropRouter(host, world, options, alpha);
  },
  ProphetRouter: (options, settings) => {
    const own = settings.section('ProphetRouter');
    const prophet = {
      secondsInTimeUnit: own.number('secondsInTimeUnit'),
      initial: own.number('P_init', 0.75),
      beta: own.number('beta', 0.25),
      factor: new PowerOf(own.number('gamma', 0.98)),
    };
    return (host, world) => new ProphetRouter(host, world, options, prophet);
  },
  ProphetV2Router: (options, settings) => {
    const own = settings.section('ProphetV2Router');
    const prophet = {
      secondsInTimeUnit: own.number('secondsInTimeUnit'),
      beta: own.number('beta', 0.9),
      factor: new PowerOf(own.number('gamma', 0.999885791)),
    };
    return (host, world) => new ProphetV2Router(host, world, options, prophet);
  },
  SprayAndWaitRouter: (options, settings) => {
    const own = settings.section('SprayAndWaitRouter');
    const spray = { copies: own.whole('nrofCopies'), binary: own.truth('binaryMode', false) };
    return (host, world) => new SprayAndWaitRouter(host, world, options, spray);
  },
};

const QUEUE_MODES: Readonly<Record<string, QueueMode>> = { FIFO: 'FIFO', RANDOM: 'RANDOM', '1': 'RANDOM', '2': 'FIFO' };

/** How a group's hosts make their routers; undefined, with a note in the settings, when that can't be. */
export function readRouter(group: Section, settings: Settings): MakeRouter | undefined {
  const name = group.text('router');
  const recipe = Object.hasOwn(ROUTERS, name) ? ROUTERS[name] : undefined;
  const queueName = group.text('sendQueue', 'RANDOM');
  const queueMode = QUEUE_MODES[queueName.toUpperCase()];
  if (queueMode === undefined) group.note('sendQueue', `${queueName} is no queue mode: there are FIFO and RANDOM`);
  const ttl = group.whole('msgTtl', -1);
  const options = {
    queueMode: queueMode ?? 'RANDOM',
    deleteDelivered: group.truth('deleteDelivered', false),
    ttlMinutes: ttl === -1 ? undefined : ttl,
  };
  if (recipe === undefined) {
    group.note('router', `${name} is not a router that we have: there are ${Object.keys(ROUTERS).join(', ')}`);
    return undefined;
  }
  return recipe(options, settings);
}
