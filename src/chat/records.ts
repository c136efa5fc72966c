/**
 * What the store keeps of messages: those we sent (outbox), those that wait for a client (inbox), and those that come in
 * chunks and are not whole yet (assemblies).
 */
import { DecodeError, type SteadyMs, steadyMs, type WallTimeMs, wallTimeMs } from '../base/index.js';
import type { BundleKey, CreationTimestamp } from '../bundle/index.js';
import { type CborValue, decodeCbor, encodeCbor } from '../cbor/index.js';
import { isPersonId, type PersonId } from '../people/index.js';
import { decodeManifest, encodeManifest, type Manifest } from './chunk.js';

/** A message of our own, from the moment it was taken over. */
export interface OutboxRecord {
  readonly localId: string;
  /** As the client wrote it. */
  readonly to: string;
  readonly toJid: string;
  readonly person: PersonId | undefined;
  readonly clientId: string | undefined;
  readonly writtenAt: WallTimeMs;
  readonly keptSince: SteadyMs;
  readonly expiresAt: SteadyMs;
  /** The text, only while it waits for the recipient's key; once sealed it is in the bundle. */
  readonly body: string | undefined;
  readonly bundle: BundleKey | undefined;
  /** The laptops that said they have it on disk. */
  readonly carriers: readonly string[];
  /** Which of them have promised to keep it, and until when, on this node's line of time. */
  readonly promises: readonly { readonly carrier: string; readonly until: SteadyMs }[];
  readonly outcome: { readonly state: 'delivered' | 'expired'; readonly at: WallTimeMs } | undefined;
  readonly wantsReceipt: boolean;
  /** A client was told of the outcome. */
  readonly outcomeShown: boolean;
}

export interface InboxRecord {
  readonly inboxId: string;
  readonly from: PersonId;
  readonly messageId: string;
  readonly body: string;
  readonly writtenAt: WallTimeMs;
  readonly receivedAt: WallTimeMs;
}

/** A message for one of our people whose chunks are being collected; its bundle is in the store. */
export interface AssemblyRecord {
  readonly manifest: Manifest;
  /** Of the message's bundle; those of its chunks follow from it. */
  readonly creation: CreationTimestamp;
  /** It came together, and is sealed to other devices of the person: it is carried on to them. */
  readonly forOthers: boolean;
}

const OUTCOMES = ['delivered', 'expired'] as const;
/** The first records knew of no promises. */
const FIRST_OUTBOX_FIELDS = 14;

export function encodeOutbox(record: OutboxRecord): Uint8Array {
  const { outcome } = record;
  return encodeCbor([
    record.localId,
    record.to,
    record.toJid,
    record.person ?? null,
    record.clientId ?? null,
    Math.round(record.writtenAt),
    Math.round(record.keptSince),
    Math.round(record.expiresAt),
    record.body ?? null,
    record.bundle ?? null,
    record.carriers,
    outcome === undefined ? null : [OUTCOMES.indexOf(outcome.state), Math.round(outcome.at)],
    record.wantsReceipt,
    record.outcomeShown,
    record.promises.map(({ carrier, until }) => [carrier, Math.round(until)]),
  ]);
}

/** @throws DecodeError `ERR_RECORD`. */
export function decodeOutbox(bytes: Uint8Array): OutboxRecord {
  const fields = fieldsOf(bytes, FIRST_OUTBOX_FIELDS);
  const person = optionalText(fields[3]);
  return {
    localId: text(fields[0]),
    to: text(fields[1]),
    toJid: text(fields[2]),
    person: person !== undefined && isPersonId(person) ? person : undefined,
    clientId: optionalText(fields[4]),
    writtenAt: wallTimeMs(integer(fields[5])),
    keptSince: steadyMs(integer(fields[6])),
    expiresAt: steadyMs(integer(fields[7])),
    body: optionalText(fields[8]),
    bundle: optionalText(fields[9]) as BundleKey | undefined,
    carriers: Array.isArray(fields[10]) ? fields[10].filter((carrier) => typeof carrier === 'string') : [],
    outcome: outcomeOf(fields[11]),
    wantsReceipt: fields[12] === true,
    outcomeShown: fields[13] === true,
    promises: Array.isArray(fields[14]) ? fields[14].map(promiseOf) : [],
  };
}

function promiseOf(value: CborValue): OutboxRecord['promises'][number] {
  if (!Array.isArray(value)) throw refuse();
  return { carrier: text(value[0]), until: steadyMs(integer(value[1])) };
}

function outcomeOf(value: CborValue | undefined): OutboxRecord['outcome'] {
  if (!Array.isArray(value)) return undefined;
  const state = OUTCOMES[integer(value[0])];
  return state === undefined ? undefined : { state, at: wallTimeMs(integer(value[1])) };
}

export function encodeInbox(record: InboxRecord): Uint8Array {
  return encodeCbor([
    record.inboxId,
    record.from,
    record.messageId,
    record.body,
    Math.round(record.writtenAt),
    Math.round(record.receivedAt),
  ]);
}

/** @throws DecodeError `ERR_RECORD`. */
export function decodeInbox(bytes: Uint8Array): InboxRecord {
  const fields = fieldsOf(bytes, 6);
  const from = text(fields[1]);
  if (!isPersonId(from)) throw refuse();
  return {
    inboxId: text(fields[0]),
    from,
    messageId: text(fields[2]),
    body: text(fields[3]),
    writtenAt: wallTimeMs(integer(fields[4])),
    receivedAt: wallTimeMs(integer(fields[5])),
  };
}

export function encodeAssembly({ manifest, creation, forOthers }: AssemblyRecord): Uint8Array {
  return encodeCbor([encodeManifest(manifest), creation.time, creation.sequence, forOthers]);
}

/** @throws DecodeError `ERR_RECORD`, `ERR_MANIFEST`. */
export function decodeAssembly(bytes: Uint8Array): AssemblyRecord {
  const [manifest, time, sequence, forOthers] = fieldsOf(bytes, 4);
  if (!(manifest instanceof Uint8Array) || !isUint64(time) || !isUint64(sequence)) throw refuse();
  return { manifest: decodeManifest(manifest), creation: { time, sequence }, forOthers: forOthers === true };
}

function isUint64(value: CborValue | undefined): value is number | bigint {
  return (typeof value === 'number' || typeof value === 'bigint') && value >= 0;
}

/** Records only ever grow at their end. */
function fieldsOf(bytes: Uint8Array, least: number): readonly CborValue[] {
  const value = decodeCbor(bytes);
  if (!Array.isArray(value) || value.length < least) throw refuse();
  return value;
}

function text(value: CborValue | undefined): string {
  if (typeof value !== 'string') throw refuse();
  return value;
}

function optionalText(value: CborValue | undefined): string | undefined {
  return value === null || value === undefined ? undefined : text(value);
}

function integer(value: CborValue | undefined): number {
  if (typeof value !== 'number') throw refuse();
  return value;
}

function refuse(): DecodeError {
  return new DecodeError('ERR_RECORD', 'not the record of a message', 0);
}
