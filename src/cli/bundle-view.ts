/** A bundle as a plain object, with the names of RFC 9171: what `bundle inspect` prints. */
import { DecodeError, fromDtnTime, toHex } from '../base/index.js';
import {
  ageOf,
  BlockFlag,
  BlockType,
  type Bundle,
  BundleFlag,
  bundleKeyOf,
  type CanonicalBlock,
  CrcType,
  type CreationTimestamp,
  copiesOf,
  decodeAdminRecord,
  describeSecurity,
  formatEid,
  hopCountOf,
  isHidden,
  type OperationVerdict,
  parseSecurityBlock,
  previousNodeOf,
  type SecurityKey,
  type StatusAssertion,
  topicOf,
} from '../bundle/index.js';
import { type SignatureView, viewSecurity } from './bundle-security.js';

/** The latest time that a `Date` can hold. */
const MAX_DATE_MS = 8.64e15;

const CRC_NAMES = { [CrcType.None]: 'none', [CrcType.Crc16]: 'CRC-16/X.25', [CrcType.Crc32c]: 'CRC-32C' } as const;

export const BUNDLE_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [BundleFlag.IsFragment, 'is-fragment'],
  [BundleFlag.IsAdminRecord, 'is-administrative-record'],
  [BundleFlag.MustNotFragment, 'must-not-fragment'],
  [BundleFlag.AckRequested, 'acknowledgement-requested'],
  [BundleFlag.StatusTimeRequested, 'status-time-requested'],
  [BundleFlag.ReportReception, 'report-reception'],
  [BundleFlag.ReportForwarding, 'report-forwarding'],
  [BundleFlag.ReportDelivery, 'report-delivery'],
  [BundleFlag.ReportDeletion, 'report-deletion'],
];

const BLOCK_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [BlockFlag.ReplicateInFragments, 'replicate-in-fragments'],
  [BlockFlag.ReportIfUnprocessable, 'report-if-unprocessable'],
  [BlockFlag.DeleteBundleIfUnprocessable, 'delete-bundle-if-unprocessable'],
  [BlockFlag.DiscardIfUnprocessable, 'discard-if-unprocessable'],
];

const BLOCK_NAMES = new Map<number, string>([
  [BlockType.Payload, 'payload'],
  [BlockType.PreviousNode, 'previous-node'],
  [BlockType.BundleAge, 'bundle-age'],
  [BlockType.HopCount, 'hop-count'],
  [BlockType.BlockIntegrity, 'block-integrity'],
  [BlockType.BlockConfidentiality, 'block-confidentiality'],
  [BlockType.Topic, 'topic'],
  [BlockType.Copies, 'copies'],
]);

/** Integers above 2^53 − 1 are decimal strings, since JSON readers would round them. */
type Integer = number | string;

export interface BlockView {
  readonly blockType: number;
  readonly blockTypeName: string;
  readonly blockNumber: number;
  readonly flags: number;
  readonly flagNames: readonly string[];
  readonly crcType: number;
  readonly crcName: string;
  /** A bundle with a wrong CRC is not valid, so this says only whether there is one. */
  readonly crcStatus: 'ok' | 'absent';
  readonly length: number;
  readonly data: string;
  /** What the data say, for the types that we know. */
  readonly content: Readonly<Record<string, unknown>> | null;
}

/** What is wrong, and where. */
export interface ErrorView {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
}

export interface BundleView {
  readonly sizeBytes: number;
  readonly bundleKey: string;
  readonly primaryBlock: Readonly<Record<string, unknown>> & {
    readonly flags: number;
    readonly flagNames: readonly string[];
  };
  readonly blocks: readonly BlockView[];
  readonly signature: SignatureView;
  /** For each security operation what the keys say of it. */
  readonly security: readonly OperationVerdict[];
}

export function viewBundle(bundle: Bundle, sizeBytes: number, keys: readonly SecurityKey[]): BundleView {
  const { signature, operations } = viewSecurity(bundle, keys);
  return {
    sizeBytes,
    bundleKey: bundleKeyOf(bundle),
    primaryBlock: viewPrimary(bundle),
    blocks: bundle.blocks.map((block) => viewBlock(bundle, block)),
    signature,
    security: operations,
  };
}

function viewPrimary({ primary }: Bundle): BundleView['primaryBlock'] {
  const { creation, fragment } = primary;
  return {
    version: 7,
    flags: primary.flags,
    flagNames: flagNames(primary.flags, BUNDLE_FLAG_NAMES),
    crcType: primary.crcType,
    crcName: CRC_NAMES[primary.crcType],
    crcStatus: primary.crcType === CrcType.None ? 'absent' : 'ok',
    destination: formatEid(primary.destination),
    source: formatEid(primary.source),
    reportTo: formatEid(primary.reportTo),
    creationTimestamp: viewTimestamp(creation),
    lifetime: integer(primary.lifetimeMs),
    ...(fragment === undefined
      ? {}
      : { fragmentOffset: integer(fragment.offset), totalApplicationDataUnitLength: integer(fragment.totalLength) }),
  };
}

function viewBlock(bundle: Bundle, block: CanonicalBlock): BlockView {
  return {
    blockType: block.type,
    blockTypeName: BLOCK_NAMES.get(block.type) ?? 'unknown',
    blockNumber: block.number,
    flags: block.flags,
    flagNames: flagNames(block.flags, BLOCK_FLAG_NAMES),
    crcType: block.crcType,
    crcName: CRC_NAMES[block.crcType],
    crcStatus: block.crcType === CrcType.None ? 'absent' : 'ok',
    length: block.data.length,
    data: toHex(block.data),
    content: viewContent(bundle, block),
  };
}

function viewContent(bundle: Bundle, block: CanonicalBlock): Readonly<Record<string, unknown>> | null {
  if (isHidden(bundle.blocks, block.number)) return null;
  switch (block.type) {
    case BlockType.PreviousNode: {
      const node = previousNodeOf(bundle);
      return node === undefined ? null : { forwarder: formatEid(node) };
    }
    case BlockType.BundleAge:
      return { ageMs: ageOf(bundle) };
    case BlockType.HopCount:
      return { hopLimit: hopCountOf(bundle)?.limit, hopCount: hopCountOf(bundle)?.count };
    case BlockType.Topic:
      return { topic: topicOf(bundle)?.name, topicVersion: topicOf(bundle)?.version };
    case BlockType.Copies:
      return { copies: copiesOf(bundle) };
    case BlockType.Payload:
      return (bundle.primary.flags & BundleFlag.IsAdminRecord) === 0 ? null : viewAdminRecord(block.data);
    case BlockType.BlockIntegrity:
    case BlockType.BlockConfidentiality:
      return viewSecurityBlock(block);
    default:
      return null;
  }
}

/** A bundle is not invalid for a record that does not parse, and a fragment has only a part of one. */
function viewAdminRecord(payload: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const record = decodeAdminRecord(payload);
    if (record.kind === 'other') return { recordTypeCode: integer(record.type) };
    const { received, forwarded, delivered, deleted, reason, source, creation, fragment } = record.report;
    return {
      recordTypeCode: 1,
      received: viewAssertion(received),
      forwarded: viewAssertion(forwarded),
      delivered: viewAssertion(delivered),
      deleted: viewAssertion(deleted),
      reasonCode: integer(reason),
      sourceNode: formatEid(source),
      creationTimestamp: viewTimestamp(creation),
      ...(fragment === undefined
        ? {}
        : { fragmentOffset: integer(fragment.offset), payloadLength: integer(fragment.length) }),
    };
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function viewAssertion({ asserted, time }: StatusAssertion): Readonly<Record<string, unknown>> {
  return { asserted, ...(time === undefined ? {} : { time: integer(time), utc: isoTime(time) }) };
}

function viewTimestamp({ time, sequence }: CreationTimestamp): Readonly<Record<string, unknown>> {
  return { time: integer(time), sequenceNumber: integer(sequence), utc: isoTime(time) };
}

/** The data of a security block may itself be encrypted, and then read as nothing. */
function viewSecurityBlock(block: CanonicalBlock): Readonly<Record<string, unknown>> | null {
  try {
    const security = parseSecurityBlock(block.data);
    const { context, parameters, results } = describeSecurity(security, block.type);
    return {
      securityTargets: security.targets,
      securityContextId: integer(security.contextId),
      securitySource: formatEid(security.source),
      securityContextParameters: security.parameters.map(({ id, value }) => [integer(id), toHex(value)]),
      securityResults: security.results.map((items) => items.map(({ id, value }) => [integer(id), toHex(value)])),
      securityContext: context,
      parameters,
      results,
    };
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

export function viewError({ code, offset, message }: DecodeError): ErrorView {
  return { code, offset, message };
}

function flagNames(flags: number, names: readonly (readonly [number, string])[]): readonly string[] {
  const known = names.filter(([flag]) => (flags & flag) !== 0);
  const rest = known.reduce((left, [flag]) => left - flag, flags);
  return [...known.map(([, name]) => name), ...(rest === 0 ? [] : [`reserved 0x${rest.toString(16)}`])];
}

function integer(value: number | bigint): Integer {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Null for time zero, "no clock", and for what no calendar reaches. */
function isoTime(time: number | bigint): string | null {
  if (time === 0) return null;
  const unixMs = fromDtnTime(Number(time));
  return unixMs > MAX_DATE_MS ? null : new Date(unixMs).toISOString();
}
