/** What both contexts of RFC 9173 share: scope flags, and the bytes beside the target that an operation covers. */
import { CborReader, type CborUint, CborWriter } from '../../cbor/index.js';
import { primaryBytes } from '../primary.js';
import type { SecurityItem } from '../security-block.js';
import type { BlockHeader, OperationInput } from './target.js';

/** Integrity scope flags (§3.3.3) and AAD scope flags (§4.3.4) alike. */
export const ScopeFlag = { PrimaryBlock: 1, TargetHeader: 2, SecurityHeader: 4 } as const;
export const DEFAULT_SCOPE = 7;
const KNOWN_SCOPE = 7;

/** Sixteen bits, all that the RFC gives the flags. */
const MAX_SCOPE = 0xffff;

/** @throws DecodeError `ERR_BUNDLE_SECURITY`, `ERR_CBOR_…`. */
export function readScopeFlags(value: Uint8Array | undefined): number {
  if (value === undefined) return DEFAULT_SCOPE;
  const reader = new CborReader(value);
  const flags = reader.uintUpTo(MAX_SCOPE);
  reader.expectEnd('the scope flags');
  return flags;
}

/** Under which ids a context has the parameters that both of them have. */
export interface ParameterIds {
  readonly variant: number;
  readonly wrappedKey: number;
  readonly scopeFlags: number;
  readonly iv?: number;
}

export interface Parameters {
  readonly variant: number;
  readonly wrappedKey: Uint8Array | undefined;
  readonly scope: number;
  readonly iv: Uint8Array | undefined;
}

/** @throws DecodeError `ERR_BUNDLE_SECURITY`, `ERR_CBOR_…`. */
export function readParameters(items: readonly SecurityItem[], ids: ParameterIds, defaultVariant: number): Parameters {
  const known = itemsById(items, Object.values(ids));
  const bytesOf = (id: number | undefined): Uint8Array | undefined => {
    const value = id === undefined ? undefined : known.get(id);
    return value === undefined ? undefined : readBytes(value);
  };
  const variant = known.get(ids.variant);
  return {
    variant: variant === undefined ? defaultVariant : readUint(variant),
    wrappedKey: bytesOf(ids.wrappedKey),
    scope: readScopeFlags(known.get(ids.scopeFlags)),
    iv: bytesOf(ids.iv),
  };
}

/**
 * What an operation covers beside the content of its target: the IPPT up to the target (§3.7), or the whole AAD (§4.7.2).
 * Flags without a meaning are written as zero.
 *
 * @returns a writer to be lent out.
 */
export function scopePrefix(input: OperationInput, scope: number): CborWriter {
  const { target } = input;
  const writer = CborWriter.toLend(256).uint(scope & KNOWN_SCOPE);
  if (target.kind === 'block') {
    if ((scope & ScopeFlag.PrimaryBlock) !== 0) writer.raw(primaryBytes(input.bundle.primary));
    if ((scope & ScopeFlag.TargetHeader) !== 0) writeHeader(writer, target.block);
  }
  if ((scope & ScopeFlag.SecurityHeader) !== 0) writeHeader(writer, input.securityBlock);
  return writer;
}

function writeHeader(writer: CborWriter, header: BlockHeader): void {
  writer.uint(header.type).uint(header.number).uint(header.flags);
}

/**
 * Parameters or results by id.
 *
 * @param known the ids that the context defines; another one could change what the operation means.
 * @throws DecodeError `ERR_BUNDLE_SECURITY` for an id that is there twice or not known.
 */
export function itemsById(items: readonly SecurityItem[], known: readonly number[]): ReadonlyMap<number, Uint8Array> {
  const byId = new Map<number, Uint8Array>();
  for (const { id, value } of items) {
    if (!isKnown(id, known)) fail(value, `security parameter or result ${id} is not known`);
    if (byId.has(id)) fail(value, `security parameter or result ${id} is there twice`);
    byId.set(id, value);
  }
  return byId;
}

/** The content of a value that is one byte string. */
export function readBytes(value: Uint8Array): Uint8Array {
  const reader = new CborReader(value);
  const bytes = reader.byteString();
  reader.expectEnd('a security parameter or result');
  return bytes;
}

export function readUint(value: Uint8Array): number {
  const reader = new CborReader(value);
  const number = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  reader.expectEnd('a security parameter or result');
  return number;
}

export function uintItem(id: number, value: number): SecurityItem {
  return { id, value: new CborWriter(8).uint(value).finish() };
}

export function bytesItem(id: number, bytes: Uint8Array): SecurityItem {
  return { id, value: new CborWriter(bytes.length + 9).byteString(bytes).finish() };
}

function isKnown(id: CborUint, known: readonly number[]): id is number {
  return typeof id === 'number' && known.includes(id);
}

function fail(value: Uint8Array, message: string): never {
  return new CborReader(value).fail('ERR_BUNDLE_SECURITY', message);
}
