/** Shares between 0 and 1 on the wire: 16-bit integers, like the predictabilities of RFC 6693; our CBOR has no floats. */
import type { CborValue } from '../../cbor/index.js';
import { badSummary } from './names.js';

const ONE = 0xffff;

export function encodeShare(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * ONE);
}

/** @throws DecodeError `ERR_SUMMARY` */
export function decodeShare(value: CborValue | undefined): number {
  if (typeof value !== 'number' || value < 0 || value > ONE)
    throw badSummary('has a share that is not between 0 and 1');
  return value / ONE;
}

/** @throws DecodeError `ERR_SUMMARY` */
export function listOf(value: CborValue | undefined, maxLength: number): readonly CborValue[] {
  if (!Array.isArray(value)) throw badSummary('lacks a list');
  if (value.length > maxLength) throw badSummary('is too long');
  return value as readonly CborValue[];
}

/** @throws DecodeError `ERR_SUMMARY` */
export function countOf(value: CborValue | undefined, max: number): number {
  if (typeof value !== 'number' || value < 0 || value > max) throw badSummary('has a number out of range');
  return value;
}
