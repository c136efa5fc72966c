/** `hearsay bundle …`: its commands and their options; what each does is in the file of its name, loaded when called. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { HearsayError, toDtnTime, wallTimeMs } from '../base/index.js';
import type { Eid } from '../bundle/index.js';
import { parseHostPort } from '../daemon/index.js';
import type { CreateArgs } from './bundle-create.js';
import type { ReceiveArgs } from './bundle-receive.js';
import type { SendArgs } from './bundle-send.js';
import type { CliIo } from './io.js';
import { collect, orRefuse, readDuration, wholeNumber } from './options.js';

type ExitWith = (status: number) => void;

const KEY_FORMS = '64 hexadecimal digits, or a file with them, 32 raw bytes, PEM or JWK';
const MANY = 'Several bundles, one after the other or in hexadecimal lines, get a line each.';

export function addBundle(program: Command, io: CliIo, exitWith: ExitWith): void {
  const bundle = program
    .command('bundle')
    .summary('make, look into, check, send and receive bundles')
    .description('Makes, looks into, checks, sends and receives bundles (RFC 9171). None of this needs a running node.')
    .helpCommand(false);
  addInspect(bundle, io, exitWith);
  addCreate(bundle, io, exitWith);
  addVerify(bundle, io, exitWith);
  addSend(bundle, io, exitWith);
  addReceive(bundle, io, exitWith);
}

function addInspect(bundle: Command, io: CliIo, exitWith: ExitWith): void {
  bundle
    .command('inspect')
    .summary('print a bundle block by block')
    .description(
      `Prints a bundle block by block. ${MANY} Exit status 2 when one is not valid, with a code and the byte’s offset.`,
    )
    .argument('[file]', 'the bundles; - or nothing reads standard input')
    .option('--hex', 'the input is hexadecimal text', false)
    .option('--json', 'print one JSON object, or one a line (docs/schema/bundle.schema.json)', false)
    .option(
      '--key <file>',
      `a public key to verify signatures with: ${KEY_FORMS}; may be given several times`,
      collect((text) => text),
    )
    .addHelpText(
      'after',
      `
Examples:
  hearsay bundle inspect hello.cbor
  hearsay bundle inspect --hex --json < bundles.txt
  echo 9f8907…ff | hearsay bundle inspect --hex`,
    )
    .action(async (file: string | undefined, options: { hex: boolean; json: boolean; key?: readonly string[] }) => {
      const { bundleInspect } = await import('./bundle-inspect.js');
      exitWith(await bundleInspect({ ...(file === undefined ? {} : { file }), ...options }, io));
    });
}

function addCreate(bundle: Command, io: CliIo, exitWith: ExitWith): void {
  bundle
    .command('create')
    .summary('make a bundle')
    .description('Makes a bundle and writes it to standard output, or to a file.')
    .requiredOption('--source <eid>', 'who sends it, as in dtn://ana/out or ipn:1.2')
    .requiredOption('--dest <eid>', 'who it is for')
    .requiredOption('--payload <file>', 'what it carries; - reads standard input')
    .requiredOption(
      '--lifetime <duration>',
      'how long it is worth carrying, as in 90s, 15m, 2h, 14d (a number alone: seconds)',
      orRefuse(readDuration),
    )
    .option('--report-to <eid>', 'who gets status reports (default: dtn:none)')
    .option('--sign-key <seed>', `sign it with this Ed25519 key: ${KEY_FORMS}`)
    .option('--crc <type>', 'none, 16 or 32; the primary block always has one (default: 32)')
    .option('--hop-limit <count>', 'add a hop count block, 1 to 255', orRefuse(wholeNumber(1, 255)))
    .option('--age <ms>', 'add a bundle age block', orRefuse(wholeNumber(0)))
    .option('--previous-node <eid>', 'add a previous node block')
    .option('--flags <flags>', 'a number, or names as inspect prints them, separated by commas (default: 0)')
    .option('--creation-time <time>', 'DTN time in ms, an ISO date, or 0 for no clock (default: now)')
    .option('--sequence <number>', 'the sequence number (default: 0)', orRefuse(wholeNumber(0)))
    .option('--fragment <bytes>', 'cut it into fragments of so much payload at most', orRefuse(wholeNumber(1)))
    .option('--hex', 'write hexadecimal text, a line for each bundle')
    .option('--out <file>', 'write it here instead of to standard output')
    .addHelpText(
      'after',
      `
Fragments are written one after the other; inspect, verify and send take them so.

Examples:
  echo hello | hearsay bundle create --source dtn://ana/out --dest dtn://ben/in --payload - \\
      --lifetime 1h --hop-limit 32 --out hello.cbor
  hearsay bundle create --source ipn:1.1 --dest ipn:2.1 --payload photo.jpg --lifetime 2d \\
      --sign-key ana.seed --fragment 60000 --out photo.cbor
  hearsay bundle create --source dtn://ana/ --dest dtn://ben/ --payload - --lifetime 60 --hex \\
      --report-to dtn://ana/ --flags report-delivery,status-time-requested < note.txt`,
    )
    .action(async (options: RawCreate) => {
      const create = await import('./bundle-create.js');
      const eid = await eidReader();
      const read = <T>(text: string | undefined, name: string, parse: (text: string) => T): T | undefined =>
        text === undefined ? undefined : named(name, () => parse(text));
      const { reportTo, previousNode, flags, creationTime, crc, ...rest } = options;
      const args = withoutUndefined({
        ...rest,
        source: named('--source', () => eid(options.source)),
        dest: named('--dest', () => eid(options.dest)),
        reportTo: read(reportTo, '--report-to', eid),
        previousNode: read(previousNode, '--previous-node', eid),
        flags: read(flags, '--flags', create.readFlags),
        creationTime: read(creationTime, '--creation-time', create.readCreationTime),
        crc: read(crc, '--crc', create.readCrc),
      }) as CreateArgs;
      exitWith(await create.bundleCreate(args, io, () => toDtnTime(wallTimeMs(Date.now()))));
    });
}

/** Options whose readers come with the bundle floor, which the help should not have to load. */
type RawCreate = Omit<
  CreateArgs,
  'source' | 'dest' | 'reportTo' | 'previousNode' | 'flags' | 'creationTime' | 'crc'
> & {
  readonly source: string;
  readonly dest: string;
  readonly reportTo?: string;
  readonly previousNode?: string;
  readonly flags?: string;
  readonly creationTime?: string;
  readonly crc?: string;
};

function addVerify(bundle: Command, io: CliIo, exitWith: ExitWith): void {
  bundle
    .command('verify')
    .summary('check signatures')
    .description(
      `Says whether the signature of a bundle is genuine. ${MANY} Exit status 0 when all are, 2 when one is not, or is ` +
        'missing, or the bundle is not valid.',
    )
    .argument('[file]', 'the bundles; - or nothing reads standard input')
    .option(
      '--key <file>',
      `the signer’s public key: ${KEY_FORMS}; may be given several times (default: the certificate in the bundle)`,
      collect((text) => text),
    )
    .option('--hex', 'the input is hexadecimal text')
    .option('--json', 'print a JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  hearsay bundle verify --key ana.pub hello.cbor
  hearsay bundle verify --hex --json < bundles.txt`,
    )
    .action(async (file: string | undefined, options) => {
      const { bundleVerify } = await import('./bundle-verify.js');
      exitWith(await bundleVerify({ ...(file === undefined ? {} : { file }), ...options }, io));
    });
}

function addSend(bundle: Command, io: CliIo, exitWith: ExitWith): void {
  bundle
    .command('send')
    .summary('hand bundles to a TCPCLv4 node')
    .description(
      'Hands bundles to a TCPCLv4 node (RFC 9174), waits for its acknowledgements, and prints what became of each. Exit ' +
        'status 0 when all were acknowledged, 2 when one was refused or is not valid, 1 when the node was not reached.',
    )
    .requiredOption('--tcpcl <host:port>', 'where the node listens', orRefuse(parseHostPort))
    .argument('<files...>', 'the bundles; a file may have several, - is standard input')
    .option('--node <eid>', 'the node id to show (default: a made-up one)')
    .option('--hex', 'the input is hexadecimal text')
    .option('--json', 'print a JSON object a line')
    .option('--unchecked', 'send each file as it is, valid or not')
    .option('--timeout <seconds>', 'how long to wait for a session, and for each answer', orRefuse(wholeNumber(1)), 30)
    .addHelpText(
      'after',
      `
Examples:
  hearsay bundle send --tcpcl 192.168.1.20:4556 hello.cbor
  hearsay bundle send --tcpcl [::1]:4556 --node dtn://tester/ *.cbor`,
    )
    .action(async (files: readonly string[], options: Omit<SendArgs, 'node'> & { readonly node?: string }) => {
      const { bundleSend } = await import('./bundle-send.js');
      exitWith(await bundleSend(files, { ...options, node: await nodeEid(options.node) }, io));
    });
}

function addReceive(bundle: Command, io: CliIo, exitWith: ExitWith): void {
  bundle
    .command('receive')
    .summary('listen as a TCPCLv4 node and keep what comes')
    .description(
      'Listens as a TCPCLv4 node (RFC 9174) and writes each valid bundle to KEY.cbor, acknowledged once the file is ' +
        'synced. Exit status 2 when an invalid one came, which is refused; 1 when too few came in time.',
    )
    .requiredOption('--tcpcl <host:port>', 'listen here; port 0 picks a free one', orRefuse(parseHostPort))
    .requiredOption('--out <dir>', 'where the files go; made if it is missing')
    .option('--count <number>', 'stop after so many bundles', orRefuse(wholeNumber(1)))
    .option('--timeout <seconds>', 'stop after so many seconds', orRefuse(wholeNumber(1, 2_000_000)))
    .option('--node <eid>', 'the node id to show (default: a made-up one)')
    .option('--json', 'print a JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  hearsay bundle receive --tcpcl 127.0.0.1:4557 --out inbox
  hearsay bundle receive --tcpcl [::]:0 --out inbox --count 3 --timeout 60 --json`,
    )
    .action(async (options: Omit<ReceiveArgs, 'node'> & { readonly node?: string }) => {
      const { bundleReceive } = await import('./bundle-receive.js');
      exitWith(await bundleReceive({ ...options, node: await nodeEid(options.node) }, io));
    });
}

/** Two tools at once must not look like one node to a third. */
async function nodeEid(given: string | undefined): Promise<string> {
  if (given === undefined) return `dtn://tool-${randomBytes(4).toString('hex')}/`;
  const eid = await eidReader();
  named('--node', () => eid(given));
  return given;
}

async function eidReader(): Promise<(text: string) => Eid> {
  return (await import('../bundle/index.js')).parseEid;
}

/** Says which option a text was for. */
function named<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof HearsayError ? new HearsayError(error.code, `${option}: ${error.message}`) : error;
  }
}

function withoutUndefined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
