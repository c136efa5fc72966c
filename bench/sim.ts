/**
 * The simulator beside The ONE: CPU seconds of whole runs, the start of a process of their own included.
 *
 * Figures of compatibility mode, read in place from ../shared/scenarios/the-one:
 * - `one-default-ROUTER-cpu-s`: the default scenario (map of Helsinki, 126 hosts, 12 h, steps of 0.1 s), seed 1
 * - `one-waypoint-N-cpu-s`: N hosts by random waypoint, 126 to 4,500 × 3,400 m, range 100 m, 1 h in steps of 0.1 s
 * - `one-waypoint-N-contacts`, `one-waypoint-N-us-per-contact`: how that grows
 * - `…-to-one`: how many times more CPU The ONE took (its own figures, from the description of the scenarios)
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { HearsayError } from '../src/base/index.js';
import type { Figure } from './harness.js';

export const description = 'the simulator: CPU seconds beside The ONE’s for the same scenarios';

const SCENARIOS = resolve(import.meta.dirname, '../../../shared/scenarios/the-one');
const COMMAND = resolve(import.meta.dirname, '../src/cli/main.js');

/** CPU seconds that The ONE took. */
const DEFAULT_SCENARIO: readonly (readonly [router: string, oneS: number])[] = [
  ['EpidemicRouter', 20.2],
  ['SprayAndWaitRouter', 15.8],
  ['ProphetRouter', 19.1],
  ['DirectDeliveryRouter', 14.8],
];
const RANDOM_WAYPOINT: readonly (readonly [hosts: number, oneS: number | undefined])[] = [
  [126, 5.5],
  [500, 22],
  [1000, 40],
  [2000, 81],
  [5000, undefined],
];

export async function run(): Promise<readonly Figure[]> {
  const settings = join(SCENARIOS, 'default_settings.txt');
  if (!existsSync(settings)) throw new HearsayError('ERR_BENCH', `${settings} is not there`);
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-bench-sim-'));
  try {
    return [...defaultScenario(settings, folder), ...randomWaypoint(settings, folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function defaultScenario(settings: string, folder: string): readonly Figure[] {
  return DEFAULT_SCENARIO.flatMap(([router, oneS]) => {
    const cpuS = cpuOf(settings, `Group.router = ${router}\nReport.nrofReports = 1\n`, folder);
    return beside(
      `one-default-${router.replace('Router', '').toLowerCase()}`,
      `default scenario, ${router}`,
      cpuS,
      oneS,
    );
  });
}

function randomWaypoint(settings: string, folder: string): readonly Figure[] {
  return RANDOM_WAYPOINT.flatMap(([hosts, oneS]) => {
    const side = Math.sqrt(hosts / 126);
    const overlay = [
      'Scenario.endTime = 3600',
      'Scenario.nrofHostGroups = 1',
      'Group.movementModel = RandomWaypoint',
      'Group1.groupID = n',
      `Group1.nrofHosts = ${hosts}`,
      `Events1.hosts = 0, ${hosts}`,
      `MovementModel.worldSize = ${Math.round(4500 * side)}, ${Math.round(3400 * side)}`,
      'btInterface.transmitRange = 100',
      'Report.report2 = ConnectivityONEReport',
    ];
    const key = `one-waypoint-${hosts}`;
    const label = `${hosts} hosts by random waypoint`;
    const cpuS = cpuOf(settings, overlay.join('\n'), folder);
    const trace = readFileSync(join(folder, 'reports/default_scenario_ConnectivityONEReport.txt'), 'utf8');
    const contacts = trace.split('\n').filter((line) => line.endsWith(' up')).length;
    return [
      ...beside(key, label, cpuS, oneS),
      { key: `${key}-contacts`, label: `${label}: contacts`, value: contacts, unit: 'contacts' },
      { key: `${key}-us-per-contact`, label: `${label}: CPU`, value: (cpuS * 1e6) / contacts, unit: 'µs/contact' },
    ];
  });
}

function beside(key: string, label: string, cpuS: number, oneS: number | undefined): readonly Figure[] {
  const figure = { key: `${key}-cpu-s`, label, value: cpuS, unit: 's' };
  if (oneS === undefined) return [figure];
  return [
    figure,
    { key: `${key}-to-one`, label: `${label}: The ONE’s CPU beside ours`, value: oneS / cpuS, unit: '×' },
  ];
}

/** Printed by the measured process as it ends: all that it took since its start. */
const REPORT_CPU = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => { const u = process.resourceUsage(); console.error('CPU', u.userCPUTime + u.systemCPUTime); });",
)}`;

/** Of a process of its own, its start included, as The ONE's were taken. */
function cpuOf(settings: string, overlay: string, folder: string): number {
  const extra = join(folder, 'overlay.txt');
  writeFileSync(extra, overlay);
  const args = ['--import', REPORT_CPU, COMMAND, 'sim', 'run', '--quiet', settings, extra];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const microseconds = /^CPU ([0-9]+)$/m.exec(stderr)?.[1];
  if (status !== 0 || microseconds === undefined) throw new HearsayError('ERR_BENCH', `a run failed: ${stderr}`);
  return Number(microseconds) / 1e6;
}
