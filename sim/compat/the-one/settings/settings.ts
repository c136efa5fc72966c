/**
 * The settings of one run: files laid over one another, run-indexed arrays resolved, values read with their types.
 *
 * Nothing is thrown while reading: what is missing or malformed is noted, so that all of it can be said at once.
 */
import { printable } from '../../../../src/base/index.js';
import { type Property, parseProperties } from './properties-file.js';
import { SettingsError, type SettingsProblem } from './settings-error.js';
import { readList, readNumber, readRange, readTruth, readWhole } from './values.js';

export interface SettingsFile {
  /** As the user knows it: it is named in messages. */
  readonly name: string;
  readonly text: string;
}

export class Settings {
  readonly #properties = new Map<string, Property>();
  readonly #runIndex: number;
  readonly #lastFile: string;
  readonly #problems = new Map<string, SettingsProblem>();

  /** @param files each overlays those before it. @param runIndex which of the values in `[a; b; c]` counts, from 0. */
  constructor(files: readonly SettingsFile[], runIndex = 0) {
    this.#runIndex = runIndex;
    this.#lastFile = files.map((file) => file.name).join(', ');
    for (const file of files) {
      for (const property of parseProperties(file.text, file.name)) this.#properties.set(property.key, property);
    }
  }

  /** The lines that count, in the order of their first appearance. */
  get properties(): Iterable<Property> {
    return this.#properties.values();
  }

  note(key: string, message: string): void {
    const property = this.#properties.get(key);
    const where = property === undefined ? this.#lastFile : `${property.file}:${property.line}`;
    this.#problems.set(`${where} ${message}`, { where, message });
  }

  /** @throws SettingsError with all that was noted, by file and line. */
  throwProblems(): void {
    if (this.#problems.size === 0) return;
    const collator = new Intl.Collator('en', { numeric: true });
    throw new SettingsError([...this.#problems.values()].sort((a, b) => collator.compare(a.where, b.where)));
  }

  /** Settings of a namespace; what it lacks is looked up in the second one. */
  section(namespace: string, fallback?: string): Section {
    return new Section(this, namespace, fallback);
  }

  has(key: string): boolean {
    return this.#properties.has(key);
  }

  /** The value for this run, or undefined. */
  value(key: string): string | undefined {
    const property = this.#properties.get(key);
    return property === undefined ? undefined : (runValues(property.value)[this.#runIndexFor(property.value)] ?? '');
  }

  #runIndexFor(value: string): number {
    return this.#runIndex % runValues(value).length;
  }

  /** Puts the values of settings in for `%%Name.key%%`. */
  filled(text: string): string {
    return text.replace(/%%(.+?)%%/g, (whole, key: string) => this.value(key.trim()) ?? whole);
  }
}

/** `[a; b; c]` gives a value per run; anything else is one for all. */
export function runValues(value: string): readonly string[] {
  const array = /^\[(.*)\]$/s.exec(value.trim());
  if (array === null) return [value];
  const parts = (array[1] ?? '').split(';').map((part) => part.trim());
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

/** A namespace of the settings, such as `Group3` with `Group` behind it. */
export class Section {
  readonly #settings: Settings;
  readonly #namespace: string;
  readonly #fallback: string | undefined;

  constructor(settings: Settings, namespace: string, fallback: string | undefined) {
    this.#settings = settings;
    this.#namespace = namespace;
    this.#fallback = fallback;
  }

  /** The full name under which the setting is found, or would be. */
  keyOf(name: string): string {
    const own = `${this.#namespace}.${name}`;
    if (this.#fallback === undefined || this.#settings.has(own)) return own;
    const general = `${this.#fallback}.${name}`;
    return this.#settings.has(general) ? general : own;
  }

  has(name: string): boolean {
    return this.#settings.has(this.keyOf(name));
  }

  note(name: string, message: string): void {
    this.#settings.note(this.keyOf(name), message);
  }

  text(name: string): string;
  text<D>(name: string, otherwise: D): string | D;
  text(name: string, ...otherwise: readonly unknown[]): unknown {
    return this.#read(name, (value) => value, 'a text', '', otherwise);
  }

  number(name: string): number;
  number<D>(name: string, otherwise: D): number | D;
  number(name: string, ...otherwise: readonly unknown[]): unknown {
    return this.#read(name, readNumber, 'a number', 0, otherwise);
  }

  whole(name: string): number;
  whole<D>(name: string, otherwise: D): number | D;
  whole(name: string, ...otherwise: readonly unknown[]): unknown {
    return this.#read(name, readWhole, 'a whole number', 0, otherwise);
  }

  truth(name: string, otherwise: boolean): boolean {
    return this.#read(name, readTruth, 'true or false', otherwise, [otherwise]) as boolean;
  }

  range(name: string): readonly [number, number];
  range<D>(name: string, otherwise: D): readonly [number, number] | D;
  range(name: string, ...otherwise: readonly unknown[]): unknown {
    return this.#read(name, readRange, 'one number, or two such as 0.5, 1.5', [0, 0], otherwise);
  }

  numbers(name: string, count: number): readonly number[] {
    const read = (text: string): readonly number[] | undefined => {
      const values = readList(text, readNumber);
      return values?.length === count ? values : undefined;
    };
    return this.#read(name, read, `${count} numbers with commas between`, new Array(count).fill(0), []) as number[];
  }

  /** @param instead what reading goes on with after a problem was noted; the run itself will never see it */
  #read<T>(
    name: string,
    read: (value: string) => T | undefined,
    expected: string,
    instead: T,
    otherwise: readonly unknown[],
  ): unknown {
    const key = this.keyOf(name);
    const value = this.#settings.value(key);
    if (value === undefined) {
      if (otherwise.length > 0) return otherwise[0];
      this.#settings.note(key, `${key} is missing: it takes ${expected}`);
      return instead;
    }
    const result = read(value);
    if (result !== undefined) return result;
    this.#settings.note(key, `${key} = ${printable(value)}: this takes ${expected}`);
    return instead;
  }
}
