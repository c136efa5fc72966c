/** From settings to a world that is ready to run. */
import type { EventSource } from './events/event-source.js';
import {
  MessageBurstGenerator,
  MessageEventGenerator,
  OneFromEachMessageGenerator,
  readGeneratorOptions,
} from './events/message-generator.js';
import { StandardEvents } from './events/standard-events.js';
import { type MakeMovement, type MovementModel, movementContext, type Place, readMovement } from './movement/index.js';
import { REPORTS, type Report } from './reports/index.js';
import { type MakeRouter, readRouter } from './routers/index.js';
import { noteUnknown } from './settings/known-settings.js';
import type { Section, Settings } from './settings/settings.js';
import { MessageBuffer } from './world/buffer.js';
import { Host, type RadioType } from './world/host.js';
import { type Observer, Observers } from './world/observer.js';
import { AddressOrder, ShuffledOrder } from './world/update-order.js';
import { World } from './world/world.js';

/** What The ONE takes for an endless buffer. */
const ENDLESS_BUFFER = 2_147_483_647;
const DEFAULT_CELL_FACTOR = 5;

export interface Scenario {
  readonly name: string;
  readonly world: World;
  readonly intervalS: number;
  readonly endS: number;
  readonly sources: readonly EventSource[];
  readonly reports: readonly Report[];
  /** Undefined when links come from an event file. */
  readonly mobility: MobilityPlan | undefined;
}

export interface MobilityPlan {
  /** By address. */
  readonly models: readonly MovementModel[];
  readonly warmupS: number;
  readonly intervalS: number;
  /** The far corner of the world, in metres. */
  readonly extent: Place;
  /** How many times the range a cell of the connectivity grid is wide. */
  readonly cellFactor: number;
}

export interface Surroundings {
  readonly readFile: (path: string) => string;
  /** Opens a report; what it is given is called with each line. @param path with the report's folder */
  readonly openReport: (path: string) => (line: string) => void;
}

interface Group {
  readonly id: string;
  readonly hosts: number;
  readonly bufferBytes: number;
  readonly radios: readonly RadioType[];
  readonly makeRouter: MakeRouter | undefined;
  readonly makeMovement: MakeMovement | undefined;
  readonly expires: boolean;
}

/** @throws SettingsError naming all that is missing, malformed or not supported. */
export function buildScenario(settings: Settings, surroundings: Surroundings): Scenario {
  noteUnknown(settings);
  const own = settings.section('Scenario');
  const name = settings.filled(own.text('name'));
  const intervalS = own.number('updateInterval');
  const endS = own.number('endTime');
  const connects = own.truth('simulateConnections', true);
  if (!(intervalS > 0)) own.note('updateInterval', 'Scenario.updateInterval has to be above zero');

  const context = movementContext(settings, surroundings.readFile);
  const groups = Array.from({ length: own.whole('nrofHostGroups') }, (_, i) => {
    const group = settings.section(`Group${i + 1}`, 'Group');
    return readGroup(group, settings, readMovement(group, context));
  });
  const hostCount = groups.reduce((sum, group) => sum + group.hosts, 0);
  const sources = readSources(settings, hostCount, surroundings.readFile);
  checkReports(settings);
  const optimisation = settings.section('Optimization');
  const shuffles = optimisation.truth('randomizeUpdateOrder', true);
  const cellFactor = optimisation.whole('cellSizeMult', DEFAULT_CELL_FACTOR);
  const warmupS = settings.section('MovementModel').number('warmup', 0);
  if (cellFactor < 1) optimisation.note('cellSizeMult', 'Optimization.cellSizeMult has to be 1 or more');
  settings.throwProblems();

  const world = new World(hostCount, shuffles ? new ShuffledOrder(hostCount) : new AddressOrder());
  world.hasExpiry = groups.some((group) => group.expires);
  const models = populate(world, groups);
  const reports = openReports(settings, world, name, surroundings);
  world.observers = new Observers(reports);
  const mobility = connects ? { models, warmupS, intervalS, extent: context.world, cellFactor } : undefined;
  return { name, world, intervalS, endS, sources, reports, mobility };
}

function readGroup(group: Section, settings: Settings, makeMovement: MakeMovement | undefined): Group {
  const buffer = group.number('bufferSize', ENDLESS_BUFFER);
  const radios = Array.from({ length: group.whole('nrofInterfaces', 0) }, (_, i) => readRadio(group, i + 1, settings));
  if (group.whole('nrofApplications', 0) !== 0) {
    group.note('nrofApplications', 'applications are not supported here');
  }
  return {
    id: group.text('groupID'),
    hosts: group.whole('nrofHosts'),
    bufferBytes: buffer === ENDLESS_BUFFER ? Number.POSITIVE_INFINITY : Math.trunc(buffer),
    radios,
    makeRouter: readRouter(group, settings),
    makeMovement,
    expires: group.whole('msgTtl', -1) !== -1,
  };
}

function readRadio(group: Section, number: number, settings: Settings): RadioType {
  const name = group.text(`interface${number}`);
  const section = settings.section(name);
  const type = section.text('type');
  if (type !== 'SimpleBroadcastInterface') {
    section.note('type', `${type} is not an interface that we have: there is SimpleBroadcastInterface`);
  }
  return { name, speed: section.whole('transmitSpeed'), rangeM: section.number('transmitRange') };
}

/** Host by host, in the order of their addresses: a place first, then the first wait. */
function populate(world: World, groups: readonly Group[]): readonly MovementModel[] {
  const models: MovementModel[] = [];
  for (const group of groups) {
    for (let i = 0; i < group.hosts; i++) {
      const address = world.hosts.length;
      const host = new Host(address, `${group.id}${address}`, new MessageBuffer(group.bufferBytes), group.radios);
      world.hosts.push(host);
      if (group.makeRouter !== undefined) host.router = group.makeRouter(host, world);
      if (group.makeMovement !== undefined) models.push(group.makeMovement());
    }
  }
  for (const host of world.hosts) host.router.begin();
  return models;
}

const GENERATORS = { MessageEventGenerator, MessageBurstGenerator, OneFromEachMessageGenerator } as const;

function readSources(settings: Settings, hosts: number, readFile: (path: string) => string): EventSource[] {
  const sources: EventSource[] = [];
  const count = settings.section('Events').whole('nrof', 0);
  for (let number = 1; number <= count; number++) {
    const section = settings.section(`Events${number}`);
    const kind = section.text('class', 'ExternalEventsQueue');
    if (kind === 'ExternalEventsQueue') {
      const path = section.text('filePath');
      const text = readOrNote(section, 'filePath', path, readFile);
      if (text !== undefined) sources.push(new StandardEvents(text, path));
    } else if (Object.hasOwn(GENERATORS, kind)) {
      const Source = GENERATORS[kind as keyof typeof GENERATORS];
      sources.push(new Source(readGeneratorOptions(section, hosts)));
    } else {
      const known = ['ExternalEventsQueue', ...Object.keys(GENERATORS)].join(', ');
      section.note('class', `${kind} is not an event class that we have: there are ${known}`);
    }
  }
  return sources;
}

/** Undefined, with a note in the settings, when the file can't be read. */
export function readOrNote(
  section: Section,
  name: string,
  path: string,
  readFile: (path: string) => string,
): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    section.note(name, `${section.keyOf(name)}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function checkReports(settings: Settings): void {
  const section = settings.section('Report');
  for (let number = 1; number <= section.whole('nrofReports', 0); number++) {
    const kind = section.text(`report${number}`);
    if (REPORTS.has(kind)) continue;
    section.note(
      `report${number}`,
      `${kind} is not a report that we have: there are ${[...REPORTS.keys()].join(', ')}`,
    );
  }
}

function openReports(
  settings: Settings,
  world: World,
  scenario: string,
  { openReport }: Surroundings,
): (Report & Observer)[] {
  const section = settings.section('Report');
  const folder = settings.filled(section.text('reportDir', 'reports/'));
  const reports: (Report & Observer)[] = [];
  for (let number = 1; number <= section.whole('nrofReports', 0); number++) {
    const kind = section.text(`report${number}`);
    const Kind = REPORTS.get(kind);
    if (Kind === undefined) continue;
    const path = `${folder}${folder === '' || folder.endsWith('/') ? '' : '/'}${scenario}_${kind}.txt`;
    reports.push(new Kind({ world, scenario, settings: settings.section(kind, 'Report'), write: openReport(path) }));
  }
  return reports;
}
