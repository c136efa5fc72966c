/**
 * Large content in chunks: the message's bundle holds a manifest in place of the sealed content, and each chunk is a
 * bundle of its own (docs/protocol/chat.md).
 *
 * A chunk names its message in its destination, which every carrier has at hand: one receipt clears them all. Its
 * creation timestamp follows from the message's and its index, and with it its key, so whoever holds the manifest knows
 * which chunks are missing, and whoever holds a chunk can tell that it belongs to that message and to the same author.
 */
import { bytesEqual, DecodeError } from '../base/index.js';
import {
  type BundleKey,
  bundleKey,
  type CreationTimestamp,
  type DtnEid,
  dtnEid,
  type Eid,
  type PrimaryBlock,
} from '../bundle/index.js';
import { CborWriter, decodeCbor, encodeCbor } from '../cbor/index.js';
import { sha256 } from '../crypto/index.js';
import { isPersonId, type PersonId } from '../people/index.js';
import { MAX_BODY_BYTES } from './message.js';

export interface Manifest {
  /** Of the sealed content. */
  readonly totalBytes: number;
  /** Of every chunk but the last, which has the rest. */
  readonly chunkBytes: number;
  /** SHA-256 of the sealed content. */
  readonly hash: Uint8Array;
}

export interface Chunk {
  /** From 0. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** Sealed content has version 1 in the same place. */
const MANIFEST_VERSION = 2;
const ARRAY_MAJOR = 4;
const HASH_BYTES = 32;
/** More is no manifest, whatever follows its known elements. */
const MAX_MANIFEST_BYTES = 256;
/** Content is larger than its text: by its seal, which grows with the recipients, and by what else it says. */
const MAX_CONTENT_BYTES = MAX_BODY_BYTES + 16 * 1024;
export const DEFAULT_CHUNK_BYTES = 16 * 1024;
/** Smaller ones would be more signature than content. */
export const MIN_CHUNK_BYTES = 4 * 1024;
export const MAX_CHUNK_BYTES = 64 * 1024;
const MAX_CHUNKS = Math.ceil(MAX_CONTENT_BYTES / MIN_CHUNK_BYTES);

const MAX_SEQUENCE = 2n ** 64n - 1n;

const CHUNK_SERVICE = '~chunk/';
const CHUNK_DESTINATION = /^dtn:\/\/([a-z2-7]{26})\/~chunk\/([0-9a-f]{32})$/;

/** Where the chunks of a message go. */
export function chunkEndpoint(person: PersonId, message: BundleKey): DtnEid {
  return dtnEid(person, CHUNK_SERVICE + message);
}

/** @returns whose chunk of which message goes there, or undefined where no chunks go. */
export function chunkOf(destination: string): { readonly person: PersonId; readonly message: BundleKey } | undefined {
  const [, person, message] = CHUNK_DESTINATION.exec(destination) ?? [];
  if (person === undefined || message === undefined || !isPersonId(person)) return undefined;
  return { person, message: message as BundleKey };
}

export function chunkCount({ totalBytes, chunkBytes }: Manifest): number {
  return Math.ceil(totalBytes / chunkBytes);
}

/** How long a chunk has to be. @returns 0 for an index that the content does not have. */
export function chunkLength({ totalBytes, chunkBytes }: Manifest, index: number): number {
  return Math.max(0, Math.min(chunkBytes, totalBytes - index * chunkBytes));
}

/**
 * The creation timestamp of a chunk: the message's time, and the sequence numbers that follow the message's.
 *
 * @returns undefined past the last sequence number there is.
 */
export function chunkCreation({ time, sequence }: CreationTimestamp, index: number): CreationTimestamp | undefined {
  return withSequence(time, BigInt(sequence) + BigInt(index + 1));
}

/** @returns the keys of a message's chunks, by index; undefined where there is no room for them behind the message. */
export function chunkKeys(
  source: Eid,
  creation: CreationTimestamp,
  manifest: Manifest,
): readonly BundleKey[] | undefined {
  const keys: BundleKey[] = [];
  for (let index = 0; index < chunkCount(manifest); index++) {
    const of = chunkCreation(creation, index);
    if (of === undefined) return undefined;
    keys.push(bundleKey({ source, creation: of }));
  }
  return keys;
}

/** @returns the key of the message that a chunk with this index belongs to, whatever its destination says. */
export function messageOfChunk(
  { source, creation }: Pick<PrimaryBlock, 'source' | 'creation'>,
  index: number,
): BundleKey | undefined {
  const of = withSequence(creation.time, BigInt(creation.sequence) - BigInt(index + 1));
  return of && bundleKey({ source, creation: of });
}

function withSequence(time: CreationTimestamp['time'], sequence: bigint): CreationTimestamp | undefined {
  if (sequence < 0n || sequence > MAX_SEQUENCE) return undefined;
  return { time, sequence: sequence <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sequence) : sequence };
}

/** @param chunkBytes {@link MIN_CHUNK_BYTES} to {@link MAX_CHUNK_BYTES}. */
export function manifestFor(content: Uint8Array, chunkBytes: number): Manifest {
  return { totalBytes: content.length, chunkBytes, hash: sha256(content) };
}

export function encodeManifest({ totalBytes, chunkBytes, hash }: Manifest): Uint8Array {
  return encodeCbor([MANIFEST_VERSION, totalBytes, chunkBytes, hash]);
}

/** Whether a message's payload is a manifest, good or bad, and not the sealed content itself. */
export function isManifest(payload: Uint8Array): boolean {
  return (payload[0] ?? 0) >> 5 === ARRAY_MAJOR && payload[1] === MANIFEST_VERSION;
}

/** @throws DecodeError `ERR_MANIFEST`, also for content that is not worth chunks, or larger than any message. */
export function decodeManifest(payload: Uint8Array): Manifest {
  if (!isManifest(payload) || payload.length > MAX_MANIFEST_BYTES) throw refuse('ERR_MANIFEST', 'no manifest');
  const value = decodeCbor(payload);
  const [, totalBytes, chunkBytes, hash] = Array.isArray(value) ? value : [];
  if (!isWithin(totalBytes, 1, MAX_CONTENT_BYTES)) throw refuse('ERR_MANIFEST', 'a manifest of too much or nothing');
  if (!isWithin(chunkBytes, MIN_CHUNK_BYTES, MAX_CHUNK_BYTES)) throw refuse('ERR_MANIFEST', 'chunks of a bad size');
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES) throw refuse('ERR_MANIFEST', 'a bad hash');
  // A copy: it outlives the bundle that it came in.
  return { totalBytes, chunkBytes, hash: hash.slice() };
}

/** `content` may be large: the chunk is written straight from it. */
export function encodeChunk(content: Uint8Array, { chunkBytes }: Manifest, index: number): Uint8Array {
  const at = index * chunkBytes;
  const bytes = content.subarray(at, at + chunkBytes);
  return new CborWriter(bytes.length + 16).array(2).uint(index).byteString(bytes).finish();
}

/** @throws DecodeError `ERR_CHUNK`. */
export function decodeChunk(payload: Uint8Array): Chunk {
  const value = decodeCbor(payload);
  // Two elements, no more: another form of chunks would have another endpoint.
  const [index, bytes] = Array.isArray(value) && value.length === 2 ? value : [];
  if (!isWithin(index, 0, MAX_CHUNKS - 1)) throw refuse('ERR_CHUNK', 'a chunk that no content has');
  if (!(bytes instanceof Uint8Array) || bytes.length === 0 || bytes.length > MAX_CHUNK_BYTES) {
    throw refuse('ERR_CHUNK', 'a chunk of a bad size');
  }
  return { index, bytes };
}

/**
 * Puts content together again.
 *
 * @param chunks all of them, in any order.
 * @returns undefined when they are not the content that the manifest announced.
 */
export function assemble(manifest: Manifest, chunks: Iterable<Chunk>): Uint8Array | undefined {
  const content = new Uint8Array(manifest.totalBytes);
  const missing = new Set(Array.from({ length: chunkCount(manifest) }, (_, index) => index));
  for (const { index, bytes } of chunks) {
    if (!missing.delete(index) || bytes.length !== chunkLength(manifest, index)) return undefined;
    content.set(bytes, index * manifest.chunkBytes);
  }
  return missing.size === 0 && bytesEqual(sha256(content), manifest.hash) ? content : undefined;
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

function refuse(code: 'ERR_MANIFEST' | 'ERR_CHUNK', what: string): DecodeError {
  return new DecodeError(code, what, 0);
}
