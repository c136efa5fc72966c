import { expect, it } from 'vitest';
import { DEFAULT_STRATEGY, strategyFor, strategyNames } from '../../../src/gossip/index.js';
import { SmallMesh } from './world.js';

it('there are seven strategies, and each answers to its name', () => {
  expect(strategyNames).toHaveLength(7);
  expect(strategyNames).toContain(DEFAULT_STRATEGY.name);
  for (const name of strategyNames) {
    expect(strategyFor({ name, parameters: {} })(new SmallMesh('ana')).name).toBe(name);
  }
});

it('takes parameters by their written names', () => {
  const spray = strategyFor({ name: 'spray-and-wait', parameters: { copies: 7 } })(new SmallMesh('ana'));
  expect(spray.budget?.()).toBe(7);
});

it.each([
  ['flood', {}, /direct, epidemic/],
  ['constructor', {}, /there is no strategy/],
  ['direct', { copies: 3 }, /it has none/],
  ['spray-and-wait', { copies: 0 }, /a whole number from 1/],
  ['spray-and-wait', { copies: 1.5 }, /a whole number/],
  ['spray-and-wait', { toString: 1 }, /copies, slack, most/],
  ['prophet', { beta: 1.01 }, /from 0 to 1/],
  ['prophet', { beta: Number.NaN }, /from 0 to 1/],
  ['prophet', { beta: '0.5' }, /from 0 to 1/],
  ['utility', { metric: 'beauty' }, /delivery, delay/],
])('refuses %s with %j', (name, parameters, message) => {
  expect(() => strategyFor({ name, parameters })).toThrow(message);
  expect(() => strategyFor({ name, parameters })).toThrow(expect.objectContaining({ code: 'ERR_STRATEGY' }));
});
