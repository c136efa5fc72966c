/** The options of `hearsay export` and `hearsay import`; what they do is in stick-run.ts, loaded when one is called. */
import { type Command, Option } from 'commander';
import { HearsayError } from '../base/index.js';
import { defaultHome, parseSetting } from '../daemon/index.js';
import type { CliIo } from './io.js';
import { orRefuse } from './options.js';

const PATH = 'where the stick is mounted; Hearsay keeps to a folder called hearsay in it';
/** The common part of both helps. */
const ABOUT = `
With --watch it waits for the stick, takes and gives, says when the stick may go, and waits for the
next; without a path, for any stick that has a hearsay folder already.

The node of this laptop may run or not. Exit status: 0, or 2 when something found no room, or 1 when
something went wrong.
`;

export function addSticks(program: Command, io: CliIo, exitWith: (status: number) => void): void {
  common(
    program
      .command('export')
      .summary('write to a USB stick what its other laptops lack')
      .description('Writes to a USB stick the bundles that neither it nor the other laptops that use it have.')
      .option(
        '--quota <size>',
        'how much of the stick to use (default: half of what is free)',
        orRefuse(parseSetting.size),
      ),
  )
    .addHelpText(
      'after',
      `${ABOUT}
Examples:
  hearsay export /media/ana/STICK
  hearsay export /media/ana/STICK --quota 2GiB
  hearsay export --watch                      take and give whenever a stick comes
  hearsay bundle inspect /media/ana/STICK/hearsay/bundles/4f/*.bundle`,
    )
    .action(async (path: string | undefined, options) => {
      requirePath(path, options.watch);
      const { runStick } = await import('./stick-run.js');
      exitWith(await runStick({ take: false, give: true }, path, options, io));
    });
  common(
    program
      .command('import')
      .summary('take from a USB stick what this laptop lacks')
      .description(
        'Takes from a USB stick the bundles that this laptop lacks, each checked like one from a neighbour.',
      ),
  )
    .addHelpText(
      'after',
      `${ABOUT}
Examples:
  hearsay import /media/ben/STICK
  hearsay import /media/ben/STICK --json
  hearsay import --watch /media/ben/STICK     take and give whenever it is plugged in`,
    )
    .action(async (path: string | undefined, options) => {
      requirePath(path, options.watch);
      const { runStick } = await import('./stick-run.js');
      exitWith(await runStick({ take: true, give: false }, path, options, io));
    });
}

function common(command: Command): Command {
  return command
    .argument('[path]', PATH)
    .addOption(new Option('--home <dir>', `the node’s home folder (default: ${defaultHome()})`))
    .option('--config <file>', 'the node’s settings, for when it does not run')
    .option('--watch', 'wait for the stick, take and give, and wait for the next')
    .option('--json', 'print one JSON object for each visit');
}

function requirePath(path: string | undefined, watch: boolean | undefined): void {
  if (path !== undefined || watch === true) return;
  throw new HearsayError('ERR_OPTION', 'name the folder that the stick is mounted at, or wait for one with --watch');
}
