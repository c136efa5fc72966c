/**
 * The bundle decoder, once on the bytes as they are and once with every CRC made right: behind a checksum a mutation
 * would never be seen.
 */
import { DecodeError, toHex } from '../../src/base/index.js';
import {
  ageOf,
  bundleKeyOf,
  copiesOf,
  decodeBundle,
  encodeBundle,
  formatEid,
  fragmentFromCut,
  hopCountOf,
  payloadOf,
  previousNodeOf,
  topicOf,
  verifyBundle,
} from '../../src/bundle/index.js';
import { holds, orRefused } from '../engine/target.js';
import { withRightCrcs } from '../support/crc.js';
import { PEOPLE } from '../support/people.js';
import { isSignedContent } from '../support/signed.js';

export const maxBytes = 3_000;
export const dictionary = [
  '8202820000',
  '820100',
  '820282190309',
  '82016e2f2f',
  '850700004100',
  '850a0300438218200042',
  '860b02000158',
  'd28443a10127',
  '18c0',
  '18e8',
  '18e9',
  '1bffffffffffffffff',
  '1b0020000000000000',
  '5bffffffffffffffff',
  '8a07',
  '8b07',
  '8907',
  '0104',
  '9f',
  'ff',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

export function fuzz(input: Uint8Array): void {
  check(input);
  const repaired = withRightCrcs(input);
  if (repaired !== undefined) check(repaired);
}

function check(bytes: Uint8Array): void {
  // Any bytes may be all that came of a bundle.
  fragmentFromCut(bytes);
  const bundle = orRefused(
    () => decodeBundle(bytes),
    (error) => error instanceof DecodeError && error.offset >= 0 && error.offset <= bytes.length && error.code !== '',
  );
  if (bundle === undefined) return;
  holds(toHex(encodeBundle(bundle)) === toHex(bytes), 'an accepted bundle is encoded to the same bytes');
  // None of these may find fault with what the decoder let pass.
  bundleKeyOf(bundle);
  ageOf(bundle);
  copiesOf(bundle);
  hopCountOf(bundle);
  previousNodeOf(bundle);
  topicOf(bundle);
  payloadOf(bundle);
  for (const eid of [bundle.primary.source, bundle.primary.destination, bundle.primary.reportTo]) formatEid(eid);

  const verdict = verifyBundle(bundle, () => PEOPLE[0].deviceKey);
  holds(!verdict.ok || isSignedContent(bundle), 'a signature holds over something that was never signed');
}
