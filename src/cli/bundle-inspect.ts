/**
 * `hearsay bundle inspect`: a bundle, block by block.
 *
 * Several bundles in one input get a line each. Exit status 0 when all are valid (whatever their signatures), 2 when one is
 * not, 1 when the input cannot be read.
 * JSON keys: docs/protocol/bundles.md.
 */
import { DecodeError, messageOf, printable } from '../base/index.js';
import { decodeBundle } from '../bundle/index.js';
import { type BundleInput, bundlesIn, readInput } from './bundle-input.js';
import { type KeyResolver, readPublicKeys, resolverFor } from './bundle-keys.js';
import { type BlockView, type BundleView, viewBundle } from './bundle-view.js';
import type { CliIo } from './io.js';
import { table } from './table.js';

const INVALID = 2;
const UNREADABLE = 1;
const PREVIEW_BYTES = 48;

export interface InspectArgs {
  /** `-` or nothing: standard input. */
  readonly file?: string;
  readonly hex: boolean;
  readonly json: boolean;
  /** Files with public keys, or keys in hexadecimal. */
  readonly key?: readonly string[];
}

/** @param resolve whose key to verify a signature with. @default the given keys, else the one in the certificate */
export async function bundleInspect(
  args: InspectArgs,
  io: Pick<CliIo, 'out' | 'err' | 'stdin'>,
  resolve?: KeyResolver,
): Promise<number> {
  const keys = (await Promise.all((args.key ?? []).map(readPublicKeys))).flat();
  let input: Uint8Array;
  try {
    input = await readInput(args.file, io);
  } catch (error) {
    io.err(`hearsay: cannot read ${printable(args.file ?? 'standard input')}: ${messageOf(error)}\n`);
    return UNREADABLE;
  }
  const views = bundlesIn(input, args.hex).map((bundle) => look(bundle, keys, resolve));
  const single = views.length === 1;
  for (const view of views) {
    if (args.json) io.out(`${JSON.stringify(view)}\n`);
    else if (!single) io.out(`${oneLine(view)}\n`);
    else if (view.valid) io.out(`${render(view)}\n`);
    if (!view.valid && (single || args.json)) io.err(`${refusal(view)}\n`);
  }
  return views.every(({ valid }) => valid) ? 0 : INVALID;
}

interface InvalidView {
  readonly valid: false;
  readonly error: { readonly code: string; readonly offset: number; readonly message: string };
}

function look(
  input: BundleInput,
  keys: readonly Uint8Array[],
  resolve: KeyResolver | undefined,
): BundleView | InvalidView {
  try {
    if (input instanceof DecodeError) throw input;
    const bundle = decodeBundle(input);
    return viewBundle(bundle, input.length, resolve ?? resolverFor(bundle, keys));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { code, offset, message } = error;
    return { valid: false, error: { code, offset, message } };
  }
}

function refusal({ error: { code, offset, message } }: InvalidView): string {
  return `${code} at byte ${offset}: ${message}`;
}

function oneLine(view: BundleView | InvalidView): string {
  if (!view.valid) return `invalid  ${refusal(view)}`;
  const { source, destination } = view.primaryBlock;
  const blocks = view.blocks.map(({ blockType }) => blockType).join(',');
  const signature = `signature ${view.signature.verdict}`;
  const fields = [view.bundleKey, `${view.sizeBytes} bytes`, `${text(source)} → ${text(destination)}`];
  return ['valid  ', ...fields, `blocks ${blocks}`, signature].join('  ');
}

function render(view: BundleView): string {
  const sections = [
    `Bundle ${view.bundleKey}, ${view.sizeBytes} bytes`,
    `Primary block\n${table(primaryRows(view.primaryBlock))}`,
    ...view.blocks.map((block) => `${blockTitle(block)}\n${table(blockRows(block))}`),
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
