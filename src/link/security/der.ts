/** As much of DER (X.690) as it takes to find a name in a certificate and to write one. */
import { concatBytes, DecodeError, invariant } from '../../base/index.js';

export const Tag = {
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Ia5String: 0x16,
  Sequence: 0x30,
  /** Context-specific and constructed: `[n]`, explicit, or implicit over a constructed type. */
  context: (number: number): number => 0xa0 | number,
} as const;

export interface Element {
  readonly tag: number;
  readonly value: Uint8Array;
}

/** No honest certificate has so many elements at one level; each level is read only as far as it is needed. */
const MAX_ELEMENTS = 256;

/**
 * @returns the elements that the bytes consist of
 * @throws DecodeError `ERR_DER`
 */
export function elementsOf(bytes: Uint8Array): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (elements.length === MAX_ELEMENTS) throw refuse('there are too many elements', at);
    const { element, end } = readElement(bytes, at);
    elements.push(element);
    at = end;
  }
  return elements;
}

/** @throws DecodeError `ERR_DER` unless the bytes are exactly one element of that tag */
export function onlyElement(bytes: Uint8Array, tag: number): Uint8Array {
  const { element, end } = readElement(bytes, 0);
  if (element.tag !== tag || end !== bytes.length) throw refuse('another element was expected', 0);
  return element.value;
}

function readElement(bytes: Uint8Array, at: number): { readonly element: Element; readonly end: number } {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw refuse('an element is cut short', at);
  // Tags above 30 take several octets; certificates have none.
  if ((tag & 0x1f) === 0x1f) throw refuse('a tag is too high', at);
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (first >= 0x80 && (lengthOctets === 0 || lengthOctets > 3)) throw refuse('a length is out of bounds', at + 1);
  let length = first < 0x80 ? first : 0;
  for (let index = 0; index < lengthOctets; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  const start = at + 2 + lengthOctets;
  const end = start + length;
  if (end > bytes.length) throw refuse('an element is cut short', at);
  return { element: { tag, value: bytes.subarray(start, end) }, end };
}

export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const value = concatBytes(...parts);
  const { length } = value;
  invariant(length < 0x1_0000, 'a DER element of ours is longer than anything we write');
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return concatBytes(Uint8Array.from(head), value);
}

function refuse(why: string, offset: number): DecodeError {
  return new DecodeError('ERR_DER', why, offset);
}
