/** Makes a {@link Scenario} in base units of one as it is written. */
import { HearsayError, utf8Decode } from '../../src/base/index.js';
import { DEFAULT_STRATEGY, strategyFor } from '../../src/gossip/index.js';
import {
  cluster,
  type MobilityModel,
  type Place,
  type Point,
  randomWalk,
  randomWaypoint,
  recordedPaths,
  route,
  shuttle,
  stationary,
  timetable,
} from '../mobility/index.js';
import type { ContactSource, RadioModel } from '../radio/types.js';
import { readTrace, type TraceFormat } from '../traces/index.js';
import type { Path, Problem } from './problems.js';
import {
  BANDWIDTH,
  type Dimension,
  DURATION,
  LENGTH,
  quantityOf,
  RATE_PER_HOUR,
  type Range,
  rangeOf,
  SHARE,
  SIZE,
  SPEED,
} from './quantity.js';
import { type PlainScenario, problemsOf, type ReadScenario } from './read.js';
import type { EngineSettings, NodeGroup, Scenario, TrafficSource } from './types.js';

/** Where files that a scenario names are read: relative to the scenario's own. */
export type ReadFile = (name: string) => Uint8Array;

const DEFAULT_ENGINE: EngineSettings = {
  strategy: DEFAULT_STRATEGY,
  quotaBytes: 50_000_000,
  lifetimeMs: 14 * 86_400_000,
  presence: false,
  wire: 'objects',
  control: 'counted',
};
const EVERYWHERE = { min: 0, max: 0 };

/**
 * @param file what it is called in messages.
 * @throws HearsayError `ERR_SCENARIO` with a line for each problem, `ERR_TRACE`.
 */
export function buildScenario(
  read: Pick<ReadScenario, 'plain'> & Partial<ReadScenario>,
  file: string,
  readFile: ReadFile,
): Scenario {
  const builder = new Builder(readFile, (path) => read.lineOf?.(path));
  const scenario = builder.build(read.plain);
  if (builder.problems.length > 0) throw problemsOf(file, builder.problems);
  return scenario;
}

type Settings = Readonly<Record<string, unknown>>;

class Builder {
  readonly problems: Problem[] = [];
  readonly #readFile: ReadFile;
  readonly #lineOf: (path: Path) => number | undefined;

  constructor(readFile: ReadFile, lineOf: (path: Path) => number | undefined) {
    this.#readFile = readFile;
    this.#lineOf = lineOf;
  }

  build(plain: PlainScenario): Scenario {
    const durationMs = this.#one(plain, [], 'duration', DURATION) ?? 0;
    const world = settings(plain.world);
    const radioNames = Object.keys(settings(plain.radios));
    const radios = radioNames.map((name) => this.#radio(name, settings(settings(plain.radios)[name]), plain));
    const engine = { ...DEFAULT_ENGINE, ...this.#engine(settings(plain.engine), ['engine']) };
    const contacts = this.#trace(settings(plain.trace), durationMs);
    const groups = this.#groups(plain, radioNames, contacts);
    const groupNames = groups.map(({ name }) => name);
    return {
      name: String(plain.name),
      description: String(plain.description ?? ''),
      seed: Number(plain.seed ?? 1),
      durationMs,
      warmupMs: this.#one(plain, [], 'warmup', DURATION) ?? 0,
      world: {
        widthM: this.#one(world, ['world'], 'width', LENGTH) ?? 0,
        heightM: this.#one(world, ['world'], 'height', LENGTH) ?? 0,
      },
      groups,
      radios,
      ...(contacts === undefined ? {} : { contacts }),
      traffic: list(plain.traffic).map((source, index) =>
        this.#traffic(settings(source), ['traffic', index], durationMs, groupNames),
      ),
      engine,
      faults: this.#faults(settings(plain.faults)),
    };
  }

  #problem(path: Path, message: string): undefined {
    this.problems.push({ line: this.#lineOf(path), path: path.join('.'), message });
    return undefined;
  }

  /** What a setting says, or undefined when it is not there or is wrong. */
  #read<T>(path: Path, value: unknown, parse: (text: string) => T): T | undefined {
    if (value === undefined) return undefined;
    try {
      return parse(String(value));
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      return this.#problem(path, error.message);
    }
  }

  #one(from: Settings, path: Path, name: string, dimension: Dimension): number | undefined {
    return this.#read([...path, name], from[name], (text) => quantityOf(text, dimension));
  }

  #range(from: Settings, path: Path, name: string, dimension: Dimension): Range | undefined {
    return this.#read([...path, name], from[name], (text) => rangeOf(text, dimension));
  }

  #radio(name: string, radio: Settings, plain: PlainScenario): RadioModel {
    const path = ['radios', name];
    if (radio.range === undefined && plain.trace === undefined) this.#problem(path, '"range" is missing');
    return {
      name,
      rangeM: this.#one(radio, path, 'range', LENGTH) ?? 0,
      bytesPerSecond: this.#one(radio, path, 'bandwidth', BANDWIDTH) ?? 1,
      latencyMs: this.#one(radio, path, 'latency', DURATION) ?? 0,
      setupMs: this.#one(radio, path, 'setup', DURATION) ?? 0,
      loss: Math.min(0.99, this.#one(radio, path, 'loss', SHARE) ?? 0),
      breaksPerHour: this.#one(radio, path, 'breaks', RATE_PER_HOUR) ?? 0,
      sharedAirtime: radio.shared === true,
    };
  }

  #engine(engine: Settings, path: Path): Partial<EngineSettings> {
    const quotaBytes = this.#one(engine, path, 'quota', SIZE);
    const lifetimeMs = this.#one(engine, path, 'lifetime', DURATION);
    const strategy = this.#strategy(engine.strategy, [...path, 'strategy']);
    return {
      ...(strategy === undefined ? {} : { strategy }),
      ...(quotaBytes === undefined ? {} : { quotaBytes }),
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
      ...(typeof engine.presence === 'boolean' ? { presence: engine.presence } : {}),
      ...(engine.wire === 'objects' || engine.wire === 'real' ? { wire: engine.wire } : {}),
      ...(engine.control === 'counted' || engine.control === 'free' ? { control: engine.control } : {}),
    };
  }

  #strategy(written: unknown, path: Path): EngineSettings['strategy'] | undefined {
    if (written === undefined) return undefined;
    const { name, ...parameters } = typeof written === 'string' ? { name: written } : settings(written);
    const choice = { name: String(name), parameters: parameters as EngineSettings['strategy']['parameters'] };
    try {
      strategyFor(choice);
      return choice;
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      return this.#problem(path, error.message);
    }
  }

  #trace(trace: Settings, durationMs: number): ContactSource | undefined {
    if (trace.file === undefined) return undefined;
    const start = this.#one(trace, ['trace'], 'start', DURATION);
    const file = String(trace.file);
    try {
      return readTrace(this.#readFile(file), {
        ...(trace.format === undefined ? {} : { format: trace.format as TraceFormat }),
        ...(start === undefined ? {} : { startS: start / 1000 }),
        durationS: durationMs / 1000,
      });
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      return this.#problem(['trace', 'file'], `${file}: ${error.message}`);
    }
  }

  #groups(
    plain: PlainScenario,
    radioNames: readonly string[],
    contacts: ContactSource | undefined,
  ): readonly NodeGroup[] {
    const written = Object.entries(settings(plain.groups));
    if (written.length === 0) {
      if (contacts === undefined) this.#problem([], 'write "groups", or a "trace" that has its own nodes');
      return [{ name: 'nodes', count: contacts?.nodes ?? 0, radios: radioNames.map((_, index) => index) }];
    }
    const groups = written.map(([name, value]) => this.#group(name, settings(value), plain, radioNames));
    const count = groups.reduce((sum, group) => sum + group.count, 0);
    if (contacts !== undefined && contacts.nodes > count) {
      this.#problem(['groups'], `the trace has ${contacts.nodes} nodes, and the groups have ${count}`);
    }
    return groups;
  }

  #group(name: string, group: Settings, plain: PlainScenario, radioNames: readonly string[]): NodeGroup {
    const path = ['groups', name];
    const radios = group.radios === undefined ? radioNames : list(group.radios).map(String);
    for (const radio of radios) {
      if (!radioNames.includes(radio)) this.#problem([...path, 'radios'], `there is no radio "${radio}"`);
    }
    if (plain.trace === undefined) {
      if (group.mobility === undefined) this.#problem(path, '"mobility" is missing');
      if (plain.world === undefined) this.#problem([], '"world" is missing: its width and height');
    }
    const moves = settings(group.mobility);
    const model = group.mobility === undefined ? undefined : this.#mobility(moves, [...path, 'mobility']);
    return {
      name,
      count: Number(group.count),
      radios: radios.map((radio) => radioNames.indexOf(radio)).filter((index) => index >= 0),
      ...(model === undefined ? {} : { mobility: model }),
      ...(group.engine === undefined ? {} : { engine: this.#engine(settings(group.engine), [...path, 'engine']) }),
    };
  }

  #mobility(moves: Settings, path: Path): MobilityModel | undefined {
    const speed = this.#range(moves, path, 'speed', SPEED) ?? { min: 1, max: 1 };
    if (speed.min <= 0)
      return this.#problem([...path, 'speed'], 'a speed is above 0; write a pause for standing still');
    const pauseMs = this.#range(moves, path, 'pause', DURATION) ?? EVERYWHERE;
    const radiusM = this.#one(moves, path, 'radius', LENGTH) ?? 0;
    switch (moves.model) {
      case 'random-waypoint':
        return randomWaypoint({ speed, pauseMs });
      case 'random-walk':
        return randomWalk({ speed, pauseMs, distanceM: this.#range(moves, path, 'distance', LENGTH) ?? EVERYWHERE });
      case 'stationary': {
        const at = moves.at === undefined ? undefined : this.#point(moves.at, [...path, 'at']);
        return stationary({ ...(at === undefined ? {} : { at }), radiusM });
      }
      case 'cluster':
        return cluster({ centre: this.#point(moves.centre, [...path, 'centre']), radiusM, speed, pauseMs });
      case 'shuttle':
        return shuttle({
          places: list(moves.places).map((place, index) => this.#place(place, [...path, 'places', index])),
          speed,
          stayMs: this.#range(moves, path, 'stay', DURATION) ?? EVERYWHERE,
          inOrder: moves.order === 'in-turn',
        });
      case 'route':
        return route({
          stops: list(moves.stops).map((stop, index) => this.#point(stop, [...path, 'stops', index])),
          speed,
          stopMs: this.#range(moves, path, 'stop', DURATION) ?? EVERYWHERE,
        });
      case 'timetable':
        return this.#timetable(moves, path, speed, pauseMs);
      case 'recorded':
        return this.#recorded(String(moves.file), [...path, 'file']);
      default:
        return undefined;
    }
  }

  #timetable(moves: Settings, path: Path, speed: Range, pauseMs: Range): MobilityModel {
    const day = list(moves.day).map((entry, index) => {
      const appointment = settings(entry);
      const [hours = 0, minutes = 0] = String(appointment.at).split(':').map(Number);
      const at = [...path, 'day', index];
      return {
        atMs: (hours * 60 + minutes) * 60_000,
        place: this.#place(appointment.place, [...at, 'place']),
        jitterMs: this.#one(appointment, at, 'jitter', DURATION) ?? 0,
      };
    });
    for (const [index, { atMs }] of day.entries()) {
      if (atMs <= (day[index - 1]?.atMs ?? -1))
        this.#problem([...path, 'day', index, 'at'], 'this is not later than the one before it');
    }
    return timetable({ home: this.#place(moves.home, [...path, 'home']), day, speed, pauseMs });
  }

  #recorded(file: string, path: Path): MobilityModel | undefined {
    try {
      return recordedPaths(utf8Decode(this.#readFile(file)) ?? '').model;
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      return this.#problem(path, `${file}: ${error.message}`);
    }
  }

  #point(written: unknown, path: Path): Point {
    const [x, y] = list(written);
    return {
      x: this.#read([...path, 0], x, (text) => quantityOf(text, LENGTH)) ?? 0,
      y: this.#read([...path, 1], y, (text) => quantityOf(text, LENGTH)) ?? 0,
    };
  }

  #place(written: unknown, path: Path): Place {
    const place = settings(written);
    return { ...this.#point(place.at, [...path, 'at']), radiusM: this.#one(place, path, 'radius', LENGTH) ?? 0 };
  }

  #traffic(source: Settings, path: Path, durationMs: number, groups: readonly string[]): TrafficSource {
    const names = (name: 'from' | 'to'): readonly string[] => {
      const written = source[name];
      const named = written === undefined || written === 'all' ? [] : list(written).map(String);
      for (const group of named) {
        if (!groups.includes(group)) {
          this.#problem([...path, name], `there is no group "${group}"; there are ${groups.join(', ')}`);
        }
      }
      return named;
    };
    const every = this.#range(source, path, 'every', DURATION) ?? { min: 1, max: 1 };
    if (every.max <= 0) this.#problem([...path, 'every'], 'time has to pass between two messages');
    const lifetimeMs = this.#one(source, path, 'lifetime', DURATION);
    return {
      from: names('from'),
      to: names('to'),
      intervalMs: every.min === every.max ? { mean: every.min } : every,
      sizeBytes: this.#range(source, path, 'size', SIZE) ?? EVERYWHERE,
      startMs: this.#one(source, path, 'start', DURATION) ?? 0,
      endMs: this.#one(source, path, 'end', DURATION) ?? durationMs,
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    };
  }

  #faults(faults: Settings): Scenario['faults'] {
    return {
      crashesPerDay: 24 * (this.#one(faults, ['faults'], 'crashes', RATE_PER_HOUR) ?? 0),
      downMs: this.#range(faults, ['faults'], 'down', DURATION) ?? { min: 60_000, max: 600_000 },
      clockErrorMs: this.#one(faults, ['faults'], 'clock-error', DURATION) ?? 0,
    };
  }
}

function settings(value: unknown): Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Settings) : {};
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
