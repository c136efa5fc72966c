/**
 * Where things lie in the database: one key space, cut by prefixes, so that one batch covers a bundle's bytes, its
 * metadata and whatever a floor above wrote in the same decision (docs/custody.md).
 */
import { HearsayError, invariant, printable } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';

/** About the store itself. */
export const FORMAT_KEY = '!format';
export const EPOCH_KEY = '!epoch';
export const LAST_SEQ_KEY = '!seq';
/** The number of the last batch, by which a batch that failed can be told from one that is on disk after all. */
export const BATCH_KEY = '!batch';

const ENTRY_PREFIX = 'm/';
const BYTES_PREFIX = 'b/';
const SEEN_PREFIX = 's/';
const RECORD_PREFIX = 'r/';

export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

export const ENTRY_RANGE = rangeOf(ENTRY_PREFIX);
export const BYTES_RANGE = rangeOf(BYTES_PREFIX);
export const SEEN_RANGE = rangeOf(SEEN_PREFIX);
export const RECORD_RANGE = rangeOf(RECORD_PREFIX);

export function entryKey(key: BundleKey): string {
  return ENTRY_PREFIX + key;
}

export function bytesKey(key: BundleKey): string {
  return BYTES_PREFIX + key;
}

export function seenKey(key: BundleKey): string {
  return SEEN_PREFIX + key;
}

export function recordKey(space: string, key: string): string {
  invariant(/^[a-z-]+$/.test(space), `a record space is lower-case letters and hyphens, not ${printable(space)}`);
  return `${RECORD_PREFIX}${space}/${key}`;
}

/** The bundle that a key of the first three ranges speaks of. */
export function bundleOf(key: string): BundleKey {
  return key.slice(2) as BundleKey;
}

/** The inverse of {@link recordKey}. */
export function recordOf(key: string): { readonly space: string; readonly key: string } {
  const slash = key.indexOf('/', RECORD_PREFIX.length);
  if (slash < 0) throw new HearsayError('ERR_STORE_CORRUPT', `a record without a space: ${printable(key)}`);
  return { space: key.slice(RECORD_PREFIX.length, slash), key: key.slice(slash + 1) };
}

/** Cuts the range of the bundles' bytes into 16 by the first hex digit of the bundle key. */
export function slicesOfBytes(): readonly KeyRange[] {
  return Array.from({ length: 16 }, (_, digit) => {
    const next = digit + 1;
    return {
      gte: BYTES_PREFIX + digit.toString(16),
      lt: next < 16 ? BYTES_PREFIX + next.toString(16) : BYTES_RANGE.lt,
    };
  });
}

function rangeOf(prefix: string): KeyRange {
  // '0' is the character after '/', so this ends right behind the last key with the prefix.
  return { gte: prefix, lt: `${prefix.slice(0, -1)}0` };
}
