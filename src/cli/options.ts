/** How options are read: parsers of ours speak through commander's error message. */
import { InvalidArgumentError } from 'commander';
import { DAY_MS, HearsayError, HOUR_MS, MINUTE_MS, messageOf, printable, SECOND_MS } from '../base/index.js';

/** Lets a parser of ours speak through commander's error message. */
export function orRefuse<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(`${messageOf(error)}.`);
    }
  };
}

export function collect<T>(
  parse: (text: string) => T,
): (text: string, earlier: readonly T[] | undefined) => readonly T[] {
  const read = orRefuse(parse);
  return (text, earlier = []) => [...earlier, read(text)];
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new HearsayError('ERR_OPTION', `"${printable(text)}" is not a whole number from ${least} to ${most}`);
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** `90s`, `15 m`, `2h`, `14d`, `500ms`; a number alone counts seconds. In milliseconds. */
export function readDuration(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|min|h|d)?$/.exec(text.trim());
  const unit = match?.[2] === 'min' ? 'm' : (match?.[2] ?? 's');
  const ms = Math.round(Number(match?.[1]) * (UNITS[unit] ?? Number.NaN));
  if (Number.isSafeInteger(ms)) return ms;
  throw new HearsayError('ERR_OPTION', `"${printable(text)}" is not a duration; write it as in 90s, 15m, 2h or 14d`);
}
