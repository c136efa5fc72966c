/** What we remember of one person's presence, as the store keeps it. */
import { DecodeError, steadyMs } from '../base/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';
import { type Beacon, decodeBeacon, encodeBeacon } from './beacon.js';
import type { Evidence, EvidenceKind } from './evidence.js';

export interface PresenceRecord {
  readonly evidence: Evidence | undefined;
  /** What they last said of themselves. */
  readonly beacon: Beacon | undefined;
  /** The device that said so, and the version of its topic: an older one that outlived it somewhere is not believed. */
  readonly beaconDevice: string;
  readonly beaconVersion: number;
}

const KINDS: readonly EvidenceKind[] = ['beacon', 'sign-off', 'activity'];

export function encodePresenceRecord(record: PresenceRecord): Uint8Array {
  const { evidence, beacon, beaconDevice, beaconVersion } = record;
  return encodeCbor([
    evidence === undefined ? null : [KINDS.indexOf(evidence.kind), Math.round(evidence.at), evidence.hops],
    beacon === undefined ? null : encodeBeacon(beacon),
    beaconVersion,
    beaconDevice,
  ]);
}

/** @throws DecodeError `ERR_RECORD`. */
export function decodePresenceRecord(bytes: Uint8Array): PresenceRecord {
  const value = decodeCbor(bytes);
  if (!Array.isArray(value)) throw new DecodeError('ERR_RECORD', 'not a record of presence', 0);
  const [evidence, beacon, beaconVersion, beaconDevice] = value;
  return {
    evidence: Array.isArray(evidence) ? readEvidence(evidence) : undefined,
    beacon: beacon instanceof Uint8Array ? decodeBeacon(beacon) : undefined,
    beaconDevice: typeof beaconDevice === 'string' ? beaconDevice : '',
    beaconVersion: typeof beaconVersion === 'number' ? beaconVersion : 0,
  };
}

function readEvidence(value: readonly unknown[]): Evidence | undefined {
  const [kindIndex, at, hops] = value;
  const kind = typeof kindIndex === 'number' ? KINDS[kindIndex] : undefined;
  if (kind === undefined || typeof at !== 'number' || typeof hops !== 'number') return undefined;
  return { kind, at: steadyMs(at), hops };
}
