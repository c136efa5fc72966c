/**
 * The CUSTODY frame: "I have these of you on disk, and shall keep them at least so long, whoever else comes".
 *
 * By whole bundle keys, because it may be said in a later session than the one that brought the bundles; by a duration,
 * because the two laptops share no clock.
 */
import { DAY_MS, DecodeError, fromHex, toHex } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { CborValue } from '../cbor/index.js';

export const CUSTODY_KIND = 8;
/** Bytes of a bundle key. */
const KEY_BYTES = 16;
/** Keys in one frame. */
export const MAX_CUSTODY_KEYS = 512;
/** Nothing is carried longer, so nobody can honestly promise more. */
const MAX_FOR_MS = 60 * DAY_MS;

export interface CustodyFrame {
  readonly kind: 'custody';
  /** From the moment of saying so. */
  readonly forMs: number;
  readonly keys: readonly BundleKey[];
}

export function custodyToCbor({ forMs, keys }: CustodyFrame): CborValue {
  return [CUSTODY_KIND, forMs, fromHex(keys.join(''))];
}

/** @throws DecodeError `ERR_GOSSIP_FRAME` */
export function custodyFromCbor(fields: readonly CborValue[]): CustodyFrame {
  const [, forMs, bytes] = fields;
  if (typeof forMs !== 'number' || forMs < 0 || forMs > MAX_FOR_MS) throw refuse('promises a time out of range');
  if (!(bytes instanceof Uint8Array) || bytes.length === 0 || bytes.length % KEY_BYTES !== 0) {
    throw refuse('has keys that are cut short');
  }
  if (bytes.length > MAX_CUSTODY_KEYS * KEY_BYTES) throw refuse('promises too many bundles at once');
  const keys: BundleKey[] = [];
  for (let at = 0; at < bytes.length; at += KEY_BYTES) {
    keys.push(toHex(bytes.subarray(at, at + KEY_BYTES)) as BundleKey);
  }
  return { kind: 'custody', forMs, keys };
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_GOSSIP_FRAME', `the custody frame ${what}`, 0);
}
