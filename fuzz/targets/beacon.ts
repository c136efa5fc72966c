/** Beacons: what is read is written and read again as the same beacon. */
import { DecodeError, utf8 } from '../../src/base/index.js';
import { decodeBeacon, encodeBeacon } from '../../src/link/discovery/beacon/beacon.js';
import { holds, orRefused } from '../engine/target.js';

export const maxBytes = 300;

export const dictionary = ['hearsay', 'mabcdefghijk27'].map(utf8);

export function fuzz(input: Uint8Array): void {
  const beacon = orRefused(
    () => decodeBeacon(input),
    (error) => error instanceof DecodeError,
  );
  if (beacon === undefined) return;
  holds(input.length <= 200, 'a long datagram is refused');
  holds(
    beacon.port > 0 && beacon.port <= 0xffff && /^[a-z2-7]{13}$/.test(beacon.label),
    'what is read is in its bounds',
  );
  const encoded = encodeBeacon(beacon);
  holds(encoded.length <= input.length, 'a beacon does not grow');
  const again = decodeBeacon(encoded);
  holds(again.label === beacon.label && again.port === beacon.port, 'the encoding is stable');
}
