/**
 * The name of a bundle's file says what a look at the folder should tell without opening it:
 *
 * `<key>-<class><exported><left>.bundle`, e.g. `4f…09-232c9a90000127500.bundle`
 *
 * | part | hexadecimal digits | |
 * | --- | --- | --- |
 * | key | 32 | the bundle key |
 * | class | 1 | its place in the sending order |
 * | exported | 8 | when it was written, in seconds since 2000-01-01 UTC; 0: the writer had no clock to trust |
 * | left | 8 | how many seconds of its lifetime were left then |
 *
 * All of it is lower case and 57 characters, which every file system takes. It is a claim like anything on a stick: it
 * orders and sorts out; whether to keep a bundle is decided by what is in the file.
 */
import { DTN_EPOCH_MS } from '../../base/index.js';
import type { BundleKey } from '../../bundle/index.js';
import type { BundleClass } from '../../store/index.js';

export interface BundleName {
  readonly key: BundleKey;
  readonly class: BundleClass;
  /** Unix ms, or undefined when the writer had no clock to trust. */
  readonly exportedAt: number | undefined;
  readonly leftMs: number;
}

const PATTERN = /^([0-9a-f]{32})-([0-4])([0-9a-f]{8})([0-9a-f]{8})\.bundle$/;
const MAX_WORD = 0xffff_ffff;

export function formatBundleName({ key, class: bundleClass, exportedAt, leftMs }: BundleName): string {
  const exported = exportedAt === undefined ? 0 : (exportedAt - DTN_EPOCH_MS) / 1000;
  return `${key}-${bundleClass}${word(exported)}${word(leftMs / 1000)}.bundle`;
}

/** @returns undefined for any other file: it is not ours, so it is left alone. */
export function parseBundleName(name: string): BundleName | undefined {
  const match = PATTERN.exec(name);
  if (match === null) return undefined;
  const [, key = '', digit = '', exported = '', left = ''] = match;
  const seconds = Number.parseInt(exported, 16);
  return {
    key: key as BundleKey,
    class: Number(digit) as BundleClass,
    exportedAt: seconds === 0 ? undefined : seconds * 1000 + DTN_EPOCH_MS,
    leftMs: Number.parseInt(left, 16) * 1000,
  };
}

/** Two digits of the key: 256 folders keep each far below what FAT allows, with its several entries for a long name. */
export function shardOf(key: BundleKey): string {
  return key.slice(0, 2);
}

export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

function word(value: number): string {
  const bounded = Math.min(MAX_WORD, Math.max(0, Math.floor(value)));
  return bounded.toString(16).padStart(8, '0');
}
