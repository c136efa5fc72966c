/**
 * Tests that need something which not every machine has: a file of `../shared`, a program, root and network namespaces.
 *
 * Where it is missing the test is skipped, and its name says why. With HEARSAY_REQUIRE_ALL=1 (CI) the same test fails
 * instead, so that a missing package can't quietly shrink the suite.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { describe, it } from 'vitest';

const PROJECT_ROOT = resolve(import.meta.dirname, '../..');
const SHARED_ROOT = resolve(PROJECT_ROOT, '../shared');

/** Python programs are run by Debian's interpreter: its packages are not visible to any other on the PATH. */
export const DEBIAN_PYTHON = '/usr/bin/python3';

/** What a group of tests can't do without. */
export interface Needs {
  /** Paths below the shared folder. */
  readonly shared?: readonly string[];
  /** Program names to be found on the PATH, or absolute paths. */
  readonly programs?: readonly string[];
  /** Modules that Debian's Python can import. */
  readonly pythonModules?: readonly string[];
  /** Root, and a kernel that lets it make network namespaces. */
  readonly networkNamespaces?: boolean;
}

export function requireAll(): boolean {
  return process.env.HEARSAY_REQUIRE_ALL === '1';
}

/** @returns the absolute path of a file or folder in the shared folder, or undefined when it is not there. */
export function sharedFile(rel: string): string | undefined {
  const path = resolve(SHARED_ROOT, rel);
  return existsSync(path) ? path : undefined;
}

/** Like a shell's look-up, with the system folders that an ordinary user's PATH lacks. */
export function hasProgram(name: string): boolean {
  if (isAbsolute(name)) return isExecutable(name);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, name)));
}

export function hasPythonModule(name: string): boolean {
  if (!isExecutable(DEBIAN_PYTHON)) return false;
  return spawnSync(DEBIAN_PYTHON, ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0;
}

/** Tries it: being root is not enough inside many containers. */
export function hasNetworkNamespaces(): boolean {
  if (process.getuid?.() !== 0 || !hasProgram('ip')) return false;
  const name = `hearsay-probe-${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' }).status !== 0) return false;
  const works = spawnSync('ip', ['-n', name, 'link', 'set', 'lo', 'up'], { stdio: 'ignore' }).status === 0;
  spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  return works;
}

/** What of the needs this machine lacks, in words. */
export function missing(needs: Needs): readonly string[] {
  const lacks: string[] = [];
  for (const rel of needs.shared ?? []) if (sharedFile(rel) === undefined) lacks.push(`../shared/${rel}`);
  for (const program of needs.programs ?? []) if (!hasProgram(program)) lacks.push(program);
  for (const module of needs.pythonModules ?? []) if (!hasPythonModule(module)) lacks.push(`python module ${module}`);
  if (needs.networkNamespaces === true && !hasNetworkNamespaces()) lacks.push('root with network namespaces');
  return lacks;
}

/** A `describe` that runs where all needs are met, is skipped by name elsewhere, and fails there in CI. */
export function describeWith(name: string, needs: Needs, fn: () => void): void {
  const lacks = missing(needs);
  if (lacks.length === 0) {
    describe(name, fn);
    return;
  }
  const reason = `needs ${lacks.join(', ')}`;
  if (requireAll()) {
    describe(name, () => {
      it(`has what it needs`, () => {
        throw new Error(`HEARSAY_REQUIRE_ALL=1, and this machine lacks what the test ${reason}`);
      });
    });
    return;
  }
  describe.skip(`${name} (skipped: ${reason})`, () => {
    it(reason, () => undefined);
  });
}

/** The callback gets the absolute path of the shared file. It runs only where the file is there. */
export function describeWithShared(name: string, rel: string, fn: (path: string) => void): void {
  describeWith(name, { shared: [rel] }, () => fn(resolve(SHARED_ROOT, rel)));
}

export function describeWithPrograms(name: string, programs: readonly string[], fn: () => void): void {
  describeWith(name, { programs }, fn);
}

/** Tests over real network namespaces; programs beside `ip` can be asked for too. */
export function describeOnHosts(name: string, needs: Omit<Needs, 'networkNamespaces'>, fn: () => void): void {
  describeWith(name, { ...needs, networkNamespaces: true }, fn);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
