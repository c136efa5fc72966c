/** Reads a contact trace into columns: four numbers for each contact, whatever it was written in. */
import { gunzipSync } from 'node:zlib';
import { HearsayError, utf8Decode } from '../../src/base/index.js';
import type { ContactEvent } from '../radio/types.js';
import { detectFormat, intervalsOf } from './formats.js';
import type { Trace, TraceFormat, TraceInterval } from './types.js';

export interface ReadTraceOptions {
  /** @default what the first line looks like */
  readonly format?: TraceFormat;
  /** Where time 0 is, on the trace's clock, in seconds. @default 0 if the trace begins within its first day, else its first contact */
  readonly startS?: number;
  /** Contacts after this many seconds are left out. */
  readonly durationS?: number;
}

/** A trace is text of at most this many bytes when unpacked. */
const MAX_TEXT_BYTES = 1024 * 1024 * 1024;
const DAY_S = 86_400;

interface Contact {
  readonly a: number;
  readonly b: number;
  readonly fromMs: number;
  toMs: number;
}

/**
 * @param bytes the file's, gzipped or not.
 * @throws HearsayError `ERR_TRACE` with the line that can't be read.
 */
export function readTrace(bytes: Uint8Array, options: ReadTraceOptions = {}): Trace {
  const text = textOf(bytes);
  const format = options.format ?? detectFormat(text);
  if (format === undefined) {
    throw new HearsayError(
      'ERR_TRACE',
      'the trace is in no known format: write "time a b up" and "time a b down", or name its format',
    );
  }
  const intervals = [...intervalsOf(text, format)];
  const first = intervals.reduce((least, { fromS }) => Math.min(least, fromS), Number.POSITIVE_INFINITY);
  const startS = options.startS ?? (first >= 0 && first < DAY_S ? 0 : Number.isFinite(first) ? first : 0);
  const names = nodeNames(intervals, format);
  const contacts = merged(intervals, names, startS, options.durationS);
  return new ColumnTrace(format, names, -startS * 1000, contacts, options.durationS);
}

function textOf(bytes: Uint8Array): string {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  let plain = bytes;
  if (isGzip) {
    try {
      plain = gunzipSync(bytes, { maxOutputLength: MAX_TEXT_BYTES });
    } catch (cause) {
      throw new HearsayError('ERR_TRACE', 'the trace cannot be unpacked: it is cut short or damaged', { cause });
    }
  }
  const text = utf8Decode(plain);
  if (text === undefined) throw new HearsayError('ERR_TRACE', 'the trace is not text');
  return text;
}

/** The ONE's hosts are numbers from 0, all of them, also those that meet nobody; others are taken in order of their names. */
function nodeNames(intervals: readonly TraceInterval[], format: TraceFormat): readonly string[] {
  const names = new Set<string>();
  for (const { a, b } of intervals) names.add(a).add(b);
  const numbers = [...names].map(Number);
  const highest = numbers.reduce((most, number) => Math.max(most, number), -1);
  const areIndices = numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
  if (areIndices && (format === 'the-one' || (format === 'plain' && highest < 2 * names.size))) {
    return Array.from({ length: highest + 1 }, (_, index) => String(index));
  }
  return [...names].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
}

/** Contacts of one pair that touch or overlap are one; those outside of the time asked for are cut off. */
function merged(
  intervals: readonly TraceInterval[],
  names: readonly string[],
  startS: number,
  durationS = Number.POSITIVE_INFINITY,
): readonly Contact[] {
  const indices = new Map(names.map((name, index) => [name, index]));
  const all: Contact[] = [];
  for (const { a, b, fromS, toS } of intervals) {
    const fromMs = Math.max(0, Math.round((fromS - startS) * 1000));
    const toMs = Math.round(Math.min(toS - startS, durationS) * 1000);
    const [one, other] = [indices.get(a) ?? 0, indices.get(b) ?? 0];
    if (toMs > fromMs) all.push({ a: Math.min(one, other), b: Math.max(one, other), fromMs, toMs });
  }
  all.sort((x, y) => x.a - y.a || x.b - y.b || x.fromMs - y.fromMs);
  const contacts: Contact[] = [];
  for (const contact of all) {
    const last = contacts.at(-1);
    if (last !== undefined && last.a === contact.a && last.b === contact.b && contact.fromMs <= last.toMs) {
      last.toMs = Math.max(last.toMs, contact.toMs);
    } else contacts.push(contact);
  }
  return contacts;
}

class ColumnTrace implements Trace {
  readonly format: TraceFormat;
  readonly names: readonly string[];
  readonly offsetMs: number;
  readonly endMs: number;
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #fromMs: Float64Array;
  readonly #toMs: Float64Array;
  /** Twice the contact's index, plus one for its end; by time, ends first, then by pair. */
  readonly #order: Int32Array;

  constructor(
    format: TraceFormat,
    names: readonly string[],
    offsetMs: number,
    contacts: readonly Contact[],
    durationS: number | undefined,
  ) {
    this.format = format;
    this.names = names;
    this.offsetMs = offsetMs;
    this.#a = Int32Array.from(contacts, ({ a }) => a);
    this.#b = Int32Array.from(contacts, ({ b }) => b);
    this.#fromMs = Float64Array.from(contacts, ({ fromMs }) => fromMs);
    this.#toMs = Float64Array.from(contacts, ({ toMs }) => toMs);
    this.endMs =
      durationS === undefined ? this.#toMs.reduce((most, toMs) => Math.max(most, toMs), 0) : durationS * 1000;
    // Contacts are by pair already, so their index settles ties.
    this.#order = Int32Array.from({ length: 2 * contacts.length }, (_, half) => half).sort(
      (x, y) => this.#timeOf(x) - this.#timeOf(y) || (y & 1) - (x & 1) || x - y,
    );
  }

  get nodes(): number {
    return this.names.length;
  }

  get contacts(): number {
    return this.#a.length;
  }

  *events(): Generator<ContactEvent> {
    for (const half of this.#order) {
      const contact = half >> 1;
      yield {
        atMs: this.#timeOf(half),
        a: this.#a[contact] ?? 0,
        b: this.#b[contact] ?? 0,
        up: (half & 1) === 0,
        radio: 0,
      };
    }
  }

  #timeOf(half: number): number {
    return ((half & 1) === 0 ? this.#fromMs[half >> 1] : this.#toMs[half >> 1]) ?? 0;
  }
}
