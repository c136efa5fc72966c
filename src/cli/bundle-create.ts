/** `hearsay bundle create`: a bundle from its parts, signed, protected and cut into fragments if asked. */
import { writeFile } from 'node:fs/promises';
import {
  concatBytes,
  fromDtnTime,
  fromHex,
  HearsayError,
  InvariantError,
  messageOf,
  printable,
  toHex,
} from '../base/index.js';
import {
  type Bundle,
  BundleFlag,
  CrcType,
  createBundle,
  decodeBundle,
  type Eid,
  encodeBundle,
  fragmentBundle,
  freeBlockNumber,
  signBundle,
  type Uint64,
} from '../bundle/index.js';
import { readInput } from './bundle-input.js';
import { readSigningKey } from './bundle-keys.js';
import { type ProtectArgs, protect, readProtection } from './bundle-protect.js';
import { BUNDLE_FLAG_NAMES } from './bundle-view.js';
import type { CliIo } from './io.js';

const KEY_ID_BYTES = 8;

/** A block of any type, for trying out what others do with it. */
export interface ExtraBlock {
  readonly type: number;
  readonly data: Uint8Array;
  readonly flags: number;
}

export interface CreateArgs extends ProtectArgs {
  readonly source: Eid;
  readonly dest: Eid;
  readonly reportTo?: Eid;
  /** `-`: standard input. */
  readonly payload: string;
  /** In ms. */
  readonly lifetime: number;
  readonly creationTime?: Uint64;
  readonly sequence?: number;
  readonly flags?: number;
  readonly crc?: CrcType;
  readonly age?: number;
  readonly hopLimit?: number;
  readonly previousNode?: Eid;
  readonly block?: readonly ExtraBlock[];
  /** A file, or hexadecimal digits. */
  readonly signKey?: string;
  /** The most bytes of payload in a fragment. */
  readonly fragment?: number;
  readonly hex?: boolean;
  readonly out?: string;
}

/** @throws HearsayError `ERR_BUNDLE_PARTS` when they make no valid bundle, `ERR_KEY` */
export async function bundleCreate(args: CreateArgs, io: CliIo, nowDtn: () => number): Promise<number> {
  const payload = await payloadOf(args, io);
  const bundles = (await make(args, payload, nowDtn)).map((bundle) => checked(encodeBundle(bundle)));
  // One line each in text, one after the other in binary: what the other commands take in.
  const output = args.hex === true ? `${bundles.map(toHex).join('\n')}\n` : concatBytes(...bundles);
  if (args.out !== undefined && args.out !== '-') await writeFile(args.out, output);
  else io.out(output);
  return 0;
}

async function payloadOf({ payload }: CreateArgs, io: CliIo): Promise<Uint8Array> {
  try {
    return await readInput(payload, io);
  } catch (error) {
    throw new HearsayError('ERR_PAYLOAD', `cannot read ${printable(payload)}: ${messageOf(error)}`, { cause: error });
  }
}

async function make(args: CreateArgs, payload: Uint8Array, nowDtn: () => number): Promise<readonly Bundle[]> {
  const key = args.signKey === undefined ? undefined : await readSigningKey(args.signKey);
  const protection = await readProtection(args);
  const time = args.creationTime ?? nowDtn();
  // A bundle without a creation time needs an age; one that is made now is not old.
  const ageMs = args.age ?? (time === 0 ? 0 : undefined);
  const parts = () => {
    const plain = createBundle({
      source: args.source,
      destination: args.dest,
      ...(args.reportTo === undefined ? {} : { reportTo: args.reportTo }),
      // A bundle from nobody can't be put together again (RFC 9171 §4.2.3).
      flags: args.flags ?? (args.source.kind === 'null' ? BundleFlag.MustNotFragment : 0),
      creation: { time, sequence: args.sequence ?? 0 },
      lifetimeMs: args.lifetime,
      payload,
      ...(args.previousNode === undefined ? {} : { previousNode: args.previousNode }),
      ...(ageMs === undefined ? {} : { ageMs }),
      ...(args.hopLimit === undefined ? {} : { hopLimit: args.hopLimit }),
    });
    const filled = withBlocks(plain, args.block ?? []);
    const summed = args.crc === undefined ? filled : withCrc(filled, args.crc);
    if (key === undefined) return protect(summed, protection);
    const keyId = key.publicKey.subarray(0, KEY_ID_BYTES);
    const securitySource = args.securitySource ?? args.source;
    return protect(signBundle(summed, { privateKey: key, keyId, securitySource }), protection);
  };
  const bundle = orBadParts(parts);
  if (args.fragment === undefined) return [bundle];
  const fragments = fragmentBundle(bundle, { maxPayloadBytes: args.fragment });
  if (!fragments.ok) throw badParts(`the bundle cannot be cut: ${fragments.reason}`);
  return fragments.fragments;
}

function withBlocks(bundle: Bundle, extra: readonly ExtraBlock[]): Bundle {
  let { blocks } = bundle;
  for (const block of extra) {
    const number = freeBlockNumber(blocks);
    blocks = blocks.toSpliced(-1, 0, { ...block, number, crcType: CrcType.Crc32c });
  }
  return { primary: bundle.primary, blocks };
}

/** The primary block keeps a CRC in any case: RFC 9171 §4.3.1 wants one where no integrity block protects it. */
function withCrc({ primary, blocks }: Bundle, crcType: CrcType): Bundle {
  const ofPrimary = crcType === CrcType.None ? primary.crcType : crcType;
  return { primary: { ...primary, crcType: ofPrimary }, blocks: blocks.map((block) => ({ ...block, crcType })) };
}

/** Nothing leaves this command that a decoder would refuse. */
function checked(bytes: Uint8Array): Uint8Array {
  orBadParts(() => decodeBundle(bytes));
  return bytes;
}

function orBadParts<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof InvariantError || (error instanceof HearsayError && error.code.startsWith('ERR_BUNDLE_'))) {
      throw badParts(`these parts make no valid bundle: ${messageOf(error)}`, error);
    }
    throw error;
  }
}

function badParts(message: string, cause?: unknown): HearsayError {
  return new HearsayError('ERR_BUNDLE_PARTS', message, { cause });
}

/** A number, in decimal or as 0x…, or names from `bundle inspect`, separated by commas. */
export function readFlags(text: string): number {
  if (/^(0x[0-9a-f]{1,13}|[0-9]{1,15})$/i.test(text)) return Number(text);
  let flags = 0;
  for (const name of text.split(',')) {
    const flag = BUNDLE_FLAG_NAMES.find(([, known]) => known === name.trim())?.[0];
    if (flag === undefined) {
      const known = BUNDLE_FLAG_NAMES.map(([, each]) => each).join(', ');
      throw new HearsayError('ERR_OPTION', `"${printable(name)}" is no flag; there are ${known}`);
    }
    if ((flags & flag) === 0) flags += flag;
  }
  return flags;
}

/** DTN time in ms, or an ISO 8601 date; 0 for "no clock". */
export function readCreationTime(text: string): Uint64 {
  if (/^[0-9]{1,20}$/.test(text)) {
    const time = BigInt(text);
    if (time < 2n ** 64n) return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : time;
  }
  const dtn = Date.parse(text) - fromDtnTime(0);
  if (dtn > 0 && /^\d{4}-/.test(text)) return dtn;
  throw new HearsayError(
    'ERR_OPTION',
    `"${printable(text)}" is neither DTN time in ms nor a date such as 2026-11-23T12:00:00Z`,
  );
}

/** `TYPE:HEX`, with block processing flags as `TYPE:HEX:FLAGS`. */
export function readBlock(text: string): ExtraBlock {
  const match = /^([0-9]{1,9}):((?:[0-9a-f]{2})*)(?::(0x[0-9a-f]{1,8}|[0-9]{1,9}))?$/i.exec(text);
  if (match === null) {
    throw new HearsayError(
      'ERR_OPTION',
      `"${printable(text)}" is not TYPE:HEX or TYPE:HEX:FLAGS, as in 200:68656c6c6f:1`,
    );
  }
  return { type: Number(match[1]), data: fromHex(match[2] ?? ''), flags: Number(match[3] ?? 0) };
}

export function readCrc(text: string): CrcType {
  if (text === 'none') return CrcType.None;
  if (text === '16') return CrcType.Crc16;
  if (text === '32') return CrcType.Crc32c;
  throw new HearsayError('ERR_OPTION', `"${printable(text)}" is not one of none, 16, 32`);
}
