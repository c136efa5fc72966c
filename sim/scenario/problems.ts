/** What is wrong with a scenario, said so that one can put it right: the line, the setting, what to write instead. */
import type { ErrorObject } from 'ajv';
import type { Document, LineCounter } from 'yaml';

export interface Problem {
  /** From 1; undefined when the text as a whole is meant. */
  readonly line: number | undefined;
  readonly path: string;
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** @returns the line on which the setting is written, or the nearest thing around it. */
export function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = rangeIn(node);
    if (range !== undefined) return lines.linePos(range).line;
  }
  return undefined;
}

function rangeIn(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

export function pathOf(error: ErrorObject): Path {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** In words, or undefined for what another error says better. */
export function wordsOf(error: ErrorObject, known: readonly string[]): string | undefined {
  const { keyword, params, data } = error;
  switch (keyword) {
    case 'additionalProperties': {
      const name = String(params.additionalProperty);
      const near = nearest(name, known);
      return `there is no setting "${name}" here${near === undefined ? '' : `; do you mean "${near}"?`}`;
    }
    case 'required':
      return `"${String(params.missingProperty)}" is missing`;
    case 'enum': {
      const allowed: readonly unknown[] = params.allowedValues;
      const near = nearest(String(data), allowed.map(String));
      return `"${String(data)}" is not one of ${allowed.join(', ')}${near === undefined ? '' : `; do you mean "${near}"?`}`;
    }
    case 'pattern':
      return `"${String(data)}" is not a quantity: write a number and a unit, such as "${exampleOf(error)}"`;
    case 'type':
      return `this should be ${typesOf(params.type)}${example(error)}`;
    case 'minItems':
    case 'minProperties':
      return `this needs ${String(params.limit)} at least`;
    case 'minimum':
    case 'maximum':
      return `${String(data)} is out of range: ${error.message ?? ''}`;
    case 'anyOf':
    case 'const':
      return undefined;
    default:
      return error.message ?? keyword;
  }
}

function typesOf(type: unknown): string {
  const words: Readonly<Record<string, string>> = {
    object: 'settings of its own, indented below it',
    array: 'a list',
    string: 'text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
  };
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return types.map((one) => words[String(one)] ?? String(one)).join(' or ');
}

function exampleOf(error: ErrorObject): string {
  const examples: unknown = error.parentSchema?.examples;
  return Array.isArray(examples) ? String(examples[0]) : '5 s';
}

function example(error: ErrorObject): string {
  return error.parentSchema?.examples === undefined ? '' : `, such as "${exampleOf(error)}"`;
}

/** @returns the known word that a slip of two letters at most would turn into this one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
