/** What an operation in the COSE context covers beside its target (draft-ietf-dtn-bpsec-cose, AAD scope). */
import { CborReader, CborWriter } from '../../cbor/index.js';
import { primaryBytes } from '../primary.js';
import type { CanonicalBlock } from '../types.js';
import type { OperationInput } from './target.js';

/** Block numbers, and −1 for the target, −2 for the security block; values are sums of {@link AadFlag}. */
export type AadScope = ReadonlyMap<number, number>;

export const AadFlag = { Metadata: 1, Content: 2 } as const;
export const SCOPE_TARGET = -1;
export const SCOPE_SECURITY_BLOCK = -2;

export const DEFAULT_AAD_SCOPE: AadScope = new Map([
  [0, AadFlag.Metadata],
  [SCOPE_TARGET, AadFlag.Metadata],
  [SCOPE_SECURITY_BLOCK, AadFlag.Metadata],
]);

/** A scope beside its encoding, which is covered too. */
export interface EncodedScope {
  readonly scope: AadScope;
  readonly bytes: Uint8Array;
}

const KNOWN_FLAGS = AadFlag.Metadata | AadFlag.Content;
const MAX_FLAGS = 0xffff_ffff;
const USUAL_AAD_BYTES = 384;

/** Puts the keys of a scope into their order. */
export function encodeAadScope(scope: AadScope): EncodedScope {
  const ordered = [...scope].sort(([a], [b]) => inOrder(a, b));
  const writer = new CborWriter(32).map(ordered.length);
  for (const [key, flags] of ordered) writer.int(key).uint(flags);
  return { scope: new Map(ordered), bytes: writer.finish() };
}

/** What applies where a security block says nothing of its scope. */
export const ENCODED_DEFAULT_SCOPE: EncodedScope = encodeAadScope(DEFAULT_AAD_SCOPE);

/**
 * @returns the scope in the order of its keys, with all its flags; those without a meaning are covered only by being in the scope's encoding.
 * @throws DecodeError `ERR_BUNDLE_SECURITY`, `ERR_CBOR_…`; also when its keys are out of order, since its bytes are
 *   covered and one scope has one encoding.
 */
export function readAadScope(value: Uint8Array): AadScope {
  const reader = new CborReader(value);
  const pairs = reader.map();
  const scope = new Map<number, number>();
  let last: number | undefined;
  for (let i = 0; i < pairs; i++) {
    const start = reader.offset;
    const key = Number(reader.int());
    if (key < SCOPE_SECURITY_BLOCK) reader.fail('ERR_BUNDLE_SECURITY', `AAD scope key ${key} is not known`, start);
    if (last !== undefined && inOrder(last, key) >= 0) {
      reader.fail('ERR_BUNDLE_SECURITY', 'the keys of the AAD scope are out of order', start);
    }
    last = key;
    scope.set(key, reader.uintUpTo(MAX_FLAGS));
  }
  reader.expectEnd('the AAD scope');
  return scope;
}

export function sameScope(a: AadScope, b: AadScope): boolean {
  return a.size === b.size && [...a].every(([key, flags]) => b.get(key) === flags);
}

/** Deterministic CBOR: 0, 1, 2 … −1, −2. */
function inOrder(a: number, b: number): number {
  if (a >= 0 !== b >= 0) return a >= 0 ? -1 : 1;
  return a >= 0 ? a - b : b - a;
}

/**
 * The external AAD: security source, scope, what the scope names in its order, the additional protected header.
 *
 * @returns a writer to be lent out; undefined when the scope names a block that is not there, or content that cannot be covered: the primary
 *   block's, the target's (it is the payload already) and the security block's (it is not made yet).
 */
export function externalAad(
  input: OperationInput,
  { scope, bytes }: EncodedScope,
  additionalProtected: Uint8Array,
): CborWriter | undefined {
  const writer = CborWriter.toLend(USUAL_AAD_BYTES).raw(input.sourceBytes).raw(bytes);
  for (const [key, flags] of scope) {
    if (writeCovered(writer, input, key, flags & KNOWN_FLAGS)) continue;
    writer.lend(() => undefined);
    return undefined;
  }
  return writer.byteString(additionalProtected);
}

function writeCovered(writer: CborWriter, input: OperationInput, key: number, covered: number): boolean {
  if (key !== 0) return writeBlock(writer, input, key, covered);
  if (covered !== AadFlag.Metadata) return false;
  writer.raw(primaryBytes(input.bundle.primary));
  return true;
}

function writeBlock(writer: CborWriter, input: OperationInput, key: number, covered: number): boolean {
  if (covered === 0) return false;
  if (key === SCOPE_TARGET && input.target.kind === 'primary') {
    // The primary block has no metadata beside itself.
    if (covered !== AadFlag.Metadata) return false;
    writer.raw(input.target.bytes);
    return true;
  }
  const block = key === SCOPE_SECURITY_BLOCK ? input.securityBlock : coveredBlock(input, key);
  if (block === undefined) return false;
  if ((covered & AadFlag.Metadata) !== 0) writer.uint(block.type).uint(block.number).uint(block.flags);
  if ((covered & AadFlag.Content) === 0) return true;
  const content = coveredBlock(input, key);
  if (content === undefined || key < 0 || key === input.securityBlock.number || content === targetBlock(input)) {
    return false;
  }
  writer.byteString(content.data);
  return true;
}

function coveredBlock(input: OperationInput, key: number): CanonicalBlock | undefined {
  return key === SCOPE_TARGET ? targetBlock(input) : input.bundle.blocks.find(({ number }) => number === key);
}

function targetBlock({ target }: OperationInput): CanonicalBlock | undefined {
  return target.kind === 'block' ? target.block : undefined;
}
