/** How The ONE writes values: numbers with a size suffix, truth, lists with commas. Each reader gives undefined for nonsense. */

const SUFFIXES: Readonly<Record<string, number>> = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  kiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

export function readNumber(text: string): number | undefined {
  const match = /^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(kiB|MiB|GiB|k|M|G)?$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (match[2] === undefined ? 1 : (SUFFIXES[match[2]] ?? Number.NaN));
}

/** Fractions are cut off, as The ONE does. */
export function readWhole(text: string): number | undefined {
  const value = readNumber(text);
  return value === undefined ? undefined : Math.trunc(value);
}

export function readTruth(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  return undefined;
}

export function readList<T>(text: string, read: (part: string) => T | undefined): readonly T[] | undefined {
  const values = text.split(',').map((part) => read(part));
  return values.includes(undefined) ? undefined : (values as T[]);
}

/** One number, or two of which the second is not smaller. */
export function readRange(text: string): readonly [number, number] | undefined {
  const values = readList(text, readNumber);
  const [low, high] = values ?? [];
  if (low === undefined || (values ?? []).length > 2) return undefined;
  if (high !== undefined && high < low) return undefined;
  return [low, high ?? low];
}
