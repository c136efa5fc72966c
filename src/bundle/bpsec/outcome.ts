/** What comes of a security operation, and the reason codes for what does not (RFC 9171 §9.5, RFC 9172 §11.3). */
import type { CborUint } from '../../cbor/index.js';
import { BlockType, type Eid } from '../types.js';

export type SecurityService = 'integrity' | 'confidentiality';

/** Security contexts: RFC 9173 §3 and §4, draft-ietf-dtn-bpsec-cose. */
export const SecurityContextId = { BibHmacSha2: 1, BcbAesGcm: 2, Cose: 3 } as const;

/** Status report reason codes that security processing gives. */
export const SecurityReason = {
  BlockUnintelligible: 8,
  MissingSecurityOperation: 12,
  UnknownSecurityOperation: 13,
  UnexpectedSecurityOperation: 14,
  FailedSecurityOperation: 15,
  ConflictingSecurityOperation: 16,
} as const;

export type SecurityReasonCode = (typeof SecurityReason)[keyof typeof SecurityReason];

/** One service on one target: what a security block does to one of its targets. */
export interface SecurityOperation {
  readonly service: SecurityService;
  /** The number of the security block. */
  readonly block: number;
  /** The number of the target block; 0 is the primary block. */
  readonly target: number;
  readonly contextId: CborUint;
  readonly source: Eid;
}

export type OperationFailure =
  /** The block, its parameters or its results do not parse. */
  | 'malformed'
  /** No such operation is in the bundle. */
  | 'absent'
  /** A rule of RFC 9172 is broken: two operations of one service on a target, a target that must not be one. */
  | 'conflict'
  /** The block or its target is the ciphertext of a confidentiality block, and has to be opened first. */
  | 'encrypted'
  /** A context that we do not know. */
  | 'unknown-context'
  /** A known context with an algorithm or a parameter that we do not have. */
  | 'unsupported'
  | 'unknown-key'
  /** The cryptography says no. */
  | 'failed';

export interface Refused {
  readonly ok: false;
  readonly code: OperationFailure;
  readonly reason: SecurityReasonCode;
  readonly message: string;
}

/** What a security context says of one operation. */
export type ContextVerdict =
  | { readonly ok: true; readonly keyId: Uint8Array; readonly plaintext?: Uint8Array }
  | Refused;

export type OperationOutcome =
  | {
      readonly ok: true;
      readonly operation: SecurityOperation;
      /** The id of the key that did it; empty for a key without one. */
      readonly keyId: Uint8Array;
      /** What the target says in clear; for confidentiality only. */
      readonly plaintext?: Uint8Array;
    }
  | Refused;

const REASONS: Readonly<Record<OperationFailure, SecurityReasonCode>> = {
  malformed: SecurityReason.BlockUnintelligible,
  absent: SecurityReason.MissingSecurityOperation,
  conflict: SecurityReason.ConflictingSecurityOperation,
  encrypted: SecurityReason.FailedSecurityOperation,
  'unknown-context': SecurityReason.UnknownSecurityOperation,
  unsupported: SecurityReason.UnknownSecurityOperation,
  'unknown-key': SecurityReason.FailedSecurityOperation,
  failed: SecurityReason.FailedSecurityOperation,
};

export function refuse(code: OperationFailure, message: string): Refused {
  return { ok: false, code, reason: REASONS[code], message };
}

export function serviceOf(blockType: number): SecurityService | undefined {
  if (blockType === BlockType.BlockIntegrity) return 'integrity';
  return blockType === BlockType.BlockConfidentiality ? 'confidentiality' : undefined;
}
