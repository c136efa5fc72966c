/** What a sweep has found so far, a line of JSON for each run: a sweep that was stopped goes on where it was. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { HearsayError, messageOf } from '../../src/base/index.js';
import type { SweepResult } from './types.js';

export class SweepJournal {
  readonly #path: string;
  readonly #results = new Map<string, SweepResult>();
  /** Ends a line that a crash has cut short. */
  #separator = '';

  /** @throws HearsayError `ERR_OUTPUT` when the file can't be read. */
  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) return;
    const text = this.#read();
    if (text !== '' && !text.endsWith('\n')) this.#separator = '\n';
    for (const line of text.split('\n')) {
      const result = parse(line);
      if (result !== undefined) this.#results.set(result.key, result);
    }
  }

  get(key: string): SweepResult | undefined {
    return this.#results.get(key);
  }

  /** @throws HearsayError `ERR_OUTPUT` when it can't be written. */
  add(result: SweepResult): void {
    if (this.#results.has(result.key)) return;
    this.#results.set(result.key, result);
    try {
      appendFileSync(this.#path, `${this.#separator}${JSON.stringify(result)}\n`);
      this.#separator = '';
    } catch (cause) {
      throw new HearsayError('ERR_OUTPUT', `${this.#path} cannot be written: ${messageOf(cause)}`, { cause });
    }
  }

  #read(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (cause) {
      throw new HearsayError('ERR_OUTPUT', `${this.#path} cannot be read: ${messageOf(cause)}`, { cause });
    }
  }
}

/** A line that was cut short by a crash is a run that was not done. */
function parse(line: string): SweepResult | undefined {
  if (line === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    const isResult = typeof value === 'object' && value !== null && 'key' in value && 'summary' in value;
    return isResult ? (value as SweepResult) : undefined;
  } catch {
    return undefined;
  }
}
