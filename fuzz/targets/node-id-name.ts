/** Node ids in the certificates that peers show: nothing but a refusal is thrown, and what is found was in the input. */
import { DecodeError, fromHex, utf8 } from '../../src/base/index.js';
import { nodeIdsIn } from '../../src/link/security/index.js';
import { holds, orRefused } from '../engine/target.js';

export const maxBytes = 2_000;

export const dictionary = ['0603551d11', '06082b0601050507080b', 'a0', '1607', '30', '0101ff', '3082', 'a381'].map(
  fromHex,
);

export function fuzz(input: Uint8Array): void {
  const found = orRefused(
    () => nodeIdsIn(input),
    (error) => error instanceof DecodeError,
  );
  for (const eid of found ?? []) {
    const named = Buffer.from(utf8(eid));
    holds(Buffer.from(input).includes(named), 'a node id is somewhere in the certificate');
  }
}
