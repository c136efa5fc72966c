/**
 * What a signature in the COSE context covers beside its target: the AAD scope, and the external AAD that follows from
 * it (draft-ietf-dtn-bpsec-cose).
 */
import { DecodeError } from '../base/index.js';
import { CborReader, CborWriter } from '../cbor/index.js';
import { blockOf } from './blocks.js';
import { primaryBytes } from './primary.js';
import { BlockType, type Bundle, type CanonicalBlock } from './types.js';

/** Keys of the scope map beside block numbers. */
const SCOPE_PRIMARY = 0;
const SCOPE_TARGET = -1;
const SCOPE_SECURITY_BLOCK = -2;
const COVERS_METADATA = 1;
const COVERS_DATA = 2;

/** What a topic says decides what a store deletes, so an unsigned topic on a signed bundle is refused. */
export function coverageGap(bundle: Bundle, coverage: ReadonlyMap<number, number>): string | undefined {
  const primary = coverage.get(SCOPE_PRIMARY) ?? 0;
  if ((primary & COVERS_METADATA) === 0) return 'the signature does not cover the primary block';
  const topic = blockOf(bundle, BlockType.Topic);
  if (topic !== undefined && coverage.get(topic.number) !== (COVERS_METADATA | COVERS_DATA)) {
    return 'the signature does not cover the topic';
  }
  return undefined;
}

export function scopeFor(topic: CanonicalBlock | undefined): Uint8Array {
  const writer = new CborWriter(16).map(topic === undefined ? 2 : 3);
  writer.uint(SCOPE_PRIMARY).uint(COVERS_METADATA);
  if (topic !== undefined) writer.uint(topic.number).uint(COVERS_METADATA | COVERS_DATA);
  return writer.int(SCOPE_TARGET).uint(COVERS_METADATA).finish();
}

/** The scope map in wire order, which is the order of the AAD; undefined when it is malformed or out of order. */
export function readScope(scope: Uint8Array): ReadonlyMap<number, number> | undefined {
  try {
    const reader = new CborReader(scope);
    const pairs = reader.map();
    const coverage = new Map<number, number>();
    let last: number | undefined;
    for (let i = 0; i < pairs; i++) {
      const key = Number(reader.int());
      if (key < SCOPE_SECURITY_BLOCK || (last !== undefined && !inOrder(last, key))) return undefined;
      last = key;
      const flags = reader.uint();
      if (flags === 0 || flags > (COVERS_METADATA | COVERS_DATA)) return undefined;
      coverage.set(key, flags as number);
    }
    reader.expectEnd('the scope');
    return coverage;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Deterministic CBOR sorts 0, 1, 2 … −1, −2: one scope has one encoding. */
function inOrder(before: number, after: number): boolean {
  return after >= 0 ? before >= 0 && before < after : before >= 0 || before > after;
}

/**
 * The external AAD: security source, scope, then what the scope names, in its order, then the additional protected
 * header. Undefined when the scope names a block that is not there.
 */
export function externalAad(
  bundle: Bundle,
  sourceBytes: Uint8Array,
  scope: Uint8Array,
  additionalProtected: Uint8Array,
  target: CanonicalBlock,
  securityBlock: { readonly number: number; readonly flags: number },
): Uint8Array | undefined {
  const writer = new CborWriter(320).raw(sourceBytes).raw(scope);
  for (const [key, flags] of readScope(scope) ?? []) {
    if (key === SCOPE_PRIMARY) {
      writer.raw(primaryBytes(bundle.primary));
      continue;
    }
    const block =
      key === SCOPE_TARGET
        ? target
        : key === SCOPE_SECURITY_BLOCK
          ? { type: BlockType.BlockIntegrity, ...securityBlock, data: undefined }
          : bundle.blocks.find((candidate) => candidate.number === key);
    if (block === undefined) return undefined;
    if ((flags & COVERS_METADATA) !== 0) writer.uint(block.type).uint(block.number).uint(block.flags);
    if ((flags & COVERS_DATA) !== 0) {
      // A security block cannot sign its own data.
      if (block.data === undefined) return undefined;
      writer.byteString(block.data);
    }
  }
  return writer.byteString(additionalProtected).finish();
}
