/** Generic CBOR values, for payloads whose shape the caller checks. */
import { asBuffer, invariant } from '../base/index.js';
import { Major } from './heads.js';
import { CborReader } from './reader.js';
import { CborWriter } from './writer.js';

/** What our payloads are made of: no floats, tags or `undefined`. */
export type CborValue =
  | number
  | bigint
  | string
  | Uint8Array
  | boolean
  | null
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>;

export interface CborLimits {
  /** How deep arrays and maps may nest. @default 16 */
  readonly maxDepth?: number;
  /** How many items there may be in all, map keys included. @default 65536 */
  readonly maxItems?: number;
}

const DEFAULT_MAX_DEPTH = 16;
const DEFAULT_MAX_ITEMS = 65_536;

/**
 * Deterministic encoding (RFC 8949 §4.2.1): the same value always gives the same bytes; map keys are sorted.
 *
 * @throws InvariantError for numbers that are not integers, or not within 64 bits.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  const writer = new CborWriter();
  write(writer, value);
  return writer.finish();
}

/**
 * Strict decoding: see {@link CborReader}; also no tags, floats or duplicate keys, and nothing after the item.
 *
 * Byte strings are views of the input. Integers within ±(2^53 − 1) are numbers, others bigints.
 *
 * @throws DecodeError and nothing else.
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = {}): CborValue {
  const reader = new CborReader(bytes);
  const budget = { items: limits.maxItems ?? DEFAULT_MAX_ITEMS };
  const value = read(reader, limits.maxDepth ?? DEFAULT_MAX_DEPTH, budget);
  reader.expectEnd('the value');
  return value;
}

function write(writer: CborWriter, value: CborValue): void {
  if (typeof value === 'number') {
    invariant(Number.isSafeInteger(value), `${value} has no CBOR encoding here`);
    writer.int(value);
  } else if (typeof value === 'bigint') writer.int(value);
  else if (typeof value === 'string') writer.text(value);
  else if (typeof value === 'boolean') writer.bool(value);
  else if (value === null) writer.null();
  else if (value instanceof Uint8Array) writer.byteString(value);
  else if (value instanceof Map) writeMap(writer, value);
  else {
    const items = value as readonly CborValue[];
    writer.array(items.length);
    for (const item of items) write(writer, item);
  }
}

function writeMap(writer: CborWriter, map: ReadonlyMap<number | string, CborValue>): void {
  const pairs = [...map].map(([key, value]) => ({ key: encodeCbor(key), value }));
  pairs.sort((a, b) => asBuffer(a.key).compare(b.key));
  writer.map(pairs.length);
  for (const { key, value } of pairs) write(writer.raw(key), value);
}

function read(reader: CborReader, depth: number, budget: { items: number }): CborValue {
  if (--budget.items < 0) reader.fail('ERR_CBOR_TOO_MANY', 'too many items');
  switch (reader.peekMajor()) {
    case Major.Unsigned:
    case Major.Negative:
      return reader.int();
    case Major.Bytes:
      return reader.byteString();
    case Major.Text:
      return reader.text();
    case Major.Array:
      return readArray(reader, depth, budget);
    case Major.Map:
      return readMap(reader, depth, budget);
    case Major.Tag:
      return reader.fail('ERR_CBOR_TAG', 'tags are not used');
    default:
      return reader.simple();
  }
}

function readArray(reader: CborReader, depth: number, budget: { items: number }): CborValue[] {
  if (depth === 0) reader.fail('ERR_CBOR_DEPTH', 'arrays and maps nest too deeply');
  const count = reader.array();
  const items: CborValue[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader, depth - 1, budget));
  return items;
}

function readMap(reader: CborReader, depth: number, budget: { items: number }): Map<number | string, CborValue> {
  if (depth === 0) reader.fail('ERR_CBOR_DEPTH', 'arrays and maps nest too deeply');
  const count = reader.map();
  const map = new Map<number | string, CborValue>();
  for (let i = 0; i < count; i++) {
    if (--budget.items < 0) reader.fail('ERR_CBOR_TOO_MANY', 'too many items');
    const start = reader.offset;
    const key = readKey(reader);
    if (map.has(key)) reader.fail('ERR_CBOR_DUPLICATE_KEY', 'a map has the same key twice', start);
    map.set(key, read(reader, depth - 1, budget));
  }
  return map;
}

function readKey(reader: CborReader): number | string {
  const start = reader.offset;
  if (reader.peekMajor() === Major.Text) return reader.text();
  const key = reader.int();
  if (typeof key === 'bigint') reader.fail('ERR_CBOR_RANGE', 'a map key is out of range', start);
  return key;
}
