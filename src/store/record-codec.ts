/**
 * How values lie on disk: a CRC-32, then the content. Entries and seen keys are CBOR arrays, in the order below.
 *
 * LevelDB does not check a block's checksum on ordinary reads. Without one of our own, a flipped bit on an ageing disk
 * would be handed to a neighbour, who would take us for a forger.
 */
import { crc32 } from 'node:zlib';
import { Decoder, Encoder } from 'cbor-x';
import { asBuffer, HearsayError, type SteadyMs, utf8, utf8Decode } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { DropReason, FragmentPlace, LedgerEntry, SeenEntry, WantedReports } from './types.js';

const CRC_BYTES = 4;
const CODEC_OPTIONS = { useRecords: false, tagUint8Array: false } as const;
const encoder = new Encoder(CODEC_OPTIONS);
const decoder = new Decoder(CODEC_OPTIONS);

/** The numbers by which drop reasons are stored; only ever append. */
const REASONS: readonly DropReason[] = [
  'expired',
  'receipted',
  'superseded',
  'delivered',
  'evicted',
  'hop-limit',
  'forwarded',
  'bad-payload',
  'reassembled',
];

type EntryRow = [
  seq: number,
  bundleClass: number,
  sizeBytes: number,
  source: string,
  destination: string,
  receivedAt: number,
  ageAtReceiptMs: number,
  expiresAt: number,
  hops: number,
  own: boolean,
  copies: number | null,
  topicName: string | null,
  topicVersion: number | null,
  depositor: string | null,
  custodyUntil: number | null,
  createdAt: number | undefined,
  fragment?: FragmentRow | null,
  reports?: ReportsRow | null,
];
type FragmentRow = readonly [whole: string, offset: number, length: number, totalLength: number];
type ReportsRow = readonly [flags: number, reportTo: string, time: number | bigint, sequence: number | bigint];
/** Format 1 had no more; what is missing was never said. */
const FIRST_ENTRY_ROW = 13;
/** The time of creation of an entry whose row has none. */
export const NOT_NOTED = -1;

type SeenRow = [reason: number, rememberUntil: number, author: string | null, depositor: string | null];
const FIRST_SEEN_ROW = 2;

/** Puts the checksum in front. */
export function guard(content: Uint8Array): Uint8Array {
  const value = Buffer.allocUnsafe(CRC_BYTES + content.length);
  value.writeUInt32BE(crc32(content), 0);
  value.set(content, CRC_BYTES);
  return value;
}

/**
 * Takes the checksum off.
 *
 * @throws HearsayError `ERR_STORE_CORRUPT`
 */
export function unguard(value: Uint8Array, what: string): Uint8Array {
  if (value.length < CRC_BYTES) throw corrupt(what);
  // The database hands out Buffers, whose slice() shares memory where a Uint8Array's copies: none leaves the store.
  const content = new Uint8Array(value.buffer, value.byteOffset + CRC_BYTES, value.length - CRC_BYTES);
  if (asBuffer(value).readUInt32BE(0) !== crc32(content)) throw corrupt(what);
  return content;
}

export function guardText(text: string): Uint8Array {
  return guard(utf8(text));
}

export function unguardText(value: Uint8Array, what: string): string {
  const text = utf8Decode(unguard(value, what));
  if (text === undefined) throw corrupt(what);
  return text;
}

export function encodeEntry(entry: LedgerEntry): Uint8Array {
  const row: EntryRow = [
    entry.seq,
    entry.class,
    entry.sizeBytes,
    entry.source,
    entry.destination,
    entry.receivedAt,
    entry.ageAtReceiptMs,
    entry.expiresAt,
    entry.hops,
    entry.own,
    entry.copies ?? null,
    entry.topic?.name ?? null,
    entry.topic?.version ?? null,
    entry.depositor ?? null,
    entry.custodyUntil ?? null,
    entry.createdAt,
  ];
  // Most bundles are whole and ask for nothing: their rows stay short.
  const { fragment, reports } = entry;
  if (fragment !== undefined || reports !== undefined) {
    row.push(fragment === undefined ? null : fragmentRow(fragment));
    if (reports !== undefined) row.push(reportsRow(reports));
  }
  return guard(encoder.encode(row));
}

/**
 * @param intern gives back one and the same string for equal strings: 100,000 entries name few endpoints.
 * @throws HearsayError `ERR_STORE_CORRUPT`
 */
export function decodeEntry(key: BundleKey, value: Uint8Array, intern: (text: string) => string): LedgerEntry {
  const what = `the metadata of bundle ${key}`;
  const row = decodeRow<EntryRow>(value, FIRST_ENTRY_ROW, what);
  const [seq, bundleClass, sizeBytes, source, destination, receivedAt, ageAtReceiptMs, expiresAt, hops, own] = row;
  const [, , , , , , , , , , copies, topicName, topicVersion, depositor = null, custodyUntil = null, createdAt] = row;
  const [fragment = null, reports = null] = [row[16], row[17]];
  return {
    key,
    seq,
    class: bundleClass,
    sizeBytes,
    source: intern(source),
    destination: intern(destination),
    ...(topicName !== null && topicVersion !== null && { topic: { name: intern(topicName), version: topicVersion } }),
    createdAt: createdAt ?? NOT_NOTED,
    receivedAt: receivedAt as SteadyMs,
    ageAtReceiptMs,
    expiresAt: expiresAt as SteadyMs,
    hops,
    own,
    ...(depositor !== null && { depositor: intern(depositor) }),
    ...(custodyUntil !== null && { custodyUntil: custodyUntil as SteadyMs }),
    ...(copies !== null && { copies }),
    ...(fragment !== null && { fragment: fragmentOf(fragment) }),
    ...(reports !== null && { reports: reportsOf(reports) }),
  };
}

function fragmentRow({ whole, offset, length, totalLength }: FragmentPlace): FragmentRow {
  return [whole, offset, length, totalLength];
}

function fragmentOf([whole, offset, length, totalLength]: FragmentRow): FragmentPlace {
  return { whole: whole as BundleKey, offset, length, totalLength };
}

function reportsRow({ flags, reportTo, creation }: WantedReports): ReportsRow {
  return [flags, reportTo, creation.time, creation.sequence];
}

function reportsOf([flags, reportTo, time, sequence]: ReportsRow): WantedReports {
  return { flags, reportTo, creation: { time, sequence } };
}

export function encodeSeen(seen: SeenEntry): Uint8Array {
  const row: SeenRow = [REASONS.indexOf(seen.reason), seen.rememberUntil, seen.author ?? null, seen.depositor ?? null];
  return guard(encoder.encode(row));
}

/**
 * @param intern as for {@link decodeEntry}.
 * @throws HearsayError `ERR_STORE_CORRUPT`
 */
export function decodeSeen(key: BundleKey, value: Uint8Array, intern: (text: string) => string): SeenEntry {
  const what = `the memory of bundle ${key}`;
  const row = decodeRow<SeenRow>(value, FIRST_SEEN_ROW, what);
  const [reasonNumber, rememberUntil, author = null, depositor = null] = row;
  const reason = REASONS[reasonNumber];
  if (reason === undefined) throw corrupt(what);
  return {
    key,
    reason,
    rememberUntil: rememberUntil as SteadyMs,
    ...(author !== null && { author: intern(author) }),
    ...(depositor !== null && { depositor: intern(depositor) }),
  };
}

/** The checksum already vouches that these are the bytes we wrote, so only the outer shape is looked at. */
function decodeRow<Row extends readonly unknown[]>(value: Uint8Array, least: number, what: string): Row {
  const content = unguard(value, what);
  let row: unknown;
  try {
    row = decoder.decode(content);
  } catch (cause) {
    throw corrupt(what, cause);
  }
  if (!Array.isArray(row) || row.length < least) throw corrupt(what);
  return row as unknown as Row;
}

function corrupt(what: string, cause?: unknown): HearsayError {
  return new HearsayError('ERR_STORE_CORRUPT', `${what} is damaged on disk`, { cause });
}
