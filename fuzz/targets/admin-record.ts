/** Administrative records: what is read is written again to the byte. */
import { DecodeError, toHex } from '../../src/base/index.js';
import { decodeAdminRecord, encodeAdminRecord } from '../../src/bundle/index.js';
import { holds, orRefused } from '../engine/target.js';

export function fuzz(input: Uint8Array): void {
  const record = orRefused(
    () => decodeAdminRecord(input),
    (error) => error instanceof DecodeError,
  );
  if (record === undefined) return;
  holds(toHex(encodeAdminRecord(record)) === toHex(input), 'an accepted record is encoded to the same bytes');
}
