/** Well-known text: the points and lines that The ONE's maps, routes and points of interest are drawn with. */
import { DecodeError, printable } from '../../../../src/base/index.js';
import type { Place } from '../movement/model.js';

/** Each `LINESTRING`, and each part of a `MULTILINESTRING`; a `POINT` is a line of one. */
export function parseWkt(text: string, file: string): readonly (readonly Place[])[] {
  const lines: (readonly Place[])[] = [];
  for (const match of text.matchAll(/([A-Za-z]+)\s*((?:\([^()]*\))|(?:\((?:\s*\([^()]*\)\s*,?)+\s*\)))/g)) {
    const [, kind = '', body = ''] = match;
    const where = match.index;
    switch (kind.toUpperCase()) {
      case 'POINT':
      case 'LINESTRING':
      case 'MULTILINESTRING':
        for (const part of body.matchAll(/\(([^()]+)\)/g)) lines.push(readPlaces(part[1] ?? '', file, where));
        break;
      default:
        throw refuse(file, `"${printable(kind)}" is none of POINT, LINESTRING, MULTILINESTRING`, where);
    }
  }
  if (lines.length === 0) throw refuse(file, 'there is nothing drawn in it', 0);
  return lines;
}

function readPlaces(text: string, file: string, offset: number): readonly Place[] {
  return text.split(',').map((pair) => {
    const [x, y] = pair.trim().split(/\s+/).map(Number);
    if (x === undefined || y === undefined || Number.isNaN(x) || Number.isNaN(y)) {
      throw refuse(file, `"${printable(pair.trim())}" is no pair of coordinates`, offset);
    }
    return { x, y };
  });
}

function refuse(file: string, why: string, offset: number): DecodeError {
  return new DecodeError('ERR_THE_ONE_MAP', `${file}: ${why}`, offset);
}
