import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareTheOne } from '../../sim/compat/the-one/index.js';
import { runCli } from '../../src/cli/program.js';

let folder = '';
let out = '';
let err = '';

const io = {
  out: (content: string | Uint8Array) => {
    out += String(content);
  },
  err: (text: string) => {
    err += text;
  },
  stdin: (async function* () {})(),
  colours: false,
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearsay-sim-one-'));
  out = '';
  err = '';
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings = (): string => `
Scenario.name = two_%%Group.msgTtl%%
Scenario.simulateConnections = false
Scenario.updateInterval = 1
Scenario.endTime = 100
Scenario.nrofHostGroups = 1
radio.type = SimpleBroadcastInterface
radio.transmitSpeed = 1k
radio.transmitRange = 10
Group.groupID = n
Group.nrofHosts = 2
Group.router = EpidemicRouter
Group.msgTtl = [300; 200]
Group.movementModel = StationaryMovement
Group.nodeLocation = 0, 0
Group.nrofInterfaces = 1
Group.interface1 = radio
Events.nrof = 1
Events1.filePath = contacts.txt.gz
MovementModel.worldSize = 10, 10
Report.nrofReports = 2
Report.report1 = EventLogReport
Report.report2 = MessageStatsReport
Report.reportDir = ${join(folder, 'reports')}
`;
const EVENTS = '5 C M1 0 1 2500\n10 CONN 0 1 up\n50 CONN 0 1 down\n';

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('hearsay sim run with settings of The ONE', () => {
  it('writes its reports, and prints the statistics', async () => {
    const file = write('settings.txt', settings());
    write('contacts.txt.gz', gzipSync(EVENTS));
    expect(await runCli(['sim', 'run', '--quiet', file], io)).toBe(0);
    expect(readFileSync(join(folder, 'reports/two_300_EventLogReport.txt'), 'utf8')).toBe(
      '5.0 C n0 M1\n10.0 CONN n0 n1 up\n10.0 S n0 n1 M1\n13.0 DE n0 n1 M1 D\n50.0 CONN n0 n1 down\n',
    );
    expect(out).toContain('two_300: 100 s of it in');
    expect(out).toContain('delivery_prob: 1.0000');
    expect(err).toBe('');
  });

  it('overlays files, and makes the runs of a batch', async () => {
    write('contacts.txt.gz', gzipSync(EVENTS));
    const files = [write('settings.txt', settings()), write('more.txt', 'radio.transmitSpeed = 500\n')];
    expect(await runCli(['sim', 'run', '--quiet', '--batch', '2', ...files], io)).toBe(0);
    for (const run of ['two_300', 'two_200']) {
      expect(readFileSync(join(folder, `reports/${run}_EventLogReport.txt`), 'utf8')).toContain('15.0 DE n0 n1 M1 D');
    }
  });

  it('says all that is wrong, and where', async () => {
    const file = write('settings.txt', `${settings()}Group.router = Nobody\nGroup.activeTimes = 1, 2\n`);
    expect(await runCli(['sim', 'run', '--quiet', file], io)).toBe(1);
    expect(err).toContain(`${file}:25: Nobody is not a router`);
    expect(err).toContain(`${file}:26: Group.activeTimes is not supported`);
    expect(err).toContain('Events1.filePath: contacts.txt.gz cannot be read');
  });

  it('names the line of an event that makes no sense', async () => {
    const file = write('settings.txt', settings());
    write('contacts.txt.gz', gzipSync('5 C M1 0 1 2500\n10 CONN 0 7 up\n'));
    expect(await runCli(['sim', 'run', '--quiet', file], io)).toBe(1);
    expect(err).toContain('contacts.txt.gz:2: an event names host 7');
  });
});

it('a run that is left early has reports of what has happened', () => {
  const reports = new Map<string, string>();
  const events = Array.from({ length: 900 }, (_, i) => `${i + 1} C M${i} 0 1 10`).join('\n');
  const overlay = 'Scenario.endTime = 100000\nGroup.msgTtl = 10000\n';
  const run = prepareTheOne(
    [
      { name: 'settings.txt', text: settings() },
      { name: 'more.txt', text: overlay },
    ],
    {
      readFile: () => events,
      openReport: (path) => ({
        write: (text) => void reports.set(path, (reports.get(path) ?? '') + text),
        close: () => undefined,
      }),
    },
  );
  expect(run.advance()).toBe(true);
  const until = run.now;
  expect(until).toBeGreaterThan(0);
  expect(until).toBeLessThan(900);
  run.finish();
  const stats = [...reports].find(([path]) => path.endsWith('MessageStatsReport.txt'))?.[1];
  expect(stats).toContain(`sim_time: ${until.toFixed(4)}\ncreated: ${until}\n`);
});
