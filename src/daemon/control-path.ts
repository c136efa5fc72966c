/**
 * Where the control socket is. A Unix socket's path has at most 104 to 108 bytes (sun_path), and a home's may be longer:
 * then the socket lives in a short private folder, and a file in the home says which.
 */
import { mkdtemp, readFile, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { HearsayError } from '../base/index.js';
import { replaceFile } from './atomic-file.js';
import { callControl } from './control.js';
import type { Home } from './home.js';
import { runtimeFolder } from './xdg.js';

/** macOS has 104 bytes with the closing zero, Linux 108. */
const MAX_SOCKET_PATH_BYTES = 103;
const FOLDER_PREFIX = 'hearsay-';
const SOCKET_NAME = 'control.sock';

/**
 * Finds a free path for the socket, removing what a crashed node left. Only for whoever holds the home (has its store
 * open): a live node's socket would be removed just the same.
 */
export async function claimControlPath(home: Home, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  await releaseControlPath(home);
  if (fits(home.controlSocket)) return home.controlSocket;
  for (const parent of [runtimeFolder(env), tmpdir(), '/tmp']) {
    if (parent === undefined || !fits(join(parent, `${FOLDER_PREFIX}123456`, SOCKET_NAME))) continue;
    const folder = await mkdtemp(join(parent, FOLDER_PREFIX)).catch(() => undefined);
    if (folder === undefined) continue;
    const path = join(folder, SOCKET_NAME);
    await replaceFile(home.controlPointer, `${path}\n`);
    return path;
  }
  throw new HearsayError('ERR_CONTROL', 'no folder for temporary files has a path that is short enough for a socket');
}

/**
 * Asks the node that runs on a home.
 *
 * @throws HearsayError as callControl does; `ERR_NOT_RUNNING` when no node runs there.
 */
export async function callNode(
  home: Home,
  method: string,
  params: unknown = null,
  options: { readonly timeoutMs?: number } = {},
): Promise<unknown> {
  const path = fits(home.controlSocket) ? home.controlSocket : await recordedPath(home);
  if (path === '') throw new HearsayError('ERR_NOT_RUNNING', 'no node is running on this home');
  return callControl(path, method, params, options);
}

/** Removes the socket, and the short folder when there is one. For whoever holds the home. */
export async function releaseControlPath(home: Home): Promise<void> {
  await unlink(home.controlSocket).catch(() => undefined);
  const recorded = await recordedPath(home);
  const folder = dirname(recorded);
  // The file is ours, but a folder is deleted only if it looks like one that we made.
  if (basename(folder).startsWith(FOLDER_PREFIX) && basename(recorded) === SOCKET_NAME) {
    await rm(folder, { recursive: true, force: true });
  }
  await unlink(home.controlPointer).catch(() => undefined);
}

/** @returns '' when none is recorded. */
async function recordedPath(home: Home): Promise<string> {
  return (await readFile(home.controlPointer, 'utf8').catch(() => '')).trim();
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
}
