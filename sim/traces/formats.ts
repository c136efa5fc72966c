/**
 * The common text formats of contact traces. A line is split at blanks or commas; `#` begins a comment.
 *
 * | format | a line | source |
 * | --- | --- | --- |
 * | `the-one` | `time CONN a b up` or `down` | The ONE's StandardEventsReader |
 * | `intervals` | `a b from to …` | CRAWDAD cambridge/haggle (iMote) |
 * | `sociopatterns` | `time a b …`: in contact in the 20 s that end at `time` | sociopatterns.org |
 * | `plain` | `time a b up` or `down` | |
 */
import { HearsayError } from '../../src/base/index.js';
import type { TraceFormat, TraceInterval } from './types.js';

interface TraceLine {
  readonly number: number;
  readonly fields: readonly string[];
}

/** How long before its time a record of SocioPatterns begins. */
const SOCIOPATTERNS_SECONDS = 20;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function* linesOf(text: string): Generator<TraceLine> {
  let number = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
    number += 1;
    const comment = line.indexOf('#');
    const fields = (comment < 0 ? line : line.slice(0, comment)).split(/[\s,;]+/).filter((field) => field !== '');
    if (fields.length > 0) yield { number, fields };
  }
}

/** Without the heading that a CSV file begins with. */
function* dataLinesOf(text: string): Generator<TraceLine> {
  let isFirst = true;
  for (const line of linesOf(text)) {
    if (!isFirst || line.fields.some(isNumber)) yield line;
    isFirst = false;
  }
}

/** @returns the format that the first line of data is in, or undefined. */
export function detectFormat(text: string): TraceFormat | undefined {
  for (const { fields } of dataLinesOf(text)) {
    const [first = '', second = '', third = '', fourth = ''] = fields;
    if (fields.length >= 5 && second === 'CONN') return 'the-one';
    if (isNumber(first) && isUpOrDown(fourth)) return 'plain';
    if (isNumber(third) && isNumber(fourth) && Number(fourth) >= Number(third)) return 'intervals';
    if (fields.length >= 3 && isNumber(first)) return 'sociopatterns';
    return undefined;
  }
  return undefined;
}

export function* intervalsOf(text: string, format: TraceFormat): Generator<TraceInterval> {
  switch (format) {
    case 'the-one':
      return yield* pairUp(text, (fields) =>
        fields[1] === 'CONN' ? [fields[0], digitsOf(fields[2]), digitsOf(fields[3]), fields[4]] : undefined,
      );
    case 'plain':
      return yield* pairUp(text, (fields) => [fields[0], fields[1], fields[2], fields[3]]);
    case 'intervals':
      return yield* fromIntervals(text);
    case 'sociopatterns':
      return yield* fromRecords(text);
  }
}

type RawEvent = readonly [
  time: string | undefined,
  a: string | undefined,
  b: string | undefined,
  change: string | undefined,
];

/** Joins each up with its down; what is still up at the end lasts until the last time in the trace. */
function* pairUp(text: string, read: (fields: readonly string[]) => RawEvent | undefined): Generator<TraceInterval> {
  const open = new Map<string, { a: string; b: string; fromS: number }>();
  let lastS = 0;
  for (const { number, fields } of dataLinesOf(text)) {
    const raw = read(fields);
    if (raw === undefined) continue;
    const [time, first, second, change] = raw;
    if (!isNumber(time ?? '')) throw unreadable(number, 'does not begin with a time');
    if (first === undefined || second === undefined || first === second) throw unreadable(number, 'names no two nodes');
    const atS = Number(time);
    lastS = Math.max(lastS, atS);
    const [a, b] = first < second ? [first, second] : [second, first];
    const link = `${a} ${b}`;
    const since = open.get(link);
    if (/^up$/i.test(change ?? '')) {
      if (since === undefined) open.set(link, { a, b, fromS: atS });
    } else if (/^down$/i.test(change ?? '')) {
      open.delete(link);
      if (since !== undefined) yield { ...since, toS: atS };
    } else throw unreadable(number, 'says neither up nor down');
  }
  for (const contact of open.values()) yield { ...contact, toS: lastS };
}

function* fromIntervals(text: string): Generator<TraceInterval> {
  for (const { number, fields } of dataLinesOf(text)) {
    const [a, b, from, to] = fields;
    if (a === undefined || b === undefined || !isNumber(from ?? '') || !isNumber(to ?? '')) {
      throw unreadable(number, 'is not "a b from to"');
    }
    if (Number(to) < Number(from)) throw unreadable(number, 'ends before it begins');
    // Devices also recorded themselves.
    if (a !== b) yield { a, b, fromS: Number(from), toS: Number(to) };
  }
}

function* fromRecords(text: string): Generator<TraceInterval> {
  for (const { number, fields } of dataLinesOf(text)) {
    const [time, a, b] = fields;
    if (!isNumber(time ?? '') || a === undefined || b === undefined) throw unreadable(number, 'is not "time a b"');
    if (a !== b) yield { a, b, fromS: Number(time) - SOCIOPATTERNS_SECONDS, toS: Number(time) };
  }
}

function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

function isUpOrDown(text: string): boolean {
  return /^(up|down)$/i.test(text);
}

/** The ONE calls its hosts by a letter and a number, or by the number alone. */
function digitsOf(host: string | undefined): string | undefined {
  const digits = host?.replace(/\D/g, '');
  return digits === undefined || digits === '' ? undefined : String(Number(digits));
}

function unreadable(line: number, what: string): HearsayError {
  return new HearsayError('ERR_TRACE', `line ${line} of the trace ${what}`);
}
