/** Installs what package-lock.json names, when it is missing or was installed from another lock file. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { withLock } from './lock.js';
import { inRoot, ROOT } from './paths.js';
import { SetupError, say } from './say.js';

const LOCK_FILE = inRoot('package-lock.json');
const STAMP = inRoot('node_modules', '.hearsay-installed');
/** What npm itself records of the tree that it installed. */
const INSTALLED = inRoot('node_modules', '.package-lock.json');

export async function ensureDependencies() {
  if (isStamped()) return;
  await withLock(async () => {
    if (isStamped()) return;
    if (!isInstalledByHand()) await install();
    writeFileSync(STAMP, wanted());
  });
}

function isStamped() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted();
}

/** The lock file, and the platform that native packages were picked for. */
function wanted() {
  const hash = createHash('sha256').update(readFileSync(LOCK_FILE)).digest('hex');
  return `${hash} ${process.platform}-${process.arch}\n`;
}

/** True when somebody ran npm directly and it left just what the lock file names: nothing to download again. */
function isInstalledByHand() {
  if (!existsSync(INSTALLED)) return false;
  const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(INSTALLED, 'utf8')).packages;
  return Object.entries(lock).every(
    ([path, entry]) =>
      path === '' ||
      installed[path]?.integrity === entry.integrity ||
      (installed[path] === undefined && (entry.optional === true || entry.devOptional === true)),
  );
}

async function install() {
  say('installing dependencies (this happens once, and again when package-lock.json changes) …');
  const started = performance.now();
  // dev: the build needs the compiler. prefer-offline: a filled npm cache is enough, no network needed.
  const args = ['ci', '--include=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, output } = await npm(args);
  if (status !== 0) throw new SetupError(explain(status, output));
  say(`dependencies installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * The npm that started us, else the one on the PATH. Its output goes to stderr as it comes.
 *
 * @param {readonly string[]} args
 * @returns {Promise<{status: number | string, output: string}>}
 */
function npm(args) {
  const own = process.env.npm_execpath;
  const viaNode = own?.endsWith('.js') && existsSync(own);
  const command = viaNode ? process.execPath : 'npm';
  const all = viaNode ? [own, ...args] : args;
  return new Promise((resolve) => {
    const child = spawn(command, all, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && !viaNode,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-65_536);
        process.stderr.write(chunk);
      });
    }
    child.on('error', (error) => resolve({ status: error.message, output }));
    child.on('close', (code, signal) => resolve({ status: code ?? signal ?? 1, output }));
  });
}

/**
 * @param {number | string} status
 * @param {string} output
 */
function explain(status, output) {
  if (/ENOENT/.test(String(status))) return 'npm was not found. Install it (Debian: apt install npm) and try again.';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ENOTCACHED|ERR_SOCKET_TIMEOUT/.test(output)) {
    return (
      'npm could not reach its package registry. The first start needs the network once (or a filled npm cache); ' +
      'after that everything works offline. Nothing was started.'
    );
  }
  if (/ENOSPC/.test(output)) return 'the disk is full: npm could not install the dependencies.';
  if (/EACCES|EPERM|EROFS/.test(output)) return `npm may not write to ${inRoot('node_modules')}: check who owns it.`;
  return `npm ci failed (${status}); its own messages are above.`;
}
