/** One install or build at a time: `npm start` and `npm test` may be run side by side. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRoot } from './paths.js';
import { say } from './say.js';

const LOCK = inRoot('.cache', 'setup.lock');
const RETRY_MS = 200;

/**
 * @template T
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(work) {
  mkdirSync(inRoot('.cache'), { recursive: true });
  for (let tries = 0; !take(); tries++) {
    if (tries === 0) say('another install or build is running here; waiting for it');
    await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

function take() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    // A lock whose maker is gone (power cut, SIGKILL) must not block for ever.
    if (!isAlive(holder())) rmSync(LOCK, { force: true });
    return false;
  }
}

function holder() {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch {
    return 0;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
