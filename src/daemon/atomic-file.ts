/** Files that are there whole or not at all, whatever instruction a crash falls on. */
import { randomBytes } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

const PRIVATE = 0o600;

/** Replaces the file (mode 0600). Resolves once both its content and its name are on the medium. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = await writeTemporary(path, content);
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Makes the file (mode 0600) unless there is one already.
 *
 * @returns false, and changes nothing, when somebody else was first.
 */
export async function createFile(path: string, content: string): Promise<boolean> {
  const temporary = await writeTemporary(path, content);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
  await syncFolder(dirname(path));
  return true;
}

async function writeTemporary(path: string, content: string | Uint8Array): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', PRIVATE);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

/** A new name survives a power cut only once its folder was synced too. */
async function syncFolder(path: string): Promise<void> {
  // Windows can't open folders, and commits names by itself.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
