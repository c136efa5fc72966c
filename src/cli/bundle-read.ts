/** One bundle of an input, read strictly or else as far as it can be. */
import { DecodeError } from '../base/index.js';
import { type Bundle, decodeBundle, decodeForSecurity } from '../bundle/index.js';
import type { BundleInput } from './bundle-input.js';

export interface ReadBundle {
  readonly sizeBytes: number;
  /** Missing where nothing can be made of the bytes. */
  readonly bundle?: Bundle;
  /** Why it is no valid bundle (RFC 9171). */
  readonly error?: DecodeError;
}

/**
 * A bundle without a CRC or an age where RFC 9171 wants one is not valid, and can be looked into all the same: examples in
 * RFC 9173 are such bundles.
 */
export function readBundle(input: BundleInput): ReadBundle {
  if (input instanceof DecodeError) return { sizeBytes: 0, error: input };
  const sizeBytes = input.length;
  const strict = decoded(() => decodeBundle(input));
  if (!(strict instanceof DecodeError)) return { sizeBytes, bundle: strict };
  const readable = decoded(() => decodeForSecurity(input));
  return readable instanceof DecodeError
    ? { sizeBytes, error: strict }
    : { sizeBytes, bundle: readable, error: strict };
}

function decoded(decode: () => Bundle): Bundle | DecodeError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
