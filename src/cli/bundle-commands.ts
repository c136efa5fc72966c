/** `hearsay bundle …`: its commands and their options; what each does is in the file of its name, loaded when called. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { HearsayError, toDtnTime, wallTimeMs } from '../base/index.js';
import type { Eid } from '../bundle/index.js';
import { parseHostPort } from '../daemon/index.js';
import type { CreateArgs } from './bundle-create.js';
import type { InspectArgs } from './bundle-inspect.js';
import type { ReceiveArgs } from './bundle-receive.js';
import type { SendArgs } from './bundle-send.js';
import type { VerifyArgs } from './bundle-verify.js';
import type { CliIo } from './io.js';
import { collect, orRefuse, readDuration, wholeNumber } from './options.js';

type ExitWith = (status: number) => void;

const SEED_FORMS = 'a seed of 64 hexadecimal digits, or a file with it, PEM or JWK';
const SECRET_FORMS = 'hexadecimal, base64, text:…, or a file with them, JWK or COSE_Key';
const TARGET_FORMS = 'primary, payload, previous-node, bundle-age, hop-count, or block numbers (default: payload)';
const MANY =
  'Several bundles, one after the other in binary or a line each in hexadecimal or base64, get a line each. What is text ' +
  'is told by itself; white space, 0x, colons, commas and comments after # do not matter.';
const KEYS = `
Keys for --key and --secret are files or the text itself:
  64 hexadecimal digits        --key: an Ed25519 public key; --secret: a key of 32 bytes
  32, 48, 96, 128 digits       a secret, with either
  base64, base64:…, text:…     the same in base64 or as ASCII
  PEM, JWK, JWK set            public or private keys of any kind, secrets too
  COSE_Key, COSE_KeySet        in CBOR, hexadecimal, or as JSON with its labels
  NAME=KEY, 0x4142=KEY         with the key id NAME; a key without one is tried for every id
A file may have a key a line. Without a key for signatures, the certificate in our bundles counts.`;

const eachText = collect((text: string) => text);

function withKeys(command: Command): Command {
  return command
    .option('--key <key>', 'a key to verify with; may be given several times: see below', eachText)
    .option('--secret <key>', 'a secret for HMAC or AES (RFC 9173, COSE); may be given several times', eachText);
}

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
  withKeys(bundle.command('inspect'))
    .summary('print a bundle block by block')
    .description(
      `Prints a bundle block by block, and what the keys say of each security operation. ${MANY} Exit status 2 when one ` +
        'is not valid, with a code and the byte’s offset.',
    )
    .argument('[files...]', 'the bundles; - or nothing reads standard input')
    .option('--hex', 'the input is text, whatever it looks like')
    .option('--json', 'print one JSON object, or one a line (docs/schema/bundle.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  hearsay bundle inspect hello.cbor
  hearsay bundle inspect --json < bundles.txt
  echo 9f8907…ff | hearsay bundle inspect --secret 1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b
${KEYS}`,
    )
    .action(async (files: readonly string[], options: Omit<InspectArgs, 'files'>) => {
      const { bundleInspect } = await import('./bundle-inspect.js');
      exitWith(await bundleInspect({ files, ...options }, io));
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
    .option('--sign-key <seed>', `sign it with this Ed25519 key: ${SEED_FORMS}`)
    .option('--hmac-key <secret>', `add BIB-HMAC-SHA2 (RFC 9173) under this key: ${SECRET_FORMS}`)
    .option('--hmac-targets <blocks>', `what it covers: ${TARGET_FORMS}`)
    .option('--sha <bits>', '256, 384 or 512 (default: 384)')
    .option('--aes-key <secret>', 'encrypt with BCB-AES-GCM (RFC 9173) under this key of 16 or 32 bytes')
    .option('--aes-targets <blocks>', 'what it encrypts; never the primary block (default: payload)')
    .option('--aes-iv <hex>', 'the initialization vector, for output that can be repeated (default: drawn)')
    .option('--shared-iv', 'use one vector for several targets, as a MAC over what is encrypted needs: not for secrets')
    .option(
      '--scope <flags>',
      'what both cover beside it: 1 primary, 2 target, 4 security header (default: 7)',
      orRefuse(wholeNumber(0, 7)),
    )
    .option('--security-source <eid>', 'who signs or protects (default: the source)')
    .option('--block <type:hex[:flags]>', 'add a block of any type; may be given several times', eachText)
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
      --report-to dtn://ana/ --flags report-delivery,status-time-requested < note.txt
  hearsay bundle create --source ipn:2.1 --dest ipn:1.2 --payload note.txt --lifetime 1h \\
      --hop-limit 30 --creation-time 0 --sequence 40 --hmac-key 1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b \\
      --hmac-targets primary,hop-count --sha 256 \\
      --aes-key text:qwertyuiopasdfgh --aes-iv 5477656c7665313231323132`,
    )
    .action(async (options: RawCreate) => {
      const create = await import('./bundle-create.js');
      const protect = await import('./bundle-protect.js');
      const eid = await eidReader();
      const read = <T>(text: string | undefined, name: string, parse: (text: string) => T): T | undefined =>
        text === undefined ? undefined : named(name, () => parse(text));
      const { reportTo, previousNode, flags, creationTime, crc, securitySource, block, ...others } = options;
      const { hmacTargets, aesTargets, aesIv, sha, ...rest } = others;
      const args = withoutUndefined({
        ...rest,
        source: named('--source', () => eid(options.source)),
        dest: named('--dest', () => eid(options.dest)),
        reportTo: read(reportTo, '--report-to', eid),
        previousNode: read(previousNode, '--previous-node', eid),
        flags: read(flags, '--flags', create.readFlags),
        creationTime: read(creationTime, '--creation-time', create.readCreationTime),
        crc: read(crc, '--crc', create.readCrc),
        securitySource: read(securitySource, '--security-source', eid),
        block: block?.map((text) => named('--block', () => create.readBlock(text))),
        hmacTargets: read(hmacTargets, '--hmac-targets', protect.readTargets),
        aesTargets: read(aesTargets, '--aes-targets', protect.readTargets),
        aesIv: read(aesIv, '--aes-iv', protect.readIv),
        sha: read(sha, '--sha', protect.readSha),
      }) as CreateArgs;
      exitWith(await create.bundleCreate(args, io, () => toDtnTime(wallTimeMs(Date.now()))));
    });
}

/** Options whose readers come with the bundle floor, which the help should not have to load. */
type ReadLater =
  | ('source' | 'dest' | 'reportTo' | 'previousNode' | 'securitySource')
  | ('flags' | 'creationTime' | 'crc' | 'block' | 'hmacTargets' | 'aesTargets' | 'aesIv' | 'sha');

type RawCreate = Omit<CreateArgs, ReadLater> &
  Partial<Record<Exclude<ReadLater, 'source' | 'dest' | 'block'>, string>> & {
    readonly source: string;
    readonly dest: string;
    readonly block?: readonly string[];
  };

function addVerify(bundle: Command, io: CliIo, exitWith: ExitWith): void {
  withKeys(bundle.command('verify'))
    .summary('check signatures, MACs and ciphers')
    .description(
      'Verifies every security operation of a bundle: our signatures, BIB-HMAC-SHA2 and BCB-AES-GCM (RFC 9173), and the ' +
        `COSE context. ${MANY} Exit status 0 when all operations are good, 2 when one is not, or no key fits, or there ` +
        'is none, or the bundle cannot be read.',
    )
    .argument('[files...]', 'the bundles; - or nothing reads standard input')
    .option('--hex', 'the input is text, whatever it looks like')
    .option('--json', 'print a JSON object a line (docs/schema/bundle.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  hearsay bundle verify --key ana.pub hello.cbor
  hearsay bundle verify --json --key keys.json < bundles.txt
  hearsay bundle verify --secret 9100=1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b \\
      --secret kek=text:abcdefghijklmnop a.cbor
${KEYS}`,
    )
    .action(async (files: readonly string[], options: Omit<VerifyArgs, 'files'>) => {
      const { bundleVerify } = await import('./bundle-verify.js');
      exitWith(await bundleVerify({ files, ...options }, io));
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
