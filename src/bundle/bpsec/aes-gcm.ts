/** BCB-AES-GCM, security context 2 (RFC 9173 §4). */
import { concatBytes, invariant } from '../../base/index.js';
import type { SecurityItem } from '../security-block.js';
import { openGcm, type Sealed, sealGcm, splitTag } from './aead.js';
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

/** §4.3.2; the numbers are those of the COSE algorithms. */
export const AesVariant = { A128Gcm: 1, A256Gcm: 3 } as const;
export type AesVariantId = (typeof AesVariant)[keyof typeof AesVariant];
export const DEFAULT_AES_VARIANT = AesVariant.A256Gcm;

export const GcmParameter = { Iv: 1, AesVariant: 2, WrappedKey: 3, ScopeFlags: 4 } as const;
export const GCM_IDS: ParameterIds = {
  iv: GcmParameter.Iv,
  variant: GcmParameter.AesVariant,
  wrappedKey: GcmParameter.WrappedKey,
  scopeFlags: GcmParameter.ScopeFlags,
};
export const GCM_TAG_RESULT = 1;

/** §4.3.1 */
const MIN_IV_BYTES = 8;
const MAX_IV_BYTES = 16;

export interface GcmSpec {
  readonly context: 'BCB-AES-GCM';
  /** The AES key, or with `wrap` what the content key is wrapped with. */
  readonly key: SecurityKey;
  /** 8 to 16 bytes, 12 recommended. Never again with the same key. */
  readonly iv: Uint8Array;
  /** @default by the length of the key */
  readonly variant?: AesVariantId;
  /** A sum of {@link ScopeFlag}. @default 7 */
  readonly scope?: number;
  readonly wrap?: { readonly contentKey: Uint8Array };
  /** Where the authentication tag goes: a security result, or the end of the ciphertext. @default 'result' */
  readonly tag?: 'result' | 'appended';
  /**
   * The context has one IV per block, so several targets would share it under one key, which breaks GCM. The RFC's own
   * example A.4 does it; we only do when told to.
   *
   * @default false
   */
  readonly allowSharedIv?: boolean;
}

export function gcmParameters(spec: GcmSpec): readonly SecurityItem[] {
  invariant(spec.iv.length >= MIN_IV_BYTES && spec.iv.length <= MAX_IV_BYTES, 'an IV has 8 to 16 bytes');
  const items = [bytesItem(GcmParameter.Iv, spec.iv), uintItem(GcmParameter.AesVariant, variantOf(spec))];
  if (spec.wrap !== undefined) {
    items.push(bytesItem(GcmParameter.WrappedKey, wrapKey(symmetric(spec.key), spec.wrap.contentKey)));
  }
  return [...items, uintItem(GcmParameter.ScopeFlags, spec.scope ?? DEFAULT_SCOPE)];
}

/** @returns the results, and what takes the place of the target's data. */
export function gcmSeal(
  spec: GcmSpec,
  input: OperationInput,
): { readonly results: readonly SecurityItem[]; readonly ciphertext: Uint8Array } {
  const key = contentKey(spec);
  invariant(key.length === keyBytes(variantOf(spec)), 'the key fits the AES variant');
  const sealed = scopePrefix(input, spec.scope ?? DEFAULT_SCOPE).lend((aad) =>
    sealGcm(key, spec.iv, aad, contentOf(input.target)),
  );
  return spec.tag === 'appended'
    ? { results: [], ciphertext: concatBytes(sealed.ciphertext, sealed.tag) }
    : { results: [bytesItem(GCM_TAG_RESULT, sealed.tag)], ciphertext: sealed.ciphertext };
}

/** @throws DecodeError when parameters or results do not parse. */
export function openAesGcm(input: OperationInput, results: readonly SecurityItem[], keys: Keyring): ContextVerdict {
  const { variant, wrappedKey, scope, iv } = readParameters(input.parameters, GCM_IDS, DEFAULT_AES_VARIANT);
  if (iv === undefined) return refuse('malformed', 'the operation has no initialization vector');
  if (iv.length < MIN_IV_BYTES || iv.length > MAX_IV_BYTES) {
    return refuse('malformed', `an initialization vector has 8 to 16 bytes, not ${iv.length}`);
  }
  if (variant !== AesVariant.A128Gcm && variant !== AesVariant.A256Gcm) {
    return refuse('unsupported', `AES variant ${variant} is not known`);
  }
  const sealed = sealedOf(input, itemsById(results, [GCM_TAG_RESULT]).get(GCM_TAG_RESULT));
  if (sealed === undefined) return refuse('failed', 'the ciphertext is too short for its authentication tag');
  const candidates = keys.candidates({ keyId: undefined, source: input.source, kind: 'symmetric' });
  return scopePrefix(input, scope).lend((aad) => {
    let tried = 0;
    for (const key of candidates) {
      const content = contentKeyUnder(key, wrappedKey, variant, KeyOperation.Encrypt, KeyOperation.Decrypt);
      if (content === undefined || content.length !== keyBytes(variant)) continue;
      tried++;
      const plaintext = openGcm(content, iv, aad, sealed);
      if (plaintext !== undefined) return { ok: true, keyId: key.id, plaintext };
    }
    return tried === 0
      ? refuse('unknown-key', 'no key for the ciphertext')
      : refuse('failed', 'the ciphertext is not authentic under any key');
  });
}

/** The tag is a result if there is one, otherwise the end of the ciphertext (§4.4). */
function sealedOf(input: OperationInput, tag: Uint8Array | undefined): Sealed | undefined {
  const content = contentOf(input.target);
  return tag === undefined ? splitTag(content) : { ciphertext: content, tag: readBytes(tag) };
}

function contentKey(spec: GcmSpec): Uint8Array {
  return spec.wrap?.contentKey ?? symmetric(spec.key);
}

function variantOf(spec: GcmSpec): AesVariantId {
  return spec.variant ?? (contentKey(spec).length === 16 ? AesVariant.A128Gcm : AesVariant.A256Gcm);
}

function keyBytes(variant: number): number {
  return variant === AesVariant.A128Gcm ? 16 : 32;
}
