/** Secrets, alone or as what a content key is wrapped with. */
import { invariant } from '../../base/index.js';
import { unwrapKey } from './key-wrap.js';
import { KeyOperation, permits, type SecurityKey } from './keyring.js';

/** For keys that a keyring gave as symmetric, or that a source was told to use. */
export function symmetric(key: SecurityKey): Uint8Array {
  invariant(key.material.kind === 'symmetric', 'this context takes symmetric keys');
  return key.material.bytes;
}

/** The COSE algorithm of AES key wrap with a key of this length. */
export function keyWrapAlgorithm(key: SecurityKey): number {
  return -1 - symmetric(key).length / 8;
}

/**
 * The key that the content is protected with: this one, or what came wrapped under it.
 *
 * @param uses the operations of which the key has to allow one when it is used itself.
 * @returns undefined when the key must not be used so, or wrapped nothing of the kind.
 */
export function contentKeyUnder(
  key: SecurityKey,
  wrapped: Uint8Array | undefined,
  algorithm: number,
  ...uses: readonly number[]
): Uint8Array | undefined {
  if (wrapped === undefined) return permits(key, algorithm, ...uses) ? symmetric(key) : undefined;
  return permits(key, keyWrapAlgorithm(key), KeyOperation.WrapKey, KeyOperation.UnwrapKey)
    ? unwrapKey(symmetric(key), wrapped)
    : undefined;
}
