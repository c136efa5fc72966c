/**
 * The inside of a range frame: a walk along one class's timeline from its newest end, in items that each reach up to a
 * bound (docs/protocol/gossip.md, *Ranges*).
 *
 * A bound's time is written as the roundest number that does, in units of a power of two since the bound before it: two
 * bytes in the middle of ordinary traffic, and still exact for any time below 2^53.
 */
import { DecodeError, fromHex, toHex } from '../base/index.js';
import { isBoundBefore, NEWEST, OLDEST, type TimeBound } from '../store/index.js';
import { LISTED_ID_BYTES, type ListedNumber } from './session-ids.js';

export type RangeItem =
  /** Nothing is said of this stretch. */
  | { readonly mode: 'skip'; readonly to: TimeBound }
  /** What the sender holds in it has this fingerprint, of 32 bits, or 48 where `wide`. */
  | { readonly mode: 'fingerprint'; readonly to: TimeBound; readonly wide: boolean; readonly fingerprint: number }
  /** These, and nothing else, are what the sender holds in it. */
  | { readonly mode: 'ids'; readonly to: TimeBound; readonly ids: readonly ListedNumber[] };

const SKIP = 0;
const NARROW = 1;
const WIDE = 2;
const IDS = 3;

const NARROW_BYTES = 4;
const WIDE_BYTES = 6;
/** The largest unit of a time: 2^52 ms. */
const MAX_SHIFT = 52;
/** In place of a unit: a time to the millisecond, with the beginning of a key. */
const WITH_PREFIX = 62;
/** In place of a unit: everything that is older. */
const TO_THE_END = 63;
const MAX_PREFIX_BYTES = 16;
const MAX_VARINT_BYTES = 8;

/**
 * The bound that is written in the fewest bytes of all that part two neighbouring entries.
 *
 * @param newer what lies right before it, with its time and key
 * @param older what lies right behind it
 */
export function boundBetween(
  newer: { readonly time: number; readonly key: string },
  older: { readonly time: number; readonly key: string },
): TimeBound {
  if (newer.time > older.time) return { time: roundest(older.time, newer.time - 1), prefix: '' };
  let digits = 2;
  while (newer.key.slice(0, digits) === older.key.slice(0, digits)) digits += 2;
  return { time: older.time, prefix: older.key.slice(0, digits) };
}

/** The multiple of the largest power of two in [low, high]. */
function roundest(low: number, high: number): number {
  if (low === 0) return 0;
  let best = high;
  // Every multiple of a power of two is one of all the smaller ones, so the first power without a multiple ends it.
  for (let unit = 2; unit <= 2 ** MAX_SHIFT; unit *= 2) {
    const rounded = Math.floor(high / unit) * unit;
    if (rounded < low) break;
    best = rounded;
  }
  return best;
}

function shiftOf(time: number): number {
  if (time === 0) return MAX_SHIFT;
  let shift = 0;
  for (let rest = time; rest % 2 === 0; rest /= 2) shift++;
  return shift;
}

export function encodeItems(items: readonly RangeItem[]): Uint8Array {
  const out: number[] = [];
  let from = NEWEST;
  for (const item of items) {
    writeBound(out, modeOf(item), from, item.to);
    if (item.mode === 'fingerprint') writeFingerprint(out, item.fingerprint, item.wide ? WIDE_BYTES : NARROW_BYTES);
    else if (item.mode === 'ids') {
      writeVarint(out, item.ids.length);
      for (const id of item.ids) writeListed(out, id);
    }
    from = item.to;
  }
  return Uint8Array.from(out);
}

function modeOf(item: RangeItem): number {
  switch (item.mode) {
    case 'skip':
      return SKIP;
    case 'fingerprint':
      return item.wide ? WIDE : NARROW;
    case 'ids':
      return IDS;
  }
}

function writeBound(out: number[], mode: number, from: TimeBound, to: TimeBound): void {
  if (to.time < 0) {
    out.push((mode << 6) | TO_THE_END);
    return;
  }
  if (to.prefix !== '') {
    out.push((mode << 6) | WITH_PREFIX);
    writeVarint(out, from.time - to.time);
    const prefix = fromHex(to.prefix);
    out.push(prefix.length, ...prefix);
    return;
  }
  const shift = shiftOf(to.time);
  const unit = 2 ** shift;
  out.push((mode << 6) | shift);
  writeVarint(out, Math.floor(from.time / unit) - to.time / unit);
}

function writeVarint(out: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
}

/** Least significant byte first, as SipHash gives it. */
function writeFingerprint(out: number[], fingerprint: number, length: number): void {
  let rest = fingerprint;
  for (let i = 0; i < length; i++) {
    out.push(rest % 0x100);
    rest = Math.floor(rest / 0x100);
  }
}

/** Most significant byte first: the first bytes of the short id. */
function writeListed(out: number[], id: ListedNumber): void {
  const low = id >>> 0;
  out.push(Math.floor(id / 0x1_0000_0000), low >>> 24, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff);
}

/** The bits of a fingerprint that travel. */
export function narrowed(fingerprint: number, wide: boolean): number {
  return wide ? fingerprint : fingerprint % 0x1_0000_0000;
}

/** @throws DecodeError `ERR_GOSSIP_RANGE` unless it is a walk that goes on at each item. */
export function decodeItems(bytes: Uint8Array): readonly RangeItem[] {
  const reader = new ItemReader(bytes);
  const items: RangeItem[] = [];
  let from = NEWEST;
  while (!reader.atEnd) {
    const item = reader.item(from);
    items.push(item);
    from = item.to;
  }
  return items;
}

class ItemReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(from: TimeBound): RangeItem {
    const head = this.#byte();
    const to = this.#bound(head & 63, from);
    if (!isBoundBefore(from, to)) this.#refuse('does not go on');
    switch (head >> 6) {
      case SKIP:
        return { mode: 'skip', to };
      case NARROW:
        return { mode: 'fingerprint', to, wide: false, fingerprint: this.#little(NARROW_BYTES) };
      case WIDE:
        return { mode: 'fingerprint', to, wide: true, fingerprint: this.#little(WIDE_BYTES) };
      default:
        return { mode: 'ids', to, ids: this.#ids() };
    }
  }

  #bound(shift: number, from: TimeBound): TimeBound {
    if (shift === TO_THE_END) return OLDEST;
    if (shift === WITH_PREFIX) {
      const time = from.time - this.#varint();
      const prefix = this.#take(this.#byte());
      if (time < 0 || prefix.length === 0 || prefix.length > MAX_PREFIX_BYTES) this.#refuse('has a bad bound');
      return { time, prefix: toHex(prefix) };
    }
    if (shift > MAX_SHIFT) this.#refuse('has a bad unit');
    const units = Math.floor(from.time / 2 ** shift) - this.#varint();
    if (units < 0) this.#refuse('has a bad bound');
    return { time: units * 2 ** shift, prefix: '' };
  }

  #ids(): readonly ListedNumber[] {
    const count = this.#varint();
    // Looked at before anything is set aside for them.
    if (count > (this.#bytes.length - this.#at) / LISTED_ID_BYTES) this.#refuse('is cut short');
    return Array.from({ length: count }, () => {
      let id = 0;
      for (let i = 0; i < LISTED_ID_BYTES; i++) id = id * 0x100 + this.#byte();
      return id;
    });
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 0x80 ** i;
      if (byte >= 0x80) continue;
      if ((byte === 0 && i > 0) || value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    return this.#refuse('has a bad number');
  }

  #little(length: number): number {
    let value = 0;
    for (let i = 0; i < length; i++) value += this.#byte() * 0x100 ** i;
    return value;
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) this.#refuse('is cut short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return this.#refuse('is cut short');
    this.#at += 1;
    return byte;
  }

  #refuse(what: string): never {
    throw new DecodeError('ERR_GOSSIP_RANGE', `a range ${what}`, this.#at);
  }
}
