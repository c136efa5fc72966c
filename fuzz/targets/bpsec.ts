/**
 * Security blocks: the parser on its own, and the same bytes as the integrity block of a bundle that is otherwise sound,
 * where the whole way to the signature check has to stand them.
 */
import { DecodeError, toHex } from '../../src/base/index.js';
import { BlockType, CrcType, parseSecurityBlock, verifyBundle } from '../../src/bundle/index.js';
import { encodeSecurityBlock } from '../../src/bundle/security-block.js';
import { holds, orRefused } from '../engine/target.js';
import { PEOPLE } from '../support/people.js';
import { isSignedContent, SIGNED } from '../support/signed.js';

export const dictionary = [
  '8101',
  '820001',
  '810c',
  '01',
  '02',
  '03',
  '820182',
  '82052158',
  'a2',
  'a300010103e80a',
  '8212',
  '8211',
  '8261',
  '8260',
  'd2',
  '8443a10127a0f65840',
  'a10126',
  '0e03',
  '8201662f2f6d652f78',
  '82028203',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

export function fuzz(input: Uint8Array): void {
  const block = orRefused(
    () => parseSecurityBlock(input),
    (error) => error instanceof DecodeError && error.offset >= 0 && error.offset <= input.length,
  );
  if (block !== undefined && (block.parameters.length > 0 || hasNoParameterFlag(input))) {
    holds(
      toHex(encodeSecurityBlock(block)) === toHex(input),
      'an accepted security block is encoded to the same bytes',
    );
  }
  for (const signed of SIGNED) {
    const blocks = signed.blocks.map((each) =>
      each.type === BlockType.BlockIntegrity ? { ...each, crcType: CrcType.None, data: input } : each,
    );
    const bundle = { ...signed, blocks };
    const verdict = verifyBundle(bundle, () => PEOPLE[0].deviceKey);
    holds(!verdict.ok || isSignedContent(bundle), 'a signature holds over something that was never signed');
  }
}

/** An empty list of parameters may be there or left out; what we write leaves it out. */
function hasNoParameterFlag(input: Uint8Array): boolean {
  const block = parseSecurityBlock(input);
  return toHex(encodeSecurityBlock(block)).length === 2 * input.length;
}
