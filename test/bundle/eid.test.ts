import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, fromHex, toHex } from '../../src/base/index.js';
import {
  dtnEid,
  eidEquals,
  formatEid,
  isSingleton,
  matchesEidPattern,
  NULL_EID,
  parseEid,
  parseEidPattern,
  readEid,
  writeEid,
} from '../../src/bundle/index.js';
import { CborReader, CborWriter } from '../../src/cbor/index.js';
import { anyEid } from '../support/bundles.js';
import { describeWithShared } from '../support/optional.js';

function decode(hex: string) {
  const reader = new CborReader(fromHex(hex));
  const eid = readEid(reader);
  reader.expectEnd('the endpoint id');
  return eid;
}

function encode(eid: Parameters<typeof writeEid>[1]): string {
  const writer = new CborWriter();
  writeEid(writer, eid);
  return toHex(writer.finish());
}

/** Encodings on which the sources disagree, or which only some of them take. */
const CBOR_DECIDED = new Map<string, string | undefined>([
  // RFC 9171 §4.2.5.1.1: dtn:none is the number 0, and arrays in a bundle have definite length.
  ['8201646e6f6e65', undefined],
  ['9f01672f2f6e6f64652fff', undefined],
  // A scheme that we cannot read names nobody we could forward to.
  ['821a00010000a20164736f6d65181943626967', undefined],
  // RFC 9758 bounds the service number to 32 bits.
  ['8202821bffffffffffffffff1bffffffffffffffff', undefined],
  ['8202831affffffff1affffffff1bffffffffffffffff', undefined],
  ['8200f6', undefined],
  ['82016453415431', undefined],
  // Node 0 of the default allocator is nobody, whatever the service.
  ['8202820001', 'ipn:0.0'],
  ['820283000001', 'ipn:0.0'],
  ['820283000000', 'ipn:0.0'],
]);

const TEXT_DECIDED = new Map<string, boolean>([
  // An empty node name names no node.
  ['dtn:///else', false],
  ['dtn:///bar', false],
  // RFC 9758: a node number has 32 bits; more is written with the allocator apart.
  ['ipn:4294967296.0', false],
  // One source refuses the administrative endpoint; RFC 9171 §4.2.5.1.2 does not.
  ['ipn:1.0', true],
  ['dtn://', false],
  ['dtn://hi', false],
]);

describeWithShared('the EID vectors', 'vectors/eid.json', (path) => {
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as {
    cbor: readonly { hex: string; expect: string; uri: string | null }[];
    text: readonly { uri: string; expect: string }[];
    singleton: readonly { uri: string; singleton: boolean }[];
    eid_patterns: {
      match: readonly { pattern: string; eid: string; match: boolean }[];
      invalid: readonly string[];
    };
  };

  it.each(vectors.eid_patterns.match)('the pattern $pattern and $eid: $match', ({ pattern, eid, match }) => {
    const [, service = '0'] = /^ipn:0\.0\.([0-9]+)$/.exec(eid) ?? [];
    // In text a null id has no service; in CBOR it may.
    const parsed = eid.startsWith('ipn:0.0.')
      ? { scheme: 'ipn' as const, kind: 'null' as const, service: Number(service) }
      : parseEid(eid);
    expect(matchesEidPattern(parseEidPattern(pattern), parsed)).toBe(match);
  });

  it.each(vectors.eid_patterns.invalid)('%j is no pattern', (text) => {
    expect(() => parseEidPattern(text)).toThrow(DecodeError);
  });

  it.each(vectors.cbor)('in CBOR: $hex is $expect, $uri', ({ hex, expect: expected, uri }) => {
    const decided = CBOR_DECIDED.get(hex);
    if (CBOR_DECIDED.has(hex) ? decided === undefined : expected !== 'valid') {
      expect(() => decode(hex)).toThrow(DecodeError);
      return;
    }
    const text = formatEid(decode(hex));
    if (decided !== undefined || uri !== null) expect(text).toBe(decided ?? uri);
  });

  it.each(vectors.text)('in text: $uri is $expect', ({ uri, expect: expected }) => {
    if (TEXT_DECIDED.get(uri) ?? expected === 'valid') {
      expect(eidEquals(parseEid(formatEid(parseEid(uri))), parseEid(uri))).toBe(true);
    } else {
      expect(() => parseEid(uri)).toThrow(DecodeError);
    }
  });

  it.each(vectors.singleton)('$uri is singleton: $singleton', ({ uri, singleton }) => {
    expect(isSingleton(parseEid(uri))).toBe(singleton);
  });
});

describe('endpoint ids', () => {
  it('survive CBOR as they are, and text up to the form of the encoding', () => {
    fc.assert(
      fc.property(anyEid, (eid) => {
        expect(decode(encode(eid))).toEqual(eid);
        expect(eidEquals(parseEid(formatEid(eid)), eid)).toBe(true);
      }),
    );
  });

  it('are equal whatever way they are encoded', () => {
    expect(eidEquals(decode('820282182a1848'), decode('82028300182a1848'))).toBe(true);
    expect(eidEquals(decode('8202821b000ee8680000000101'), decode('8202831a000ee8680101'))).toBe(true);
    expect(eidEquals(NULL_EID, decode('8202820000'))).toBe(true);
    expect(eidEquals(dtnEid('a', 'b'), dtnEid('a', ''))).toBe(false);
    expect(eidEquals(dtnEid('a', 'b'), NULL_EID)).toBe(false);
  });

  it('go out in the form in which they came', () => {
    const forms = ['820282182a1848', '82028300182a1848', '8202821b000ee8680000000101'];
    // Nobody, with two elements or three, and with a service that means nothing.
    const nulls = ['820100', '8202820000', '820283000000', '8202820001', '82028300001907d0'];
    for (const hex of [...forms, ...nulls]) {
      expect(encode(decode(hex))).toBe(hex);
    }
  });

  it('match a scheme, an id or one of several patterns', () => {
    const eids = ['dtn://a/b', 'dtn://a/c', 'ipn:7.1', 'dtn:none'].map(parseEid);
    const matched = (pattern: string) => eids.filter((eid) => matchesEidPattern(parseEidPattern(pattern), eid)).length;
    expect(['dtn:**', 'ipn:**', 'dtn://a/b', 'dtn://a/b|ipn:0.7.*', '*:**'].map(matched)).toEqual([3, 1, 1, 2, 4]);
  });

  it('have a bounded length', () => {
    const longest = `dtn://node/${'x'.repeat(512 - '//node/'.length)}`;
    expect(formatEid(parseEid(longest))).toBe(longest);
    expect(() => parseEid(`${longest}x`)).toThrow(DecodeError);
  });

  it('never show control characters of others in an error', () => {
    expect(() => parseEid('dtn://a\u001b[2J/')).toThrow(/^not an endpoint id: dtn:\/\/a\ufffd\[2J\/$/);
  });
});
