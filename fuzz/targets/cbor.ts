/** Generic CBOR: what is read is written again in as many bytes, and reads as the same. */
import { DecodeError, toHex } from '../../src/base/index.js';
import { CborReader, decodeCbor, encodeCbor } from '../../src/cbor/index.js';
import { holds, orRefused } from '../engine/target.js';

const isRefusal = (error: unknown): boolean => error instanceof DecodeError;
const SKIP_DEPTH = 16;

export function fuzz(input: Uint8Array): void {
  const value = orRefused(() => decodeCbor(input), isRefusal);
  if (value !== undefined) {
    // Maps may have come in any order and go out sorted: as long as before, and stable from then on.
    const again = encodeCbor(value);
    holds(again.length === input.length, 'the re-encoding is as long as the accepted bytes');
    holds(toHex(encodeCbor(decodeCbor(again))) === toHex(again), 'the encoding is stable');
  }
  const skipped = orRefused(() => {
    const reader = new CborReader(input);
    reader.skip(SKIP_DEPTH);
    reader.expectEnd('the input');
    return true;
  }, isRefusal);
  holds(value === undefined || skipped === true, 'what can be read can be skipped');
}
