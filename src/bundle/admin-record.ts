/** Administrative records, RFC 9171 §6.1: what the payload of a bundle with that flag is. */
import { CborReader, CborWriter, Major } from '../cbor/index.js';
import { readEid, writeEid } from './eid.js';
import type { CreationTimestamp, Eid, Uint64 } from './types.js';

const TYPE_STATUS_REPORT = 1;
/** Received, forwarded, delivered, deleted. */
const STATUS_ITEMS = 4;
/** §6.1.1 says "at least 4"; nobody has defined a fifth. */
const MAX_STATUS_ITEMS = 16;
/** How deep a record of another type may nest. */
const MAX_DEPTH = 12;

/** Why something was done to a bundle: RFC 9171 §9.5, and from 12 on RFC 9172 §11.3. */
export const ReportReason = {
  NoInformation: 0,
  LifetimeExpired: 1,
  ForwardedOverUnidirectionalLink: 2,
  TransmissionCanceled: 3,
  DepletedStorage: 4,
  DestinationUnavailable: 5,
  NoRoute: 6,
  NoTimelyContact: 7,
  BlockUnintelligible: 8,
  HopLimitExceeded: 9,
  TrafficPared: 10,
  BlockUnsupported: 11,
  MissingSecurityOperation: 12,
  UnknownSecurityOperation: 13,
  UnexpectedSecurityOperation: 14,
  FailedSecurityOperation: 15,
  ConflictingSecurityOperation: 16,
} as const;

/** Whether something happened, and when, if the bundle asked for times. Time 0: by a node without a clock. */
export interface StatusAssertion {
  readonly asserted: boolean;
  readonly time?: Uint64;
}

export interface StatusReport {
  readonly received: StatusAssertion;
  readonly forwarded: StatusAssertion;
  readonly delivered: StatusAssertion;
  readonly deleted: StatusAssertion;
  /** Items that a later standard may define. */
  readonly others?: readonly StatusAssertion[];
  /** One of {@link ReportReason}, or a number that we do not know. */
  readonly reason: Uint64;
  /** The source of the bundle that the report is about. */
  readonly source: Eid;
  readonly creation: CreationTimestamp;
  /** For a report about a fragment: where in the payload it began, and how much it had. */
  readonly fragment?: { readonly offset: Uint64; readonly length: Uint64 };
}

export type AdminRecord =
  | { readonly kind: 'status-report'; readonly report: StatusReport }
  /** `content` is one CBOR item, as it was encoded. */
  | { readonly kind: 'other'; readonly type: Uint64; readonly content: Uint8Array };

/** @throws DecodeError `ERR_BUNDLE_ADMIN_RECORD` or `ERR_CBOR_…`, and nothing else. */
export function decodeAdminRecord(payload: Uint8Array): AdminRecord {
  const reader = new CborReader(payload);
  reader.arrayOf(2, 'an administrative record');
  const type = reader.uint();
  const start = reader.offset;
  if (type === TYPE_STATUS_REPORT) {
    const report = readStatusReport(reader);
    reader.expectEnd('the administrative record');
    return { kind: 'status-report', report };
  }
  reader.skip(MAX_DEPTH);
  reader.expectEnd('the administrative record');
  return { kind: 'other', type, content: payload.subarray(start) };
}

export function encodeAdminRecord(record: AdminRecord): Uint8Array {
  const writer = new CborWriter(128).array(2);
  if (record.kind === 'status-report') writeStatusReport(writer.uint(TYPE_STATUS_REPORT), record.report);
  else writer.uint(record.type).raw(record.content);
  return writer.finish();
}

function readStatusReport(reader: CborReader): StatusReport {
  const start = reader.offset;
  const elements = reader.array();
  if (elements !== 4 && elements !== 6) {
    reader.fail('ERR_BUNDLE_ADMIN_RECORD', `a status report has 4 or 6 elements, not ${elements}`, start);
  }
  const itemsAt = reader.offset;
  const count = reader.array();
  if (count < STATUS_ITEMS || count > MAX_STATUS_ITEMS) {
    reader.fail('ERR_BUNDLE_ADMIN_RECORD', `a status report has 4 items of status, not ${count}`, itemsAt);
  }
  const received = readAssertion(reader);
  const forwarded = readAssertion(reader);
  const delivered = readAssertion(reader);
  const deleted = readAssertion(reader);
  const others: StatusAssertion[] = [];
  while (others.length < count - STATUS_ITEMS) others.push(readAssertion(reader));
  const reason = reader.uint();
  const source = readEid(reader);
  reader.arrayOf(2, 'the creation timestamp');
  const creation = { time: reader.uint(), sequence: reader.uint() };
  return {
    received,
    forwarded,
    delivered,
    deleted,
    ...(others.length === 0 ? {} : { others }),
    reason,
    source,
    creation,
    ...(elements === 4 ? {} : { fragment: { offset: reader.uint(), length: reader.uint() } }),
  };
}

/** `[true]`, `[true, time]` or `[false]`. */
function readAssertion(reader: CborReader): StatusAssertion {
  const start = reader.offset;
  const elements = reader.array();
  const assertedAt = reader.offset;
  const asserted = elements > 0 && reader.peekMajor() === Major.Simple ? reader.simple() : null;
  if (asserted === null) {
    reader.fail('ERR_BUNDLE_ADMIN_RECORD', 'an item of status begins with true or false', assertedAt);
  }
  if (elements > (asserted ? 2 : 1)) {
    reader.fail('ERR_BUNDLE_ADMIN_RECORD', `an item of status has ${elements} elements`, start);
  }
  return elements === 2 ? { asserted, time: reader.uint() } : { asserted };
}

function writeStatusReport(writer: CborWriter, report: StatusReport): void {
  const { fragment, others = [] } = report;
  writer.array(fragment === undefined ? 4 : 6).array(STATUS_ITEMS + others.length);
  for (const item of [report.received, report.forwarded, report.delivered, report.deleted, ...others]) {
    writer.array(item.time === undefined ? 1 : 2).bool(item.asserted);
    if (item.time !== undefined) writer.uint(item.time);
  }
  writer.uint(report.reason);
  writeEid(writer, report.source);
  writer.array(2).uint(report.creation.time).uint(report.creation.sequence);
  if (fragment !== undefined) writer.uint(fragment.offset).uint(fragment.length);
}
