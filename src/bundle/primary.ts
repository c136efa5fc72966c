/** The primary block, RFC 9171 §4.3.1. */
import { type CborReader, CborWriter } from '../cbor/index.js';
import { checkCrcField, readCrcType, writeCrcField } from './crc-field.js';
import { isSingleton, readEid, writeEid } from './eid.js';
import { BundleFlag, CrcType, type CreationTimestamp, type Eid, type PrimaryBlock, type Uint64 } from './types.js';

type Fragment = NonNullable<PrimaryBlock['fragment']>;

const VERSION = 7;
/** Elements without fragment fields and CRC. */
const BASE_ELEMENTS = 8;

export const REPORT_FLAGS =
  BundleFlag.ReportReception | BundleFlag.ReportForwarding | BundleFlag.ReportDelivery | BundleFlag.ReportDeletion;

/** Enough for two PersonIds and a NodeId. */
const USUAL_BYTES = 192;

/**
 * A primary block as it came, or as it will go out. It is immutable on its way (§4.3.1), so its bytes are kept beside the fields: it is
 * forwarded and verified byte for byte. The bytes are in a private field, which no spread copies: a changed copy of the
 * block never carries stale bytes.
 */
class ReceivedPrimary implements PrimaryBlock {
  readonly #wire: Uint8Array;
  readonly flags: number;
  readonly crcType: CrcType;
  readonly destination: Eid;
  readonly source: Eid;
  readonly reportTo: Eid;
  readonly creation: CreationTimestamp;
  readonly lifetimeMs: Uint64;
  declare readonly fragment?: Fragment;

  constructor(fields: PrimaryBlock, wire: Uint8Array) {
    this.#wire = wire;
    this.flags = fields.flags;
    this.crcType = fields.crcType;
    this.destination = fields.destination;
    this.source = fields.source;
    this.reportTo = fields.reportTo;
    this.creation = fields.creation;
    this.lifetimeMs = fields.lifetimeMs;
    if (fields.fragment !== undefined) this.fragment = fields.fragment;
  }

  static wireOf(primary: PrimaryBlock): Uint8Array | undefined {
    return #wire in primary ? primary.#wire : undefined;
  }
}

/** The same block with its bytes beside it: signing, encoding and storing a bundle would each encode it again. */
export function encodedPrimary(fields: PrimaryBlock): PrimaryBlock {
  return new ReceivedPrimary(fields, writePrimary(fields));
}

/** The block's bytes: as received, or encoded now. */
export function primaryBytes(primary: PrimaryBlock): Uint8Array {
  return ReceivedPrimary.wireOf(primary) ?? writePrimary(primary);
}

export function readPrimary(reader: CborReader): PrimaryBlock {
  const start = reader.offset;
  const elements = reader.array();
  const versionAt = reader.offset;
  const version = reader.uint();
  if (version !== VERSION) reader.fail('ERR_BUNDLE_VERSION', `bundle protocol version ${version} is not 7`, versionAt);
  const flagsAt = reader.offset;
  const flags = reader.uint();
  if (typeof flags === 'bigint') return reader.fail('ERR_BUNDLE_FLAGS', 'flags above 2^53 are not supported', flagsAt);
  const crcType = readCrcType(reader);
  const isFragment = (flags & BundleFlag.IsFragment) !== 0;
  const expected = BASE_ELEMENTS + (isFragment ? 2 : 0) + (crcType === CrcType.None ? 0 : 1);
  if (elements !== expected) {
    reader.fail('ERR_BUNDLE_PRIMARY', `the primary block has ${elements} elements, its flags say ${expected}`, start);
  }
  const destination = readEid(reader);
  const sourceAt = reader.offset;
  const source = readEid(reader);
  const reportTo = readEid(reader);
  checkFlags(reader, flags, source, flagsAt, sourceAt);
  reader.arrayOf(2, 'the creation timestamp');
  const creation = { time: reader.uint(), sequence: reader.uint() };
  const lifetimeMs = reader.uint();
  const fragment = isFragment ? { offset: reader.uint(), totalLength: reader.uint() } : undefined;
  checkCrcField(reader, crcType, start);
  const wire = reader.bytes.subarray(start, reader.offset);
  const fields = { flags, crcType, destination, source, reportTo, creation, lifetimeMs };
  return new ReceivedPrimary(fragment === undefined ? fields : { ...fields, fragment }, wire);
}

/** §4.2.3: what a source that is nobody, and an administrative record, must not ask for. */
function checkFlags(reader: CborReader, flags: number, source: Eid, flagsAt: number, sourceAt: number): void {
  if (source.kind === 'null') {
    if ((flags & BundleFlag.MustNotFragment) === 0) {
      reader.fail('ERR_BUNDLE_FLAGS', 'a bundle without a source must not be fragmented, and has to say so', flagsAt);
    }
    if ((flags & REPORT_FLAGS) !== 0) {
      reader.fail('ERR_BUNDLE_FLAGS', 'a bundle without a source must not ask for status reports', flagsAt);
    }
  } else if (!isSingleton(source)) {
    reader.fail('ERR_BUNDLE_SOURCE', 'the source must be a single endpoint', sourceAt);
  }
  if ((flags & BundleFlag.IsAdminRecord) !== 0 && (flags & REPORT_FLAGS) !== 0) {
    reader.fail('ERR_BUNDLE_FLAGS', 'an administrative record must not ask for status reports', flagsAt);
  }
}

function writePrimary(primary: PrimaryBlock): Uint8Array {
  const writer = new CborWriter(USUAL_BYTES);
  const { crcType, fragment } = primary;
  writer.array(BASE_ELEMENTS + (fragment === undefined ? 0 : 2) + (crcType === CrcType.None ? 0 : 1));
  writer.uint(VERSION).uint(primary.flags).uint(crcType);
  writeEid(writer, primary.destination);
  writeEid(writer, primary.source);
  writeEid(writer, primary.reportTo);
  writer.array(2).uint(primary.creation.time).uint(primary.creation.sequence).uint(primary.lifetimeMs);
  if (fragment !== undefined) writer.uint(fragment.offset).uint(fragment.totalLength);
  writeCrcField(writer, crcType, 0);
  return writer.finish();
}
