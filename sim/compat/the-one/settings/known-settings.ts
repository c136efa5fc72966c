/**
 * Every setting that this mode understands. A line with any other key is an error: a scenario that was silently run
 * without one of its settings would give results of another scenario.
 *
 * In the templates `#` stands for a number and `*` for a name of the user's own.
 */
import { printable } from '../../../../src/base/index.js';
import type { Settings } from './settings.js';

const SCENARIO = ['name', 'simulateConnections', 'updateInterval', 'endTime', 'nrofHostGroups'];

const GROUP = [
  'groupID',
  'nrofHosts',
  'movementModel',
  'router',
  'bufferSize',
  'waitTime',
  'speed',
  'msgTtl',
  'sendQueue',
  'deleteDelivered',
  'nrofInterfaces',
  'interface#',
  'nrofApplications',
  'okMaps',
  'pois',
  'routeFile',
  'routeType',
  'routeFirstStop',
  'nodeLocation',
  'clusterCenter',
  'clusterRange',
  'busControlSystemNr',
  'shoppingControlSystemNr',
  'meetingSpotsFile',
  'officeLocationsFile',
  'homeLocationsFile',
  'workDayLength',
  'probGoShoppingAfterWork',
  'nrOfMeetingSpots',
  'nrOfOffices',
  'officeSize',
  'officeWaitTimeParetoCoeff',
  'officeMinWaitTime',
  'officeMaxWaitTime',
  'timeDiffSTD',
  'minGroupSize',
  'maxGroupSize',
  'minAfterShoppingStopTime',
  'maxAfterShoppingStopTime',
  'minWaitTime',
  'maxWaitTime',
  'ownCarProb',
];

const EVENTS = [
  'class',
  'filePath',
  'nrofPreload',
  'interval',
  'size',
  'hosts',
  'tohosts',
  'prefix',
  'time',
  'responseSize',
];

const REPORT = ['nrofReports', 'report#', 'reportDir', 'warmup', 'precision', 'granularity', 'interval'];

const TEMPLATES: readonly string[] = [
  ...SCENARIO.map((name) => `Scenario.${name}`),
  ...GROUP.flatMap((name) => [`Group.${name}`, `Group#.${name}`]),
  'Events.nrof',
  ...EVENTS.map((name) => `Events#.${name}`),
  'MovementModel.rngSeed',
  'MovementModel.worldSize',
  'MovementModel.warmup',
  'MapBasedMovement.nrofMapFiles',
  'MapBasedMovement.mapFile#',
  'PointsOfInterest.poiFile#',
  'ExternalMovement.file',
  'ExternalMovement.nrofPreload',
  ...REPORT.map((name) => `Report.${name}`),
  'Optimization.cellSizeMult',
  'Optimization.randomizeUpdateOrder',
  'SprayAndWaitRouter.nrofCopies',
  'SprayAndWaitRouter.binaryMode',
  'ProphetRouter.secondsInTimeUnit',
  'ProphetRouter.beta',
  'ProphetRouter.gamma',
  'ProphetRouter.P_init',
  'ProphetV2Router.secondsInTimeUnit',
  'ProphetV2Router.beta',
  'ProphetV2Router.gamma',
  'MaxPropRouter.probSetMaxSize',
  'MaxPropRouter.alpha',
];

/** They draw The ONE's window, and change no result. */
const WITHOUT_EFFECT = /^(GUI|EventLogPanel|PlayField)\./;

const INTERFACE_KEY = /^([^.]+)\.(type|transmitSpeed|transmitRange)$/;
const REPORT_KEY = /^([^.]+Report)\.(warmup|precision|granularity|interval|occupancyInterval|output)$/;

const known = new RegExp(
  `^(?:${TEMPLATES.map((template) => template.replaceAll('.', '\\.').replaceAll('#', '[0-9]+')).join('|')})$`,
);

/** Notes every line whose key nothing here reads. */
export function noteUnknown(settings: Settings): void {
  const interfaces = new Set<string>();
  for (const { key } of settings.properties) {
    const match = /^([^.]+)\.type$/.exec(key);
    if (match?.[1] !== undefined) interfaces.add(match[1]);
  }
  for (const { key } of settings.properties) {
    if (known.test(key) || WITHOUT_EFFECT.test(key) || REPORT_KEY.test(key)) continue;
    const radio = INTERFACE_KEY.exec(key)?.[1];
    if (radio !== undefined && interfaces.has(radio)) continue;
    const near = nearest(key);
    settings.note(key, `${printable(key)} is not supported here${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
}

/** A known name at most two slips away. */
function nearest(key: string): string | undefined {
  const shape = key.replace(/[0-9]+/g, '#');
  let best: string | undefined;
  let distance = 3;
  for (const template of TEMPLATES) {
    const slips = editDistance(shape.toLowerCase(), template.toLowerCase());
    if (slips < distance) [best, distance] = [template, slips];
  }
  if (best === undefined) return undefined;
  const numbers = [...key.matchAll(/[0-9]+/g)].map((match) => match[0]);
  return best.replace(/#/g, () => numbers.shift() ?? 'N');
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
