/** Runs a scenario of The ONE from its settings files, and writes its reports. */
import { Mobility } from './mobility/mobility.js';
import { countRounds, rounds } from './rounds.js';
import { buildScenario, type Scenario } from './scenario.js';
import { Settings, type SettingsFile } from './settings/settings.js';

/** Where a report's text goes. */
export interface ReportSink {
  /** @param text whole lines */
  write(text: string): void;
  close(): void;
}

export interface RunOptions {
  /** Which of the values in `[a; b; c]` counts. @default 0 */
  readonly runIndex?: number;
  /** Reads a file that the settings name, as they name it. */
  readonly readFile: (path: string) => string;
  /** Opens a report. @param path with the report's folder, as the settings give it */
  readonly openReport: (path: string) => ReportSink;
}

/** A run that can be let go on bit by bit. */
export interface Run {
  readonly name: string;
  /** Seconds of the scenario's own time. */
  readonly endS: number;
  readonly now: number;
  /** Lets some more of it happen. @returns false when it has come to its end */
  advance(): boolean;
  /** Completes the reports, of a whole run or of one that was left early. */
  finish(): void;
}

/** How much text is kept back before a report's sink gets it. */
const CHUNK = 65_536;

/**
 * Gets a run ready.
 *
 * @param files settings; each overlays those before it
 * @throws SettingsError naming all that is missing, malformed or not supported, with file and line
 */
export function prepareTheOne(files: readonly SettingsFile[], options: RunOptions): Run {
  const settings = new Settings(files, options.runIndex);
  const writers: LineWriter[] = [];
  const scenario = buildScenario(settings, {
    readFile: options.readFile,
    openReport: (path) => {
      const writer = new LineWriter(options.openReport(path));
      writers.push(writer);
      return (line) => writer.line(line);
    },
  });
  const course = start(scenario);
  return {
    name: scenario.name,
    endS: scenario.endS,
    get now() {
      return scenario.world.now;
    },
    advance: () => course.next().done !== true,
    finish: () => {
      for (const report of scenario.reports) report.finish();
      for (const writer of writers) writer.close();
    },
  };
}

/** Runs a scenario to its end. */
export function runTheOne(files: readonly SettingsFile[], options: RunOptions): void {
  const run = prepareTheOne(files, options);
  while (run.advance());
  run.finish();
}

/** @returns what {@link rounds} does, with the movement that the scenario asks for */
export function start(scenario: Scenario): Generator<number> {
  const { world, intervalS, endS, sources, mobility } = scenario;
  const movers = mobility === undefined ? undefined : new Mobility(world, mobility, countRounds(intervalS, endS));
  return rounds(world, { intervalS, endS, sources, movers });
}

class LineWriter {
  readonly #sink: ReportSink;
  #pending = '';

  constructor(sink: ReportSink) {
    this.#sink = sink;
  }

  line(text: string): void {
    this.#pending += `${text}\n`;
    if (this.#pending.length < CHUNK) return;
    this.#sink.write(this.#pending);
    this.#pending = '';
  }

  close(): void {
    if (this.#pending !== '') this.#sink.write(this.#pending);
    this.#sink.close();
  }
}
