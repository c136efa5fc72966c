/** The commands and their options; what each does is in the file of its name, loaded when it is called. */
import { Command, CommanderError, Option } from 'commander';
import { HearsayError, messageOf, printable } from '../base/index.js';
import { defaultHome, LOG_THRESHOLDS, packageVersion, parseSetting, TLS_POLICIES } from '../daemon/index.js';
import { addBundle } from './bundle-commands.js';
import type { CliIo } from './io.js';
import { collect, orRefuse } from './options.js';
import { addSim } from './sim-commands.js';
import { addSticks } from './stick-commands.js';

const USAGE_ERROR = 1;

/**
 * @param argv the arguments after the program's name.
 * @returns the exit status: 0 when all went well, 1 for a usage error or a failure, others as a command documents.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let status = 0;
  const program = buildProgram(io, (code) => {
    status = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    // Commander has already said what was wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
    // What we throw on purpose is said in a sentence; anything else is a bug, and its trace is what helps.
    io.err(error instanceof HearsayError ? `hearsay: ${messageOf(error)}\n` : `${trace(error)}\n`);
    return 1;
  }
}

function buildProgram(io: CliIo, exitWith: (status: number) => void): Command {
  const program = new Command('hearsay')
    .description('Messages that travel from laptop to laptop until they arrive, without any network in between.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ helpWidth: 100, showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'hearsay: ')),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  hearsay demo                                watch a message cross three laptops on this machine
  hearsay start                               run a node with what it finds around it
  hearsay start --peer 192.168.1.20:4556      and dial this neighbour
  hearsay status                              who I am, who is near, where my messages are
  hearsay contact add ben.k3xq2a@mesh.localhost
  hearsay sim run village                     how a whole mesh would do
  hearsay export /media/ana/STICK             messages for laptops that only a stick reaches
  hearsay COMMAND --help                      more about a command`,
    );

  addStart(program, io, exitWith);
  addStatus(program, io, exitWith);
  addContact(program, io, exitWith);
  addSticks(program, io, exitWith);
  addBundle(program, io, exitWith);
  addDemo(program, io, exitWith);
  addSim(program, io, exitWith);
  return program;
}

function addStart(program: Command, io: CliIo, exitWith: (status: number) => void): void {
  const start = program
    .command('start')
    .summary('run a node until it is interrupted')
    .description('Runs a node until it is interrupted. The first start makes an identity; later ones keep it.')
    .addOption(homeOption())
    .option('--config <file>', 'read settings from a YAML or JSON file; flags win over it')
    .option(
      '--nick <name>',
      'how I call myself (default on the first start: the system’s user name)',
      orRefuse(parseSetting.nick),
    )
    .option('--tcpcl <host:port>', 'listen here for neighbours (default: [::]:4556)', orRefuse(parseSetting.listen))
    .addOption(
      new Option('--tls <mode>', `encrypt links: ${TLS_POLICIES.join(', ')} (default: offer)`).argParser(
        orRefuse(parseSetting.tls),
      ),
    )
    .option('--peer <host:port>', 'dial this neighbour; may be given several times', collect(parseSetting.peer))
    .option('--no-discovery', 'do not look for neighbours in any way; the config file can choose some')
    .option(
      '--xmpp <host:port>',
      'listen here for chat clients (default: 127.0.0.1:5222)',
      orRefuse(parseSetting.listen),
    )
    .option('--domain <name>', 'the domain of chat addresses (default: mesh.localhost)', orRefuse(parseSetting.domain))
    .option('--quota <size>', 'how much the store may hold (default: 512 MiB)', orRefuse(parseSetting.quota))
    .option('--ready-file <file>', 'write a JSON report here once everything listens')
    .addOption(
      new Option('--log-level <level>', `how much to log: ${LOG_THRESHOLDS.join(', ')} (default: info)`).argParser(
        orRefuse(parseSetting.logLevel),
      ),
    )
    .option('-q, --quiet', 'print no welcome, and log warnings only')
    .addHelpText(
      'after',
      `
Port 0 picks a free port; the welcome and the ready file say which. IPv6 addresses go in brackets.

Examples:
  hearsay start --nick Ana
  hearsay start --home /tmp/ana --tcpcl [::1]:0 --xmpp 127.0.0.1:0 --ready-file ana.json
  hearsay start --no-discovery --peer 10.0.0.2:4556 --peer [fe80::1%wlan0]:4556`,
    );
  start.action(async (options) => {
    const { runStart } = await import('./start.js');
    const flags = start.getOptionValueSource('discovery') === 'cli' ? options : { ...options, discovery: undefined };
    exitWith(await runStart(flags, io));
  });
}

function addStatus(program: Command, io: CliIo, exitWith: (status: number) => void): void {
  program
    .command('status')
    .summary('show the running node')
    .description('Shows the running node: who I am, who is near, what the store holds, where my messages are.')
    .addOption(homeOption())
    .option('--password', 'print only the password for chat clients', false)
    .option('--json', 'print one JSON object')
    .action(async (options) => {
      const { runStatus } = await import('./status.js');
      exitWith(await runStatus(options, io));
    });
}

function addContact(program: Command, io: CliIo, exitWith: (status: number) => void): void {
  const contact = program
    .command('contact')
    .description('Shows and changes the contacts of the running node.')
    .helpCommand(false);
  const address = 'a chat address (name.abc234@mesh.localhost), a dtn: address, or a person’s id';
  contact
    .command('list')
    .description('Lists the contacts, with how likely each can be reached now.')
    .addOption(homeOption())
    .option('--json', 'print one JSON array')
    .action(async (options) => {
      const { listContacts } = await import('./contact.js');
      exitWith(await listContacts(options, io));
    });
  contact
    .command('add')
    .description('Adds a contact, or gives it another name or groups. It need not have been heard of yet.')
    .argument('<address>', address)
    .addOption(homeOption())
    .option('--name <petname>', 'how I call them')
    .option(
      '--group <group>',
      'a group they belong to; may be given several times',
      collect((text) => text),
    )
    .option('--json', 'print the contact as one JSON object')
    .action(async (who: string, options) => {
      const { addContact: add } = await import('./contact.js');
      exitWith(await add(who, options, io));
    });
  contact
    .command('remove')
    .description('Removes a contact. Messages on their way are not called back.')
    .argument('<address>', address)
    .addOption(homeOption())
    .action(async (who: string, options) => {
      const { removeContact } = await import('./contact.js');
      exitWith(await removeContact(who, options, io));
    });
}

function addDemo(program: Command, io: CliIo, exitWith: (status: number) => void): void {
  program
    .command('demo')
    .summary('watch a message cross three laptops on this machine')
    .description(
      'Plays the main job with three real nodes in this process: Ana’s laptop and Ben’s never meet, and a third one ' +
        'walks between them. Takes about half a minute. Exit status 0 only when the message and its receipt arrived.',
    )
    .option('--speed <factor>', 'how many times faster than usual, from 0.1 to 100 (default: 1)', orRefuse(readSpeed))
    .option('--plain', 'print a line for each change instead of a picture (so it does without a terminal)')
    .action(async (options) => {
      const { runDemo } = await import('./demo.js');
      exitWith(await runDemo(options, io));
    });
}

function readSpeed(text: string): number {
  const speed = Number(text);
  if (speed >= 0.1 && speed <= 100) return speed;
  throw new HearsayError('ERR_CONFIG', `"${printable(text)}" is not a number from 0.1 to 100`);
}

function homeOption(): Option {
  return new Option('--home <dir>', `the node’s home folder (default: ${defaultHome()})`);
}

function trace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
