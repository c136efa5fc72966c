/**
 * `hearsay bundle inspect`: a bundle, block by block.
 *
 * Several bundles get a line each. Exit status 0 when all are valid (whatever their signatures), 2 when one is not, 1 when
 * an input cannot be read. JSON: docs/schema/bundle.schema.json.
 */
import { printable } from '../base/index.js';
import type { OperationVerdict, SecurityKey } from '../bundle/index.js';
import { type BundleInput, bundlesIn, readInput } from './bundle-input.js';
import { type KeyArgs, readKeys } from './bundle-keys.js';
import { readBundle } from './bundle-read.js';
import { nameOf } from './bundle-security.js';
import { type BlockView, type BundleView, type ErrorView, viewBundle, viewError } from './bundle-view.js';
import type { CliIo } from './io.js';
import { table } from './table.js';

const VALID = 0;
const INVALID = 2;
const PREVIEW_BYTES = 48;

export interface InspectArgs extends KeyArgs {
  /** `-`, or none at all: standard input. */
  readonly files?: readonly string[];
  /** That the input is text, whatever it looks like. */
  readonly hex?: boolean;
  readonly json?: boolean;
}

/** @throws HearsayError `ERR_INPUT`, `ERR_KEY` */
export async function bundleInspect(args: InspectArgs, io: Pick<CliIo, 'out' | 'err' | 'stdin'>): Promise<number> {
  const keys = await readKeys(args);
  const files = args.files === undefined || args.files.length === 0 ? ['-'] : args.files;
  let status = VALID;
  for (const file of files) {
    const inputs = bundlesIn(await readInput(file, io), args.hex === true);
    const single = files.length === 1 && inputs.length === 1;
    for (const input of inputs) {
      const view = look(input, keys, files.length > 1 ? file : undefined);
      if (!view.valid) status = INVALID;
      tell(view, { single, json: args.json === true }, io);
    }
  }
  return status;
}

interface Look extends Partial<BundleView> {
  /** Where there are several. */
  readonly file?: string;
  readonly valid: boolean;
  readonly error?: ErrorView;
}

function look(input: BundleInput, keys: readonly SecurityKey[], file: string | undefined): Look {
  const { sizeBytes, bundle, error } = readBundle(input);
  return {
    ...(file === undefined ? {} : { file }),
    valid: error === undefined,
    ...(error === undefined ? {} : { error: viewError(error) }),
    ...(bundle === undefined ? {} : viewBundle(bundle, sizeBytes, keys)),
  };
}

function tell(
  view: Look,
  { single, json }: { readonly single: boolean; readonly json: boolean },
  io: Pick<CliIo, 'out' | 'err'>,
): void {
  if (json) io.out(`${JSON.stringify(view)}\n`);
  else if (!single) io.out(`${oneLine(view)}\n`);
  else if (isReadable(view)) io.out(`${render(view)}\n`);
  if (view.error !== undefined && (single || json)) io.err(`${refusal(view.error)}\n`);
}

function isReadable(view: Look): view is Look & BundleView {
  return view.primaryBlock !== undefined;
}

function refusal({ code, offset, message }: ErrorView): string {
  return `${code} at byte ${offset}: ${message}`;
}

function oneLine(view: Look): string {
  const file = view.file === undefined ? [] : [printable(view.file)];
  if (view.error !== undefined || !isReadable(view)) {
    return [...file, 'invalid', view.error === undefined ? '' : refusal(view.error)].join('  ');
  }
  const { source, destination } = view.primaryBlock;
  const blocks = view.blocks.map(({ blockType }) => blockType).join(',');
  const fields = [view.bundleKey, `${view.sizeBytes} bytes`, `${text(source)} → ${text(destination)}`];
  const security = view.security.map(({ block, target, verdict }) => `${block}→${target ?? '?'} ${verdict}`).join(', ');
  const words = security === '' ? 'no security operation' : `security ${security}`;
  return [...file, 'valid  ', ...fields, `blocks ${blocks}`, words].join('  ');
}

function render(view: Look & BundleView): string {
  const sections = [
    `Bundle ${view.bundleKey}, ${view.sizeBytes} bytes${view.valid ? '' : ', not valid'}`,
    `Primary block\n${table(primaryRows(view.primaryBlock))}`,
    ...view.blocks.map((block) => `${blockTitle(block)}\n${table(blockRows(block))}`),
    ...view.security.map((operation) => `Security operation\n${table(operationRows(operation))}`),
    `Signature\n${table(signatureRows(view.signature))}`,
  ];
  return sections.join('\n\n');
}

function primaryRows(primary: BundleView['primaryBlock']): string[][] {
  const timestamp = primary.creationTimestamp as { time: unknown; sequenceNumber: unknown; utc: string | null };
  const rows = [
    ['source', text(primary.source)],
    ['destination', text(primary.destination)],
    ['report to', text(primary.reportTo)],
    ['created', timestamp.utc ?? (timestamp.time === 0 ? 'unknown (no clock)' : `DTN time ${timestamp.time}`)],
    ['sequence', text(timestamp.sequenceNumber)],
    ['lifetime', `${text(primary.lifetime)} ms`],
    ['flags', flagText(primary.flags, primary.flagNames)],
    ['CRC', `${text(primary.crcName)} ${text(primary.crcStatus)}`],
  ];
  if (primary.fragmentOffset !== undefined) {
    rows.push(['fragment', `from ${text(primary.fragmentOffset)} of ${text(primary.totalApplicationDataUnitLength)}`]);
  }
  return rows;
}

function blockTitle(block: BlockView): string {
  return `Block ${block.blockNumber}: ${block.blockTypeName} (type ${block.blockType})`;
}

function blockRows(block: BlockView): string[][] {
  const rows = [
    ['flags', flagText(block.flags, block.flagNames)],
    ['CRC', block.crcStatus === 'absent' ? 'none' : `${block.crcName} ok`],
    ['length', `${block.length} bytes`],
  ];
  if (block.content === null) rows.push(['data', preview(block.data)]);
  for (const [name, value] of Object.entries(block.content ?? {})) rows.push([spaced(name), text(value)]);
  return rows;
}

function operationRows(operation: OperationVerdict): string[][] {
  const { verdict, message, keyId, plaintext } = operation;
  const rows = [
    ['what', nameOf(operation)],
    ['verdict', `${verdict}: ${message}`],
  ];
  if (keyId !== null && keyId !== '') rows.push(['key id', keyIdText(keyId)]);
  if (plaintext !== null) rows.push(['plaintext', preview(plaintext)]);
  return rows;
}

/** Key ids are often text. */
function keyIdText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').toString('latin1');
  return /^[\x21-\x7e]+$/.test(bytes) ? `${hex} (${bytes})` : hex;
}

function signatureRows(signature: BundleView['signature']): string[][] {
  const rows = [['verdict', `${signature.verdict}: ${signature.message}`]];
  for (const name of ['securitySource', 'alg', 'keyId', 'certificate', 'publicKey']) {
    const value = signature[name];
    if (value === undefined || value === null) continue;
    rows.push([spaced(name), name === 'certificate' ? preview(String(value)) : text(value)]);
  }
  return rows;
}

function flagText(flags: number, names: readonly string[]): string {
  return names.length === 0 ? 'none' : `0x${flags.toString(16)} ${names.join(', ')}`;
}

function preview(hex: string): string {
  return hex.length <= PREVIEW_BYTES * 2 ? hex : `${hex.slice(0, PREVIEW_BYTES * 2)}…`;
}

/** `hopLimit` becomes `hop limit`. */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function text(value: unknown): string {
  return printable(typeof value === 'object' ? JSON.stringify(value) : value, 400);
}
