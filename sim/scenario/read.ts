/**
 * Reads a scenario file: YAML, checked against the schema, every problem named with its line, all of them at once.
 *
 * What comes out is plain data, good for a worker or a queue; {@link buildScenario} makes the {@link Scenario} of it.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { HearsayError } from '../../src/base/index.js';
import { lineOf, type Path, type Problem, pathOf, wordsOf } from './problems.js';
import { MOBILITY_SCHEMAS, SCENARIO_SCHEMA } from './schema.js';

/** A scenario as it is written: valid by the schema, quantities still in words. */
export type PlainScenario = Readonly<Record<string, unknown>>;

export interface ReadScenario {
  readonly plain: PlainScenario;
  /** Finds the line of a setting, for what only building can find wrong. */
  readonly lineOf: (path: Path) => number | undefined;
}

const MAX_BYTES = 1024 * 1024;

let validators:
  | { readonly scenario: ValidateFunction; readonly mobility: ReadonlyMap<string, ValidateFunction> }
  | undefined;

/** Compiled at the first use: a command that reads no scenario does not pay for it. */
function schemas(): NonNullable<typeof validators> {
  if (validators === undefined) {
    const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictRequired: false });
    const mobility = Object.entries(MOBILITY_SCHEMAS).map(([name, schema]) => [name, ajv.compile(schema)] as const);
    validators = { scenario: ajv.compile(SCENARIO_SCHEMA), mobility: new Map(mobility) };
  }
  return validators;
}

/**
 * @param file what it is called in messages.
 * @throws HearsayError `ERR_SCENARIO` with a line for each problem.
 */
export function readScenario(text: string, file: string): ReadScenario {
  if (text.length > MAX_BYTES) throw new HearsayError('ERR_SCENARIO', `${file} is too large for a scenario`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const broken = document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, path: '', message }));
  if (broken.length > 0) throw problemsOf(file, broken);
  const plain: unknown = document.toJS({ maxAliasCount: 100 });
  const find = (path: Path): number | undefined => lineOf(document, lines, path);
  const problems = validate(plain, document, find);
  if (problems.length > 0) throw problemsOf(file, problems);
  return { plain: plain as PlainScenario, lineOf: find };
}

/** @throws HearsayError `ERR_SCENARIO`; for data that comes from no file, such as a sweep's. */
export function checkPlain(plain: unknown, name: string): PlainScenario {
  const problems = validate(plain, undefined, () => undefined);
  if (problems.length > 0) throw problemsOf(name, problems);
  return plain as PlainScenario;
}

export function problemsOf(file: string, problems: readonly Problem[]): HearsayError {
  const said = problems.map(({ line, path, message }) => {
    const where = line === undefined ? file : `${file}:${line}`;
    return `${where}: ${path === '' ? '' : `${path}: `}${message}`;
  });
  return new HearsayError('ERR_SCENARIO', [...new Set(said)].join('\n'));
}

function validate(
  plain: unknown,
  document: Document | undefined,
  find: (path: Path) => number | undefined,
): readonly Problem[] {
  const { scenario, mobility } = schemas();
  const errors: { readonly error: ErrorObject; readonly within: Path }[] = [];
  if (!scenario(plain)) errors.push(...(scenario.errors ?? []).map((error) => ({ error, within: [] })));
  for (const [group, value] of Object.entries(propertiesOf(propertiesOf(plain).groups))) {
    const moves = propertiesOf(value).mobility;
    const check = mobility.get(String(propertiesOf(moves).model));
    if (check === undefined || check(moves)) continue;
    errors.push(...(check.errors ?? []).map((error) => ({ error, within: ['groups', group, 'mobility'] })));
  }
  const problems: Problem[] = [];
  for (const { error, within } of errors) {
    const path = [...within, ...pathOf(error)];
    const message = wordsOf(error, Object.keys(error.parentSchema?.properties ?? {}));
    if (message === undefined) continue;
    problems.push({ line: find(lineOfError(error, path, document)), path: path.join('.'), message });
  }
  // Only `anyOf` failed, and none of its branches said anything of use.
  if (problems.length === 0 && errors.length > 0) {
    const path = [...(errors[0]?.within ?? []), ...(errors[0] === undefined ? [] : pathOf(errors[0].error))];
    problems.push({ line: find(path), path: path.join('.'), message: 'this is not of any form that is known here' });
  }
  return problems;
}

/** A setting that is not known is itself on a line. */
function lineOfError(error: ErrorObject, path: Path, document: Document | undefined): Path {
  if (error.keyword !== 'additionalProperties' || document === undefined) return path;
  const name = String(error.params.additionalProperty);
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  return isMap(parent) && parent.has(name) ? [...path, name] : path;
}

function propertiesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
