/**
 * Patterns of endpoint ids, as draft-ietf-dtn-eid-pattern writes them: `*:**` is every id, `ipn:**` every one of a scheme,
 * `ipn:977000.[1-3,5].*` a set of numbers at each place, and `|` joins several. Of `dtn` only exact ids are patterns here.
 */
import { DecodeError, printable } from '../base/index.js';
import { eidEquals, parseEid } from './eid.js';
import type { Eid } from './types.js';

/** Numbers from the first to the last, both included. */
type Range = readonly [number, number];

type Item =
  | { readonly kind: 'scheme'; readonly scheme: string }
  | { readonly kind: 'exact'; readonly eid: Eid }
  | { readonly kind: 'ipn'; readonly places: readonly (readonly Range[])[] };

/** Either every id, or what any of the items matches. */
export type EidPattern = { readonly kind: 'every' } | { readonly kind: 'any-of'; readonly items: readonly Item[] };

const MAX_NUMBER = 0xffff_ffff;
const EVERY_NUMBER: readonly Range[] = [[0, MAX_NUMBER]];

/** @throws DecodeError `ERR_BUNDLE_EID`; the offset counts characters. */
export function parseEidPattern(text: string): EidPattern {
  if (text === '*:**') return { kind: 'every' };
  const items: Item[] = [];
  for (const part of text.split('|')) {
    const item = parseItem(part);
    if (item === undefined)
      throw new DecodeError('ERR_BUNDLE_EID', `not an endpoint id pattern: ${printable(text)}`, 0);
    items.push(item);
  }
  return { kind: 'any-of', items };
}

export function matchesEidPattern(pattern: EidPattern, eid: Eid): boolean {
  return pattern.kind === 'every' || pattern.items.some((item) => matchesItem(item, eid));
}

function parseItem(text: string): Item | undefined {
  const scheme = /^(dtn|ipn):\*\*$/.exec(text)?.[1];
  if (scheme !== undefined) return { kind: 'scheme', scheme };
  if (text.startsWith('dtn:')) return { kind: 'exact', eid: parseEid(text) };
  if (!text.startsWith('ipn:')) return undefined;
  const places = text.slice('ipn:'.length).split('.').map(parsePlace);
  const known = places.flatMap((place) => (place === undefined ? [] : [place]));
  return known.length === 3 && places.length === 3 ? { kind: 'ipn', places: known } : undefined;
}

/** Ranges rise and do not touch, so that a set of numbers has one spelling. */
function parsePlace(text: string): readonly Range[] | undefined {
  if (text === '*') return EVERY_NUMBER;
  const list = /^\[(.+)\]$/.exec(text)?.[1];
  const ranges: Range[] = [];
  for (const part of list === undefined ? [text] : list.split(',')) {
    const match = /^(0|[1-9][0-9]{0,9})(?:-(0|[1-9][0-9]{0,9}))?$/.exec(part);
    if (match === null || (list === undefined && match[2] !== undefined)) return undefined;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    const before = ranges[ranges.length - 1]?.[1] ?? -1;
    if (first <= before || last < first || last > MAX_NUMBER) return undefined;
    ranges.push([first, last]);
  }
  return ranges;
}

function matchesItem(item: Item, eid: Eid): boolean {
  switch (item.kind) {
    case 'scheme':
      return eid.scheme === item.scheme;
    case 'exact':
      return eidEquals(item.eid, eid);
    case 'ipn': {
      if (eid.scheme !== 'ipn') return false;
      const numbers = eid.kind === 'null' ? [0, 0, eid.service ?? 0] : [eid.allocator, eid.node, eid.service];
      return item.places.every((ranges, at) =>
        ranges.some(([first, last]) => (numbers[at] ?? -1) >= first && (numbers[at] ?? -1) <= last),
      );
    }
  }
}
