/** Compiles src/, sim/, bench/ and fuzz/ into dist/, when a source changed since the last build. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { withLock } from './lock.js';
import { inRoot, ROOT } from './paths.js';
import { SetupError, say } from './say.js';

const COMPILED = ['src', 'sim', 'bench', 'fuzz'];
const DIST = inRoot('dist');
const STAMP = join(DIST, '.hearsay-built');
const CONFIGS = ['tsconfig.json', 'tsconfig.build.json'];

/**
 * Two stages keep a start fast and right: names, sizes and times first; only when those differ, the contents, because
 * a checkout of another branch and back touches files without changing them.
 */
export async function ensureBuild() {
  if (readStamp().quick === quickHash()) return;
  await withLock(() => {
    const quick = quickHash();
    const stamp = readStamp();
    if (stamp.quick === quick) return;
    const content = contentHash();
    if (stamp.content !== content) build();
    writeFileSync(STAMP, JSON.stringify({ quick, content }));
  });
}

/** Type-checks everything, tests included. @returns {boolean} */
export function typeCheck() {
  return tsc(['-p', 'tsconfig.json', '--noEmit']) === 0;
}

function build() {
  say('building …');
  const started = performance.now();
  rmSync(STAMP, { force: true });
  if (tsc(['-p', 'tsconfig.build.json']) !== 0) throw new SetupError('the build failed; the compiler says why above.');
  for (const folder of COMPILED) removeOrphans(join(DIST, folder));
  say(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** @param {readonly string[]} args */
function tsc(args) {
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  // The compiler reports on stdout; ours stays clean for programs that read it.
  const run = spawnSync(process.execPath, [compiler, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  return run.status;
}

/** What a removed source left behind must not be loadable. @param {string} folder */
function removeOrphans(folder) {
  for (const file of filesBelow(folder)) {
    const source = inRoot(relative(DIST, file).replace(/\.(d\.ts|js|js\.map)$/, '.ts'));
    if (!existsSync(source)) rmSync(file);
  }
}

function sources() {
  const files = COMPILED.flatMap((folder) => filesBelow(inRoot(folder)).filter((file) => file.endsWith('.ts')));
  return [...files.sort(), ...CONFIGS.map((name) => inRoot(name)), inRoot('node_modules', '.hearsay-installed')];
}

function quickHash() {
  const hash = createHash('sha256');
  for (const file of sources()) {
    const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: -1 };
    hash.update(`${relative(ROOT, file)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function contentHash() {
  const hash = createHash('sha256');
  for (const file of sources()) {
    hash.update(`${relative(ROOT, file)}\0`);
    if (existsSync(file)) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** @returns {{quick?: string, content?: string}} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
