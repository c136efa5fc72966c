/** How values are written. Stands on its own: see ../script.ts. */
import type { Unit } from './types.js';

export interface Written {
  /** `7:05:09`, with days where there are any. @param seconds since the start */
  clock(seconds: number): string;
  /** `12 s`, `5.0 min`, `3.2 h` */
  span(seconds: number): string;
  value(unit: Unit, value: number | null | undefined): string;
}

export function written(): Written {
  const two = (value: number): string => String(value).padStart(2, '0');
  const number = (value: number): string => {
    if (value === 0 || Math.abs(value) >= 100) return String(Math.round(value));
    return String(Number(value.toPrecision(3)));
  };
  const made: Written = {
    clock(seconds) {
      const whole = Math.floor(seconds);
      const days = Math.floor(whole / 86_400);
      const time = `${Math.floor(whole / 3600) % 24}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
      return days === 0 ? time : `day ${days + 1}, ${time}`;
    },
    span(seconds) {
      if (seconds < 60) return `${number(seconds)} s`;
      if (seconds < 3600) return `${number(seconds / 60)} min`;
      return seconds < 172_800 ? `${number(seconds / 3600)} h` : `${number(seconds / 86_400)} days`;
    },
    value(unit, value) {
      if (value === null || value === undefined) return '–';
      switch (unit) {
        case 'time':
          return made.span(value);
        case 'log-time':
          return made.span(10 ** value);
        case 'share':
          return `${number(100 * value)} %`;
        case 'bytes':
          if (value < 10_000) return `${number(value)} B`;
          return value < 1_000_000 ? `${number(value / 1000)} kB` : `${number(value / 1e6)} MB`;
        case 'count':
          return String(Math.round(value));
        case 'number':
          return number(value);
      }
    },
  };
  return made;
}
