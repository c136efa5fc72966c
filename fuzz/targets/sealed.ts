/** Sealed content: total, and nothing opens but what was sealed. */
import { toHex, utf8Decode } from '../../src/base/index.js';
import { openSealed } from '../../src/crypto/index.js';
import { holds } from '../engine/target.js';
import { PEOPLE, SEALED_TEXTS } from '../support/people.js';

export function fuzz(input: Uint8Array): void {
  const outcome = openSealed(
    input,
    (keyId) => PEOPLE.find((one) => toHex(one.boxKeyId) === toHex(keyId))?.box.secretKey,
  );
  if (!outcome.ok) return;
  holds(SEALED_TEXTS.includes(utf8Decode(outcome.plaintext) ?? ''), 'content that nobody sealed was opened');
}
