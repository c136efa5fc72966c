/** Scenario files: the presets, quantities, and what a person is told about each mistake. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildScenario, PRESETS, readScenario, SCENARIO_SCHEMA, type Scenario } from '../../../sim/scenario/index.js';
import { DURATION, quantityOf, rangeOf, SIZE, SPEED } from '../../../sim/scenario/quantity.js';
import { utf8 } from '../../../src/base/index.js';

const FILES: Readonly<Record<string, string>> = {
  'trace.txt': '0 0 1 up\n10 0 1 down\n20 1 2 up\n30 1 2 down\n',
};

function build(text: string): Scenario {
  return buildScenario(readScenario(text, 'my.yaml'), 'my.yaml', (name) => utf8(FILES[name] ?? ''));
}

const WHOLE = `name: mine
duration: 1 h
world: { width: 100 m, height: 1 km }
radios:
  wifi: { range: 10 m, bandwidth: 8 kbit/s, loss: 5 %, breaks: 12/d }
groups:
  people: { count: 3, mobility: { model: random-waypoint, speed: 3.6..7.2 km/h, pause: 1..2 min } }
traffic:
  - { every: 25..35 s, size: 1..2 kB }
  - { from: people, every: 1 min, size: 10 B, end: 30 min, lifetime: 5 min }
engine: { strategy: { name: spray-and-wait, copies: 6 }, quota: 5 MB }
`;

describe('a scenario', () => {
  it('is read into base units', () => {
    const scenario = build(WHOLE);
    expect(scenario).toMatchObject({
      name: 'mine',
      seed: 1,
      durationMs: 3_600_000,
      world: { widthM: 100, heightM: 1000 },
      radios: [{ name: 'wifi', rangeM: 10, bytesPerSecond: 1000, loss: 0.05, breaksPerHour: 0.5 }],
      groups: [{ name: 'people', count: 3, radios: [0] }],
      traffic: [
        { intervalMs: { min: 25_000, max: 35_000 }, sizeBytes: { min: 1000, max: 2000 }, endMs: 3_600_000 },
        { from: ['people'], intervalMs: { mean: 60_000 }, endMs: 1_800_000, lifetimeMs: 300_000 },
      ],
      engine: { strategy: { name: 'spray-and-wait', parameters: { copies: 6 } }, quotaBytes: 5_000_000 },
    });
  });

  it('takes its contacts from a trace', () => {
    const scenario = build(
      'name: t\nduration: 1 min\nradios: { r: { bandwidth: 1 kB/s } }\ntrace: { file: trace.txt }\ntraffic: []\n',
    );
    expect(scenario.groups).toEqual([{ name: 'nodes', count: 3, radios: [0] }]);
    expect([...(scenario.contacts?.events() ?? [])]).toHaveLength(4);
  });

  it.each(PRESETS.map((preset) => [preset.name, preset] as const))('comes as a preset: %s', (name, { text }) => {
    const scenario = build(text);
    expect(scenario.name).toBe(name);
    expect(scenario.groups.length).toBeGreaterThan(1);
  });
});

describe('what is wrong is said with its line', () => {
  const wrong = (from: string, to: string): string => {
    expect(WHOLE).toContain(from);
    try {
      build(WHOLE.replace(from, to));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return expect.fail('nothing was wrong');
  };

  it.each([
    ['range: 10 m', 'rangee: 10 m', 'my.yaml:5: radios.wifi: there is no setting "rangee" here; do you mean "range"?'],
    ['random-waypoint', 'random-waypont', 'my.yaml:7: groups.people.mobility.model: "random-waypont" is not one of'],
    [
      '3.6..7.2 km/h',
      'fast',
      'my.yaml:7: groups.people.mobility.speed: "fast" is not a quantity: write a number and a unit, such as "0.5..1.5 m/s"',
    ],
    [
      '3.6..7.2 km/h',
      '5 kg',
      'my.yaml:7: groups.people.mobility.speed: "5 kg" is not a speed: write for example "0.5..1.5 m/s"; units are m/s, km/h',
    ],
    ['1 h', '1..2 h', 'my.yaml:2: duration: "1..2 h" is a range; one value is meant here, such as "12 h"'],
    ['from: people', 'from: peeple', 'my.yaml:10: traffic.1.from: there is no group "peeple"; there are people'],
    ['count: 3', 'count: three', 'my.yaml:7: groups.people.count: this should be a whole number'],
    ['name: mine\n', '', 'my.yaml:1: "name" is missing'],
    [
      'name: spray-and-wait, copies: 6',
      'name: spray-and-wait, copies: 0.5',
      'my.yaml:11: engine.strategy: copies is a whole number',
    ],
    ['world: { width: 100 m, height: 1 km }\n', '', 'my.yaml:1: "world" is missing'],
  ])('%s → %s', (from, to, message) => {
    expect(wrong(from, to)).toContain(message);
  });

  it('all at once', () => {
    const text = WHOLE.replace('range: 10 m', 'rangee: 10 m').replace('count: 3', 'count: 0').replace('1..2 kB', 'big');
    expect(() => build(text)).toThrow(/my\.yaml:5: .*\nmy\.yaml:7: .*\nmy\.yaml:9: /);
  });

  it('also when it is no YAML', () => {
    expect(() => build('name: [mine\n')).toThrow(/^my\.yaml:\d: /);
  });
});

describe('quantities', () => {
  it('have units and ranges', () => {
    expect(quantityOf('1.5 min', DURATION)).toBe(90_000);
    expect(rangeOf('1..2 KiB', SIZE)).toEqual({ min: 1024, max: 2048 });
    expect(quantityOf('36 km/h', SPEED)).toBeCloseTo(10);
    expect(() => rangeOf('2..1 s', DURATION)).toThrow('ends below where it begins');
    expect(() => quantityOf('5', DURATION)).toThrow('"5" is not a time: write for example "12 h"');
  });
});

it('the published schema is the one that is used', () => {
  const published: unknown = JSON.parse(readFileSync('docs/schema/scenario.schema.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(SCENARIO_SCHEMA)));
});
