/**
 * Security operations of every context on bundles as a hostile sender would make them, with the keys of RFC 9173's examples
 * and of the COSE vectors at hand, so that the way leads through the cryptography.
 */
import { createPublicKey } from 'node:crypto';
import { asBuffer, DecodeError, fromHex, toHex, utf8 } from '../../src/base/index.js';
import {
  acceptOperation,
  type Bundle,
  createKeyring,
  decodeForSecurity,
  encodeBundle,
  openBundle,
  type SecurityKey,
  securityOperations,
  stripOperation,
} from '../../src/bundle/index.js';
import { holds, orRefused } from '../engine/target.js';
import { withRightCrcs } from '../support/crc.js';

export const maxBytes = 1_500;
export const dictionary = [
  '8101',
  '820102',
  '01',
  '02',
  '03',
  '8203',
  '820105',
  '820107',
  '820258',
  '8201',
  'a2',
  'd083',
  'd083',
  '8343a10101',
  '8360',
  '05',
  '8212',
  '8211',
  '8210',
  '8261',
].map(fromHex);

function symmetric(hex: string): SecurityKey {
  return { id: new Uint8Array(0), material: { kind: 'symmetric', bytes: fromHex(hex) } };
}

function ed25519(name: string, hex: string): SecurityKey {
  const rawPublic = fromHex(hex);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: asBuffer(rawPublic).toString('base64url') };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  return { id: utf8(name), material: { kind: 'curve', curve: 'Ed25519', rawPublic, publicKey } };
}

const KEYS = createKeyring([
  symmetric('1a2b1a2b1a2b1a2b1a2b1a2b1a2b1a2b'),
  symmetric('6162636465666768696a6b6c6d6e6f70'),
  symmetric('71776572747975696f70617364666768'),
  symmetric('71776572747975696f7061736466676871776572747975696f70617364666768'),
  ed25519('ExampleEd25519', '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'),
]);

export function fuzz(input: Uint8Array): void {
  const bytes = withRightCrcs(input) ?? input;
  const bundle = orRefused(
    () => decodeForSecurity(bytes),
    (error) => error instanceof DecodeError,
  );
  if (bundle === undefined) return;
  const before = toHex(encodeBundle(bundle));
  encodeBundle(openBundle(bundle, KEYS).opened);
  for (const operation of securityOperations(bundle)) {
    const accepted = acceptOperation(bundle, operation, KEYS);
    if (accepted.ok) holds(isGone(encodeBundle(accepted.bundle), operation), 'an accepted operation is gone');
    const stripped = stripOperation(bundle, operation);
    // A ciphertext that is left behind need not decode as what its block's type says.
    const isLeft =
      operation.service === 'confidentiality' ? isIn(stripped, operation) : !isGone(encodeBundle(stripped), operation);
    holds(!isLeft, 'a stripped operation is gone');
  }
  holds(toHex(encodeBundle(bundle)) === before, 'nothing changes the bundle that is looked at');
}

function isGone(bytes: Uint8Array, { block, target }: { readonly block: number; readonly target: number }): boolean {
  return !isIn(decodeForSecurity(bytes), { block, target });
}

function isIn(bundle: Bundle, { block, target }: { readonly block: number; readonly target: number }): boolean {
  return securityOperations(bundle).some((one) => one.block === block && one.target === target);
}
