/**
 * The beacon: one small datagram that says "somebody takes connections here" and nothing about who.
 *
 * ```
 * beacon = ["hearsay", 1, label: tstr .regexp "[a-z2-7]{13}", port: 1..65535, * any]
 * ```
 *
 * IPND (draft-irtf-dtnrg-ipnd-03) is where the idea comes from. Its beacon carries the node's endpoint id, which lets every
 * bystander follow a laptop around; so ours is a format of its own.
 */
import { CborReader, CborWriter } from '../../../cbor/index.js';
import { isLabel } from '../label.js';

export interface Beacon {
  readonly label: string;
  /** TCPCL's; the address is the one that the datagram came from. */
  readonly port: number;
}

const MAGIC = 'hearsay';
const VERSION = 1;
/** Longer datagrams are not looked at. */
export const MAX_BEACON_BYTES = 200;
/** Room for what later versions add. */
const MAX_FIELDS = 16;
const MAX_DEPTH = 4;

export function encodeBeacon({ label, port }: Beacon): Uint8Array {
  return new CborWriter().array(4).text(MAGIC).uint(VERSION).text(label).uint(port).finish();
}

/** @throws DecodeError */
export function decodeBeacon(bytes: Uint8Array): Beacon {
  const reader = new CborReader(bytes);
  if (bytes.length > MAX_BEACON_BYTES) reader.fail('ERR_BEACON', 'the beacon is too long');
  const fields = reader.array();
  if (fields < 4 || fields > MAX_FIELDS) reader.fail('ERR_BEACON', 'a beacon has four fields, or a few more');
  if (reader.text() !== MAGIC) reader.fail('ERR_BEACON', 'this is no beacon of ours');
  if (reader.uintUpTo(255) !== VERSION) reader.fail('ERR_BEACON', 'the beacon has another version');
  const label = reader.text();
  if (!isLabel(label)) reader.fail('ERR_BEACON', 'the label is none');
  const port = reader.uintUpTo(0xffff);
  if (port === 0) reader.fail('ERR_BEACON', 'port 0 takes no connections');
  for (let field = 4; field < fields; field++) reader.skip(MAX_DEPTH);
  reader.expectEnd('the beacon');
  return { label, port };
}
