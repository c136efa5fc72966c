/** The strategies by name, with their parameters, as a config file and a scenario choose them (docs/protocol/routing.md). */
import { HearsayError, printable } from '../../base/index.js';
import { epidemic, type StrategyFactory } from '../strategy.js';
import { maxprop } from './maxprop.js';
import { prophet } from './prophet.js';
import { direct, firstContact } from './single-copy.js';
import { sprayAndWait } from './spray-and-wait.js';
import { utility } from './utility.js';

export type ParameterValue = number | string | boolean;

/** A strategy as it is written down: parameters by their names in kebab case. */
export interface StrategyChoice {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

type Parameter =
  | { readonly min: number; readonly max: number; readonly whole?: true }
  | { readonly oneOf: readonly string[] };

interface Known {
  readonly parameters: Readonly<Record<string, Parameter>>;
  make(options: Readonly<Record<string, ParameterValue>>): StrategyFactory;
}

const SHARE: Parameter = { min: 0, max: 1 };
const DAY_MIN = 1440;

const STRATEGIES: Readonly<Record<string, Known>> = {
  direct: { parameters: {}, make: () => direct },
  epidemic: { parameters: {}, make: () => epidemic },
  'first-contact': { parameters: {}, make: () => firstContact },
  'spray-and-wait': {
    parameters: {
      copies: { min: 1, max: 0xffff, whole: true },
      slack: { min: 1, max: 100 },
      most: { min: 1, max: 0xffff, whole: true },
    },
    make: sprayAndWait,
  },
  prophet: {
    parameters: {
      'encounter-max': SHARE,
      'encounter-first': SHARE,
      'first-threshold': SHARE,
      beta: SHARE,
      gamma: SHARE,
      delta: SHARE,
      'typical-interval-min': { min: 0.01, max: 30 * DAY_MIN },
      'time-unit-s': { min: 0.01, max: 86_400 },
    },
    make: prophet,
  },
  maxprop: { parameters: {}, make: () => maxprop },
  utility: {
    parameters: {
      metric: { oneOf: ['delivery', 'delay'] },
      least: SHARE,
    },
    make: utility,
  },
};

export const strategyNames: readonly string[] = Object.keys(STRATEGIES);

/** What runs where nothing is said; chosen by measurement (docs/protocol/routing.md). */
export const DEFAULT_STRATEGY: StrategyChoice = { name: 'utility', parameters: {} };

/** @throws HearsayError `ERR_STRATEGY` with a message that names what there is. */
export function strategyFor({ name, parameters }: StrategyChoice): StrategyFactory {
  const known = Object.hasOwn(STRATEGIES, name) ? STRATEGIES[name] : undefined;
  if (known === undefined)
    throw refuse(`there is no strategy "${printable(name)}"; there are ${strategyNames.join(', ')}`);
  const options: Record<string, ParameterValue> = {};
  for (const [key, value] of Object.entries(parameters)) {
    const parameter = Object.hasOwn(known.parameters, key) ? known.parameters[key] : undefined;
    if (parameter === undefined) throw refuse(unknownParameter(name, key, Object.keys(known.parameters)));
    options[camelCase(key)] = checked(key, parameter, value);
  }
  return known.make(options);
}

function checked(key: string, parameter: Parameter, value: ParameterValue): ParameterValue {
  if ('oneOf' in parameter) {
    if (parameter.oneOf.some((known) => known === value)) return value;
    throw refuse(`${key} is one of ${parameter.oneOf.join(', ')}, and not ${printable(String(value))}`);
  }
  const { min, max, whole } = parameter;
  if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw refuse(`${key} is a ${whole ? 'whole ' : ''}number from ${min} to ${max}, and not ${printable(String(value))}`);
}

function unknownParameter(name: string, key: string, known: readonly string[]): string {
  const there = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  return `the strategy ${name} has no parameter "${printable(key)}"; ${there}`;
}

function camelCase(key: string): string {
  return key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function refuse(message: string): HearsayError {
  return new HearsayError('ERR_STRATEGY', message);
}
