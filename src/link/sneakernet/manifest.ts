/**
 * What each laptop that uses a stick has written down on it: who it is, when it was here, what it holds. One file a laptop,
 * so that none ever rewrites another's; and the stick's own name. Format: docs/protocol/sneakernet.md.
 *
 * Neither is signed. Who can write to the stick can as well delete what is on it, and a lie here can do no more than that:
 * it keeps bundles from being written.
 */
import { bytesEqual, concatBytes, DecodeError, DTN_EPOCH_MS, toHex } from '../../base/index.js';
import { CborReader, CborWriter } from '../../cbor/index.js';
import { sha256 } from '../../crypto/index.js';
import { filterBytes, type HoldingsFilter, MAX_FILTER_KEYS, SALT_BYTES } from './filter.js';

const VERSION = 1;
const STICK = 'hearsay-stick';
const CARRIER = 'hearsay-carrier';
const CHECKSUM_BYTES = 8;
export const STICK_ID_BYTES = 16;
export const MAX_LABEL_BYTES = 64;
export const MAX_MANIFEST_BYTES = 256 + filterBytes(MAX_FILTER_KEYS);

/** 26 base32 digits, as in a NodeId. */
const CARRIER_ID = /^[a-z2-7]{26}$/;
/** The year 9999: no clock that is worth anything says more. */
const MAX_WALL_MS = 253_402_300_799_999;

/** What one laptop has said on the stick. */
export interface Manifest {
  /** The laptop's NodeId, as it claims. */
  readonly carrier: string;
  /** Unix ms of its last visit, or undefined when it had no clock to trust. */
  readonly visitedAt: number | undefined;
  readonly holdings: HoldingsFilter;
}

export function encodeManifest({ carrier, visitedAt, holdings }: Manifest): Uint8Array {
  const writer = new CborWriter(128 + holdings.bits.length).array(8).text(CARRIER).uint(VERSION).text(carrier);
  writer.uint(visitedAt === undefined ? 0 : Math.max(0, Math.round(visitedAt) - DTN_EPOCH_MS));
  return seal(writer.byteString(holdings.salt).uint(holdings.keys).byteString(holdings.bits));
}

/** @throws DecodeError, also for a file that was not written to its end. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) throw new DecodeError('ERR_STICK_MANIFEST', 'the manifest is too large', 0);
  const reader = open(bytes, CARRIER, 8);
  const carrier = reader.text();
  if (!CARRIER_ID.test(carrier)) reader.fail('ERR_STICK_MANIFEST', 'the manifest names no laptop');
  const visited = reader.uintUpTo(MAX_WALL_MS - DTN_EPOCH_MS);
  const salt = bytesOf(reader, SALT_BYTES);
  const keys = reader.uintUpTo(MAX_FILTER_KEYS);
  const bits = bytesOf(reader, filterBytes(keys));
  close(reader);
  return {
    carrier,
    visitedAt: visited === 0 ? undefined : visited + DTN_EPOCH_MS,
    holdings: { salt, keys, bits },
  };
}

/** @param id {@link STICK_ID_BYTES} random bytes. */
export function encodeLabel(id: Uint8Array): Uint8Array {
  return seal(new CborWriter().array(4).text(STICK).uint(VERSION).byteString(id));
}

/** @returns the stick's id in hex. @throws DecodeError */
export function decodeLabel(bytes: Uint8Array): string {
  const reader = open(bytes, STICK, 4);
  const id = bytesOf(reader, STICK_ID_BYTES);
  close(reader);
  return toHex(id);
}

function open(bytes: Uint8Array, kind: string, elements: number): CborReader {
  const reader = new CborReader(bytes);
  reader.arrayOf(elements, 'the file');
  if (reader.text() !== kind) reader.fail('ERR_STICK_MANIFEST', `the file is no ${kind}`);
  if (reader.uint() !== VERSION) reader.fail('ERR_STICK_MANIFEST', 'a newer version wrote the file');
  return reader;
}

function bytesOf(reader: CborReader, length: number): Uint8Array {
  const found = reader.byteString();
  if (found.length !== length) reader.fail('ERR_STICK_MANIFEST', `${found.length} bytes instead of ${length}`);
  return found;
}

/** A stick that was pulled out leaves files that end anywhere, or with other files' content. */
function seal(writer: CborWriter): Uint8Array {
  const content = writer.finish();
  return concatBytes(content, new CborWriter(16).byteString(checksum(content)).finish());
}

function close(reader: CborReader): void {
  const written = checksum(reader.bytes.subarray(0, reader.offset));
  if (!bytesEqual(bytesOf(reader, CHECKSUM_BYTES), written)) {
    reader.fail('ERR_STICK_MANIFEST', 'the file was not written to its end');
  }
  reader.expectEnd('the file');
}

function checksum(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECKSUM_BYTES);
}
