import { describe, expect, it } from 'vitest';
import { buildScenario } from '../../../sim/compat/the-one/scenario.js';
import { parseProperties } from '../../../sim/compat/the-one/settings/properties-file.js';
import { isTheOneSettings } from '../../../sim/compat/the-one/settings/recognise.js';
import { Settings } from '../../../sim/compat/the-one/settings/settings.js';
import { SettingsError } from '../../../sim/compat/the-one/settings/settings-error.js';

const MINIMAL = `
Scenario.name = small
Scenario.updateInterval = 1
Scenario.endTime = 10
Scenario.simulateConnections = false
Scenario.nrofHostGroups = 1
Group.groupID = n
Group.nrofHosts = 3
Group.router = EpidemicRouter
Group.movementModel = StationaryMovement
Group.nodeLocation = 0,0
MovementModel.worldSize = 10, 10
`;

const settingsOf = (texts: readonly string[], runIndex = 0): Settings =>
  new Settings(
    texts.map((text, index) => ({ name: `${index + 1}.txt`, text })),
    runIndex,
  );

function problemsOf(...texts: string[]): readonly string[] {
  try {
    buildScenario(settingsOf(texts), {
      readFile: () => {
        throw new Error('no such file');
      },
      openReport: () => () => undefined,
    });
  } catch (error) {
    if (error instanceof SettingsError) return error.problems.map(({ where, message }) => `${where} ${message}`);
    throw error;
  }
  return [];
}

describe('a properties file', () => {
  it('has comments, three separators, continued lines and escapes', () => {
    const text = '# no\n! no\n a.b = 1 \nc.d: 2\ne.f 3\ng.h = one, \\\n   two\n\nk\\=l = \\u00e9\\t.\r\nlast';
    expect(parseProperties(text, 'x.txt').map(({ key, value, line }) => [key, value, line])).toEqual([
      ['a.b', '1', 3],
      ['c.d', '2', 4],
      ['e.f', '3', 5],
      ['g.h', 'one, two', 6],
      ['k=l', 'é\t.', 9],
      ['last', '', 10],
    ]);
  });

  it('is told from YAML', () => {
    expect(isTheOneSettings('# settings\nScenario.name = x\n')).toBe(true);
    expect(isTheOneSettings('# ours\nname: x\nworld:\n  size: 3\n')).toBe(false);
  });
});

describe('settings', () => {
  it('overlay each other, and fall back from GroupN to Group', () => {
    const settings = settingsOf(['Group.speed = 1\nGroup.router = A', 'Group2.speed = 5M\nGroup.router = B']);
    const [first, second] = [settings.section('Group1', 'Group'), settings.section('Group2', 'Group')];
    expect([first.number('speed'), second.number('speed'), second.text('router')]).toEqual([1, 5_000_000, 'B']);
  });

  it('take the run’s value from an array, and go round', () => {
    const text = 'A.seed = [1; 2; 3]\nA.name = %%A.seed%%-%%B.x%%\nB.x = [a;b;]';
    const filled = [0, 1, 2, 3].map((run) => {
      const settings = settingsOf([text], run);
      return settings.filled(settings.value('A.name') ?? '');
    });
    expect(filled).toEqual(['1-a', '2-b', '3-a', '1-b']);
  });

  it('know the suffixes of sizes', () => {
    const text = 'A.a = 250k\nA.b = 1.5M\nA.c = 2G\nA.d = 1kiB\nA.e = 2MiB\nA.f = 1GiB';
    const section = settingsOf([text]).section('A');
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => section.number(name))).toEqual([
      250_000, 1_500_000, 2_000_000_000, 1024, 2_097_152, 1_073_741_824,
    ]);
  });
});

describe('a scenario whose settings are wrong', () => {
  it('is accepted when nothing is', () => {
    expect(problemsOf(MINIMAL)).toEqual([]);
    expect(problemsOf(MINIMAL, 'GUI.UnderlayImage.fileName = x.png')).toEqual([]);
  });

  it('names all of it at once, with file and line', () => {
    const overlay = [
      'Scenario.endTime = soon',
      'Group.router = MadeUpRouter',
      'Group1.movementModel = Teleport',
      'Gruop.speed = 1, 2',
      'Group.activeTimes = 0, 100',
      'Group.nrofInterfaces = 1',
      'Group.interface1 = wifi',
      'wifi.type = InterferenceLimitedInterface',
      'wifi.transmitSpeed = 1k',
      'Events.nrof = 2',
      'Events1.filePath = missing.txt',
      'Events2.class = MadeUpEvents',
      'Report.nrofReports = 1',
      'Report.report1 = MadeUpReport',
    ];
    const problems = problemsOf(MINIMAL, overlay.join('\n'));
    const expected = [
      '2.txt:1 Scenario.endTime = soon: this takes a number',
      '2.txt:2 MadeUpRouter is not a router that we have',
      '2.txt:3 Teleport is not a movement model that we have',
      '2.txt:4 Gruop.speed is not supported here; did you mean Group.speed?',
      '2.txt:5 Group.activeTimes is not supported here',
      '2.txt:8 InterferenceLimitedInterface is not an interface that we have',
      '2.txt:11 Events1.filePath: no such file',
      '2.txt:12 MadeUpEvents is not an event class that we have',
      '2.txt:14 MadeUpReport is not a report that we have',
    ];
    for (const [index, start] of expected.entries()) expect(problems[index + 1]).toContain(start);
    expect(problems[0]).toBe('1.txt, 2.txt wifi.transmitRange is missing: it takes a number');
    expect(problems).toHaveLength(expected.length + 1);
  });
});
