/** Where sticks appear when they are plugged in: folders under the usual roots that begin another file system. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Desktop systems mount under the user's name, one folder further down. */
const ROOTS: readonly { readonly path: string; readonly depth: number }[] = [
  { path: '/media', depth: 2 },
  { path: '/run/media', depth: 2 },
  { path: '/mnt', depth: 1 },
  { path: '/Volumes', depth: 1 },
];

/** @returns the folders at which something is mounted, in the order of their names. */
export async function mountedFolders(roots = ROOTS): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, depth } of roots) await look(path, depth, found);
  return found.sort();
}

async function look(folder: string, depth: number, found: string[]): Promise<void> {
  const above = await deviceOf(folder);
  if (above === undefined || depth === 0) return;
  // A folder of another user's can't be read, and is none of our business.
  for (const name of await readdir(folder).catch((): string[] => [])) {
    const path = join(folder, name);
    const device = await deviceOf(path);
    if (device === undefined) continue;
    if (device === above) await look(path, depth - 1, found);
    else found.push(path);
  }
}

async function deviceOf(path: string): Promise<number | undefined> {
  const facts = await lstat(path).catch(() => undefined);
  return facts?.isDirectory() ? facts.dev : undefined;
}
