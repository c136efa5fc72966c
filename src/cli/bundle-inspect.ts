/**
 * `hearsay bundle inspect`: a bundle, block by block.
 *
 * Exit status 0 for a valid bundle (whatever its signature), 2 for one that is not, 1 when the input cannot be read.
 * JSON keys: docs/protocol/bundles.md.
 */
import { open } from 'node:fs/promises';
import { concatBytes, DecodeError, fromHex, messageOf, printable, utf8Decode } from '../base/index.js';
import { DEFAULT_MAX_BUNDLE_BYTES, decodeBundle, formatEid } from '../bundle/index.js';
import { readDeviceCertificate } from '../people/index.js';
import { type BlockView, type BundleView, type KeyResolver, viewBundle } from './bundle-view.js';
import type { CliIo } from './io.js';
import { table } from './table.js';

const INVALID = 2;
const UNREADABLE = 1;
/** Two digits a byte and some white space; reading stops here, since more is too large in any case. */
const MAX_INPUT_BYTES = DEFAULT_MAX_BUNDLE_BYTES * 3;
const PREVIEW_BYTES = 48;

export interface InspectArgs {
  /** `-` or nothing: standard input. */
  readonly file?: string;
  readonly hex: boolean;
  readonly json: boolean;
}

/** @param resolve whose key to verify a signature with. @default the one that the bundle's own certificate names. */
export async function bundleInspect(
  args: InspectArgs,
  io: Pick<CliIo, 'out' | 'err' | 'stdin'>,
  resolve: KeyResolver = keyInCertificate,
): Promise<number> {
  let input: Uint8Array;
  try {
    input = await readInput(args.file, io);
  } catch (error) {
    io.err(`hearsay: cannot read ${printable(args.file ?? 'standard input')}: ${messageOf(error)}\n`);
    return UNREADABLE;
  }
  try {
    const bytes = args.hex ? fromHexText(input) : input;
    const view = viewBundle(decodeBundle(bytes), bytes.length, resolve);
    io.out(args.json ? `${JSON.stringify(view)}\n` : `${render(view)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { code, offset, message } = error;
    io.err(`${code} at byte ${offset}: ${message}\n`);
    if (args.json) io.out(`${JSON.stringify({ valid: false, error: { code, offset, message } })}\n`);
    return INVALID;
  }
}

/** The certificate is checked against the person's key that it names, and has to be for the bundle's signer. */
const keyInCertificate: KeyResolver = ({ certificate, securitySource }) => {
  if (certificate === undefined) return undefined;
  try {
    const { person, device, deviceKey } = readDeviceCertificate(certificate);
    return formatEid(securitySource) === `dtn://${person}/${device}` ? deviceKey : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
};

async function readInput(file: string | undefined, io: Pick<CliIo, 'stdin'>): Promise<Uint8Array> {
  if (file === undefined || file === '-') return readAll(io.stdin);
  const handle = await open(file);
  try {
    return await readAll(handle.createReadStream({ autoClose: false }));
  } finally {
    await handle.close();
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT_BYTES) break;
  }
  return concatBytes(...chunks);
}

/** @throws DecodeError `ERR_HEX`, with the offset in the text. */
function fromHexText(input: Uint8Array): Uint8Array {
  const bad = input.findIndex((byte) => !/[0-9a-fA-F\s]/.test(String.fromCharCode(byte)));
  if (bad >= 0) throw new DecodeError('ERR_HEX', 'not a hexadecimal digit', bad);
  const digits = (utf8Decode(input) ?? '').replace(/\s+/g, '');
  if (digits.length % 2 !== 0) throw new DecodeError('ERR_HEX', 'an odd number of hexadecimal digits', input.length);
  return fromHex(digits);
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
