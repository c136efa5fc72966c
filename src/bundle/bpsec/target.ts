/** What an operation is done to, and where. */
import type { CborUint } from '../../cbor/index.js';
import { primaryBytes } from '../primary.js';
import type { SecurityItem } from '../security-block.js';
import type { Bundle, CanonicalBlock, Eid } from '../types.js';

export const PRIMARY_NUMBER = 0;

/** The first three fields of a canonical block. */
export interface BlockHeader {
  readonly type: number;
  readonly number: number;
  readonly flags: number;
}

/** A target: the primary block as its encoding, or a canonical block. */
export type Target =
  | { readonly kind: 'primary'; readonly bytes: Uint8Array }
  | { readonly kind: 'block'; readonly block: CanonicalBlock };

/** Everything that a security context may look at for one operation. */
export interface OperationInput {
  readonly bundle: Bundle;
  /** The security block that the operation is in, or will be in. */
  readonly securityBlock: BlockHeader;
  readonly contextId: CborUint;
  readonly source: Eid;
  /** The security source as it is encoded in the block. */
  readonly sourceBytes: Uint8Array;
  readonly parameters: readonly SecurityItem[];
  readonly target: Target;
}

export function targetOf(bundle: Bundle, number: number): Target | undefined {
  if (number === PRIMARY_NUMBER) return { kind: 'primary', bytes: primaryBytes(bundle.primary) };
  const block = bundle.blocks.find((candidate) => candidate.number === number);
  return block === undefined ? undefined : { kind: 'block', block };
}

/** What is protected: the encoded primary block, or the block-type-specific data without the head of its byte string. */
export function contentOf(target: Target): Uint8Array {
  return target.kind === 'primary' ? target.bytes : target.block.data;
}
