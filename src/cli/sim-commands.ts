/** `hearsay sim …`: the simulator's commands and their options. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { CliIo } from './io.js';

export function addSim(program: Command, io: CliIo, exitWith: (status: number) => void): void {
  const sim = program
    .command('sim')
    .summary('simulate a mesh')
    .description('Runs whole meshes of the code that laptops run, under virtual time.')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  hearsay sim run village                 a preset: village, school, bus-line, festival, disaster
  hearsay sim init village                write it to village.yaml, with comments, to change it
  hearsay sim run village.yaml --seed 2
  hearsay sim run default_settings.txt my_settings.txt
                                          a scenario of The ONE, with its reports`,
    );
  addRun(sim, io, exitWith);
  addSweep(sim, io, exitWith);
  addWorker(sim, io, exitWith);
  addInit(sim, io, exitWith);
}

function addRun(sim: Command, io: CliIo, exitWith: (status: number) => void): void {
  sim
    .command('run')
    .argument('<scenario>', 'a scenario file, the name of a preset, or settings of The ONE')
    .argument('[more...]', 'more settings files of The ONE, each laid over those before it')
    .summary('run a scenario and report')
    .description('Runs a scenario and prints what became of its messages. Ctrl-C stops it and reports what there is.')
    .option('--seed <number>', 'in place of the scenario’s', seed)
    .option('--json <file>', 'write everything that was found out; - for stdout')
    .option('--csv <file>', 'write a line for each message; - for stdout')
    .option('--html <file>', 'write a page with plots and a replay, which opens without a network; - for stdout')
    .option('-q, --quiet', 'show no progress')
    .option('-b, --batch <runs>', 'for settings of The ONE: so many runs, or FIRST:LAST, counted from 1', batch)
    .action(async (scenario: string, more: readonly string[], options) => {
      const { isTheOne, runTheOneFiles } = await import('./sim-one.js');
      if (isTheOne(scenario)) {
        exitWith(await runTheOneFiles([scenario, ...more], options, io));
        return;
      }
      if (more.length > 0) throw new InvalidArgumentError('Only settings of The ONE come in several files.');
      const { runScenario } = await import('./sim-scenario.js');
      exitWith(await runScenario(scenario, options, io));
    });
}

function addSweep(sim: Command, io: CliIo, exitWith: (status: number) => void): void {
  sim
    .command('sweep')
    .argument('<scenario>', 'a scenario file with a "sweep" in it')
    .summary('run every combination of settings and seeds')
    .description(
      'Runs every combination of the settings and seeds under "sweep", on all cores, and prints means with 95 % confidence intervals. Results are kept as they come: the same command goes on where it was stopped.',
    )
    .option('--workers <number>', 'runs at a time (default: one for each core)', countOf)
    .option('--queue <url>', 'put the runs on a queue in Redis, redis://host:port, for workers on any machine')
    .option('--results <file>', 'keep results here (default: the scenario’s name .sweep.jsonl)')
    .option('--csv <file>', 'write the table; - for stdout')
    .option('--html <file>', 'write a page with a plot for each figure; - for stdout')
    .option('-q, --quiet', 'show no progress')
    .action(async (scenario: string, options) => {
      const { runSweep } = await import('./sim-sweep.js');
      exitWith(await runSweep(scenario, options, io));
    });
}

function addWorker(sim: Command, io: CliIo, exitWith: (status: number) => void): void {
  sim
    .command('worker')
    .summary('do the runs of sweeps that are on a queue')
    .description('Takes runs from a queue in Redis until it is interrupted. What it was doing then is done by another.')
    .requiredOption('--queue <url>', 'redis://host:port')
    .option('--threads <number>', 'runs at a time (default: one for each core)', countOf)
    .action(async (options) => {
      const { runSimWorker } = await import('./sim-sweep.js');
      exitWith(await runSimWorker(options, io));
    });
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It is a number from 1 to 9999.');
  return Number(text);
}

function addInit(sim: Command, io: CliIo, exitWith: (status: number) => void): void {
  sim
    .command('init')
    .argument('[preset]', 'which to begin with', 'village')
    .argument('[file]', 'where to write it; - for stdout (default: the preset’s name .yaml)')
    .summary('write a commented scenario to begin with')
    .action(async (preset: string, file: string | undefined) => {
      const { initScenario } = await import('./sim-init.js');
      exitWith(initScenario(preset, file, io));
    });
}

/** @returns the first and the last run, counted from 0 */
function batch(text: string): readonly [number, number] {
  const match = /^(?:(\d{1,6}):)?(\d{1,6})$/.exec(text);
  const first = Number(match?.[1] ?? 1);
  const last = Number(match?.[2]);
  if (first >= 1 && last >= first) return [first - 1, last - 1];
  throw new InvalidArgumentError('It is a number of runs, or the first and the last one as in 3:5.');
}

function seed(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff) {
    throw new InvalidArgumentError('It is a whole number from 0 to 4294967295.');
  }
  return Number(text);
}
