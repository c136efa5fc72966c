/** BIB-HMAC-SHA2, security context 1 (RFC 9173 §3). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { concatBytes } from '../../base/index.js';
import { CborWriter } from '../../cbor/index.js';
import type { SecurityItem } from '../security-block.js';
import { wrapKey } from './key-wrap.js';
import { KeyOperation, type Keyring, type SecurityKey } from './keyring.js';
import { type ContextVerdict, refuse } from './outcome.js';
import {
  bytesItem,
  DEFAULT_SCOPE,
  itemsById,
  type ParameterIds,
  readBytes,
  readParameters,
  scopePrefix,
  uintItem,
} from './rfc9173.js';
import { contentKeyUnder, symmetric } from './symmetric-key.js';
import { contentOf, type OperationInput } from './target.js';

/** §3.3.1; the numbers are those of the COSE algorithms. */
export const ShaVariant = { Hmac256: 5, Hmac384: 6, Hmac512: 7 } as const;
export type ShaVariantId = (typeof ShaVariant)[keyof typeof ShaVariant];
export const DEFAULT_SHA_VARIANT = ShaVariant.Hmac384;

export const HmacParameter = { ShaVariant: 1, WrappedKey: 2, ScopeFlags: 3 } as const;
export const HMAC_IDS: ParameterIds = {
  variant: HmacParameter.ShaVariant,
  wrappedKey: HmacParameter.WrappedKey,
  scopeFlags: HmacParameter.ScopeFlags,
};
export const HMAC_RESULT = 1;

const HASHES: Readonly<Record<number, string>> = { 5: 'sha256', 6: 'sha384', 7: 'sha512' };

export interface HmacSpec {
  readonly context: 'BIB-HMAC-SHA2';
  /** The HMAC key, or with `wrap` what the content key is wrapped with. */
  readonly key: SecurityKey;
  /** @default HMAC 384/384 */
  readonly variant?: ShaVariantId;
  /** A sum of {@link ScopeFlag}. @default 7 */
  readonly scope?: number;
  /** The content key to carry, wrapped under `key`. */
  readonly wrap?: { readonly contentKey: Uint8Array };
}

/**
 * The integrity-protected plaintext, §3.7: scope, what the scope covers, then the target as one byte string.
 *
 * @returns a writer to be lent out.
 */
export function integrityProtectedPlaintext(input: OperationInput, scope: number): CborWriter {
  const content = contentOf(input.target);
  return scopePrefix(input, scope).lend((prefix) =>
    CborWriter.toLend(prefix.length + content.length + 9)
      .raw(prefix)
      .byteString(content),
  );
}

export function hmacParameters(spec: HmacSpec): readonly SecurityItem[] {
  const items = [uintItem(HmacParameter.ShaVariant, spec.variant ?? DEFAULT_SHA_VARIANT)];
  if (spec.wrap !== undefined) {
    items.push(bytesItem(HmacParameter.WrappedKey, wrapKey(symmetric(spec.key), spec.wrap.contentKey)));
  }
  return [...items, uintItem(HmacParameter.ScopeFlags, spec.scope ?? DEFAULT_SCOPE)];
}

export function hmacResults(spec: HmacSpec, input: OperationInput): readonly SecurityItem[] {
  const key = spec.wrap?.contentKey ?? symmetric(spec.key);
  const variant = spec.variant ?? DEFAULT_SHA_VARIANT;
  const ippt = integrityProtectedPlaintext(input, spec.scope ?? DEFAULT_SCOPE);
  return [
    bytesItem(
      HMAC_RESULT,
      ippt.lend((message) => hmac(variant, key, message)),
    ),
  ];
}

/** @throws DecodeError when parameters or results do not parse. */
export function verifyHmac(input: OperationInput, results: readonly SecurityItem[], keys: Keyring): ContextVerdict {
  const { variant, wrappedKey, scope } = readParameters(input.parameters, HMAC_IDS, DEFAULT_SHA_VARIANT);
  const result = itemsById(results, [HMAC_RESULT]).get(HMAC_RESULT);
  if (result === undefined) return refuse('malformed', 'the operation has no HMAC');
  if (HASHES[variant] === undefined) return refuse('unsupported', `SHA variant ${variant} is not known`);
  const expected = readBytes(result);
  const candidates = keys.candidates({ keyId: undefined, source: input.source, kind: 'symmetric' });
  return integrityProtectedPlaintext(input, scope).lend((ippt) => {
    let tried = 0;
    for (const key of candidates) {
      const content = contentKeyUnder(key, wrappedKey, variant, KeyOperation.MacCreate, KeyOperation.MacVerify);
      if (content === undefined) continue;
      tried++;
      const found = hmac(variant, content, ippt);
      if (found.length === expected.length && timingSafeEqual(found, expected)) return { ok: true, keyId: key.id };
    }
    return tried === 0
      ? refuse('unknown-key', 'no key for the HMAC')
      : refuse('failed', 'the HMAC does not match under any key');
  });
}

function hmac(variant: number, key: Uint8Array, message: Uint8Array): Uint8Array {
  return concatBytes(
    createHmac(HASHES[variant] as string, key)
      .update(message)
      .digest(),
  );
}
