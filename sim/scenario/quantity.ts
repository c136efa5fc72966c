/** Quantities as people write them: `80 m`, `1 MB/s`, `25..35 s`, `2 %`. */
import { HearsayError } from '../../src/base/index.js';

export interface Dimension {
  /** What it is called in an error. */
  readonly name: string;
  /** Unit → its size in base units. */
  readonly units: Readonly<Record<string, number>>;
  readonly example: string;
}

const S = 1000;
export const DURATION: Dimension = {
  name: 'a time',
  units: { ms: 1, s: S, min: 60 * S, h: 3600 * S, d: 86_400 * S, days: 86_400 * S, day: 86_400 * S },
  example: '12 h',
};
export const LENGTH: Dimension = { name: 'a length', units: { m: 1, km: 1000 }, example: '80 m' };
export const SPEED: Dimension = { name: 'a speed', units: { 'm/s': 1, 'km/h': 1 / 3.6 }, example: '0.5..1.5 m/s' };
export const SIZE: Dimension = {
  name: 'a size',
  units: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, kiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  example: '2 kB',
};
export const BANDWIDTH: Dimension = {
  name: 'a bandwidth',
  units: {
    'B/s': 1,
    'kB/s': 1e3,
    'MB/s': 1e6,
    'kbit/s': 125,
    'Mbit/s': 125_000,
    'kiB/s': 1024,
    'KiB/s': 1024,
    'MiB/s': 1024 ** 2,
  },
  example: '1 MB/s',
};
export const SHARE: Dimension = { name: 'a share', units: { '%': 0.01, '': 1 }, example: '2 %' };
export const RATE_PER_HOUR: Dimension = {
  name: 'a rate',
  units: { '/h': 1, ' per hour': 1, '/d': 1 / 24, ' per day': 1 / 24 },
  example: '0.5/h',
};

const QUANTITY = /^\s*(\d+(?:\.\d+)?)(?:\s*\.\.\s*(\d+(?:\.\d+)?))?\s*(.*?)\s*$/;
/** For the schema: digits, perhaps a range, perhaps a unit. */
export const QUANTITY_PATTERN = '^\\s*\\d+(\\.\\d+)?(\\s*\\.\\.\\s*\\d+(\\.\\d+)?)?\\s*[A-Za-z%/ ]*$';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** @throws HearsayError `ERR_SCENARIO` that says what to write. */
export function rangeOf(text: string | number, dimension: Dimension): Range {
  const match = QUANTITY.exec(String(text));
  const unit = dimension.units[match?.[3] ?? ''] ?? dimension.units[` ${match?.[3] ?? ''}`];
  if (match === null || unit === undefined) {
    const units = Object.keys(dimension.units).map((known) => known.trim());
    const known = units.filter((known, index) => known !== '' && units.indexOf(known) === index).join(', ');
    throw new HearsayError(
      'ERR_SCENARIO',
      `"${text}" is not ${dimension.name}: write for example "${dimension.example}"; units are ${known}`,
    );
  }
  const min = Number(match[1]) * unit;
  const max = match[2] === undefined ? min : Number(match[2]) * unit;
  if (max < min) throw new HearsayError('ERR_SCENARIO', `"${text}" ends below where it begins`);
  return { min, max };
}

/** @throws HearsayError `ERR_SCENARIO` for a range, too. */
export function quantityOf(text: string | number, dimension: Dimension): number {
  const { min, max } = rangeOf(text, dimension);
  if (min !== max)
    throw new HearsayError(
      'ERR_SCENARIO',
      `"${text}" is a range; one value is meant here, such as "${dimension.example.split('..').at(-1)}"`,
    );
  return min;
}
