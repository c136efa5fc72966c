/** Endpoint ids: the text form and the CBOR form lead back to where they came from. */
import { DecodeError, toHex, utf8, utf8Decode } from '../../src/base/index.js';
import { eidEquals, formatEid, parseEid, readEid, writeEid } from '../../src/bundle/index.js';
import { CborReader, CborWriter } from '../../src/cbor/index.js';
import { holds, orRefused } from '../engine/target.js';

const isRefusal = (error: unknown): boolean => error instanceof DecodeError;

export const dictionary = ['dtn:', 'ipn:', '//', '~', 'dtn:none', 'ipn:977000.1.2', '4294967295', '!'].map(utf8);

export function fuzz(input: Uint8Array): void {
  const text = utf8Decode(input);
  const parsed = text === undefined ? undefined : orRefused(() => parseEid(text), isRefusal);
  if (parsed !== undefined)
    holds(eidEquals(parseEid(formatEid(parsed)), parsed), 'the text form names the same endpoint');

  const read = orRefused(() => {
    const reader = new CborReader(input);
    const eid = readEid(reader);
    reader.expectEnd('the endpoint id');
    return eid;
  }, isRefusal);
  if (read === undefined) return;
  const writer = new CborWriter(64);
  writeEid(writer, read);
  holds(toHex(writer.finish()) === toHex(input), 'the CBOR form is kept to the byte');
  holds(eidEquals(parseEid(formatEid(read)), read), 'both forms name the same endpoint');
}
