/**
 * Presence beacons: a device says that it is here, or that it leaves. One bundle per device, topic `presence`.
 *
 * Payload: CBOR [1, show, status]. `show` is a number (table below); offline is the sign-off. Who says it, and which
 * is the newest, is in the bundle around it. Layout: docs/protocol/presence.md.
 */
import { DecodeError, utf8 } from '../base/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';

const SHOWS = ['offline', 'available', 'chat', 'away', 'xa', 'dnd'] as const;

/** RFC 6121 §4.7.2.1, plus `available` for none and `offline` for unavailable. */
export type Show = (typeof SHOWS)[number];

export interface Beacon {
  readonly show: Show;
  readonly status: string;
}

const VERSION = 1;
export const MAX_STATUS_BYTES = 512;

export function encodeBeacon(beacon: Beacon): Uint8Array {
  return encodeCbor([VERSION, SHOWS.indexOf(beacon.show), beacon.status]);
}

/** @throws DecodeError `ERR_BEACON`. */
export function decodeBeacon(bytes: Uint8Array): Beacon {
  const value = decodeCbor(bytes);
  if (!Array.isArray(value) || value.length < 3 || value[0] !== VERSION) throw refuse('has an unknown form');
  const show = typeof value[1] === 'number' ? SHOWS[value[1]] : undefined;
  const status = value[2];
  if (show === undefined) throw refuse('has an unknown show');
  if (typeof status !== 'string' || utf8(status).length > MAX_STATUS_BYTES) throw refuse('has a bad status');
  return { show, status };
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_BEACON', `the presence beacon ${what}`, 0);
}
