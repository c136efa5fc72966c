/** `hearsay/bundle` as others use it: by its published name, from a folder of their own, and nothing else with it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { ensureBuilt } from '../support/hearsay.js';

const ROOT = resolve(import.meta.dirname, '../..');
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
};
const GUIDE = readFileSync(join(ROOT, 'docs/bundle-library.md'), 'utf8');

beforeAll(ensureBuilt);

/** Every module that is loaded with this one: files of ours by path, others by name. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  for (const [, target = ''] of source.matchAll(/^(?:import|export)[^;]*?from '([^']+)'/gms)) {
    if (target.startsWith('.')) importsOf(resolve(dirname(file), target), seen);
    else seen.add(target);
  }
  return seen;
}

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(GUIDE)?.[1];
  if (found === undefined) throw new Error(`the guide has no ${language} block`);
  return found;
}

describe('hearsay/bundle', () => {
  it('is published with its types', () => {
    const entry = PACKAGE.exports['./bundle'];
    for (const file of [entry?.default, entry?.types]) {
      expect(existsSync(resolve(ROOT, file ?? 'missing'))).toBe(true);
      expect(PACKAGE.files).toContain((file ?? '').split('/')[1]);
    }
  });

  it('brings no other floor and no package but the reference signatures', () => {
    const entry = resolve(ROOT, PACKAGE.exports['./bundle']?.default ?? '');
    const loaded = [...importsOf(entry)];
    const floors = loaded
      .filter((name) => name.startsWith('/'))
      .map((path) => relative(resolve(ROOT, 'dist/src'), path).split('/')[0]);
    expect(new Set(floors)).toEqual(new Set(['base', 'cbor', 'crypto', 'bundle']));
    const others = loaded.filter((name) => !name.startsWith('/')).sort();
    expect(others).toEqual(['node:crypto', 'tweetnacl']);
  });

  it('does what its guide says, from a folder of its own', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/hearsay'), 'dir');
    writeFileSync(join(folder, 'example.mjs'), block('js'));
    const { stdout, stderr, status } = spawnSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(block('text'));
  });

  it('has all that the guide names', async () => {
    const library = (await import('../../src/bundle/index.js')) as Readonly<Record<string, unknown>>;
    const table = GUIDE.slice(GUIDE.indexOf('## What there is'), GUIDE.indexOf('Three rules'));
    const names = [...table.matchAll(/`([A-Za-z_]+)`/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !(name in library))).toEqual([]);
  });
});
