/** Checks a value against a JSON Schema: as much of 2020-12 as our published schemas use, and an error for anything else. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

const ANNOTATIONS = new Set(['$schema', '$id', '$defs', 'title', 'description']);

/** @returns what is wrong, each with its path; nothing when the value fits. */
export function schemaErrors(root: Schema, value: unknown, schema: Schema = root, path = ''): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    return check(root, keyword, rule, schema, value, path);
  });
}

function check(
  root: Schema,
  keyword: string,
  rule: unknown,
  schema: Schema,
  value: unknown,
  path: string,
): readonly string[] {
  const unless = (fits: boolean): readonly string[] => (fits ? [] : [`${path}: ${keyword} ${JSON.stringify(rule)}`]);
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  switch (keyword) {
    case '$ref':
      return schemaErrors(root, value, resolve(root, String(rule)), path);
    case 'oneOf': {
      const outcomes = (rule as readonly Schema[]).map((each) => schemaErrors(root, value, each, path));
      const fitting = outcomes.filter((errors) => errors.length === 0).length;
      if (fitting === 1) return [];
      return fitting > 1 ? [`${path}: fits more than one`] : [`${path}: fits none`, ...outcomes.flat()];
    }
    case 'const':
      return unless(value === rule);
    case 'enum':
      return unless((rule as readonly unknown[]).includes(value));
    case 'type':
      return unless(typeOf(value).includes(String(rule)));
    case 'pattern':
      return unless(typeof value !== 'string' || new RegExp(String(rule)).test(value));
    case 'minimum':
      return unless(typeof value !== 'number' || value >= Number(rule));
    case 'maximum':
      return unless(typeof value !== 'number' || value <= Number(rule));
    case 'minItems':
      return unless(!Array.isArray(value) || value.length >= Number(rule));
    case 'maxItems':
      return unless(!Array.isArray(value) || value.length <= Number(rule));
    case 'items':
      if (!Array.isArray(value)) return [];
      return value.flatMap((item, index) => schemaErrors(root, item, rule as Schema, `${path}/${index}`));
    case 'required':
      return object === undefined
        ? []
        : (rule as string[]).flatMap((key) => (key in object ? [] : [`${path}: no ${key}`]));
    case 'properties':
      return Object.entries(object ?? {}).flatMap(([key, item]) => {
        const inner = (rule as Record<string, Schema>)[key];
        return inner === undefined ? [] : schemaErrors(root, item, inner, `${path}/${key}`);
      });
    case 'additionalProperties':
      return Object.keys(object ?? {}).flatMap((key) =>
        key in (schema.properties as object) ? [] : [`${path}: ${key} is not described`],
      );
    default:
      throw new Error(`this checker does not know the keyword ${keyword}`);
  }
}

function resolve(root: Schema, reference: string): Schema {
  const found = reference
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], root);
  if (typeof found !== 'object' || found === null) throw new Error(`nothing at ${reference}`);
  return found as Schema;
}

function typeOf(value: unknown): readonly string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['number', 'integer'] : ['number'];
  return [typeof value];
}
