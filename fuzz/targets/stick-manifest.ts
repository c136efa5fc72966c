/** What laptops write down on a stick: what is read is written again to the same bytes, and a filter answers any question. */
import { DecodeError, toHex } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { sha256 } from '../../src/crypto/index.js';
import { mayHold } from '../../src/link/sneakernet/filter.js';
import { decodeLabel, decodeManifest, encodeManifest } from '../../src/link/sneakernet/manifest.js';
import { parseBundleName } from '../../src/link/sneakernet/names.js';
import { holds, orRefused } from '../engine/target.js';

const SOME_KEY = '00112233445566778899aabbccddeeff' as BundleKey;
const CHECKSUM_BYTES = 8;
const isRefusal = (error: unknown): boolean => error instanceof DecodeError;

export function fuzz(input: Uint8Array): void {
  // As it is, and with a checksum that is right: else no mutation would ever get past it.
  for (const bytes of [input, withChecksum(input)]) {
    const manifest = orRefused(() => decodeManifest(bytes), isRefusal);
    if (manifest !== undefined) {
      holds(toHex(encodeManifest(manifest)) === toHex(bytes), 'the encoding is the only one');
      mayHold(manifest.holdings, SOME_KEY);
    }
    const label = orRefused(() => decodeLabel(bytes), isRefusal);
    holds(label === undefined || /^[0-9a-f]{32}$/.test(label), 'a stick has a name of 32 digits');
  }
  const name = parseBundleName(Buffer.from(input).toString('latin1'));
  holds(name === undefined || (name.leftMs >= 0 && name.class >= 0 && name.class <= 4), 'a name says what is possible');
}

function withChecksum(input: Uint8Array): Uint8Array {
  const content = input.subarray(0, Math.max(0, input.length - CHECKSUM_BYTES - 1));
  return new Uint8Array(Buffer.concat([content, Uint8Array.of(0x48), sha256(content).subarray(0, CHECKSUM_BYTES)]));
}
