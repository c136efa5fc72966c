/**
 * The few things that a visit does to the files of a stick, behind an interface so that a test can pull the stick out
 * between any two of them. Paths are relative to the stick's `hearsay` folder, with `/` between their parts.
 *
 * Whatever lies on a stick was put there by anybody: links are never followed, only regular files are read, and nothing is
 * read before its size was looked at.
 */
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, opendir, rename, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HearsayError, messageOf } from '../../base/index.js';

/** All that is ours on a stick is in here. */
export const STICK_FOLDER = 'hearsay';

export interface FileFacts {
  readonly sizeBytes: number;
  /** As the medium says: FAT rounds to 2 s and knows no time zones, so it can be hours off. */
  readonly modifiedAt: number;
}

export interface StickFiles {
  /** Names in a folder, in no order, `most` at the most; none when there is no such folder. */
  list(folder: string, most: number): Promise<readonly string[]>;
  /** @returns undefined unless it is a regular file. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** @returns undefined unless it is a regular file of at most `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Makes or replaces a file. Resolves when its content is on the medium; its name may not be yet. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Harmless where there is no such file. */
  remove(path: string): Promise<void>;
  /** Resolves when the folder is there, its name on the medium. @param folder '' is the `hearsay` folder itself. */
  makeFolder(folder: string): Promise<void>;
  /** Resolves when the names in the folder are on the medium. */
  syncFolder(folder: string): Promise<void>;
  space(): Promise<{ readonly freeBytes: number; readonly blockBytes: number }>;
}

/**
 * What the file system says, in words for people. `ERR_STICK_READ_ONLY`, `ERR_STICK_FULL`, `ERR_STICK_GONE`, else
 * `ERR_STICK`.
 */
export function stickError(error: unknown, path: string): HearsayError {
  if (error instanceof HearsayError) return error;
  const refuse = (code: string, message: string): HearsayError => new HearsayError(code, message, { cause: error });
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return refuse('ERR_STICK_READ_ONLY', `cannot write to ${path}: it is read-only, or belongs to somebody else`);
    case 'ENOSPC':
    case 'EDQUOT':
      return refuse('ERR_STICK_FULL', `there is no room left on ${path}`);
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
    case 'EIO':
      return refuse('ERR_STICK_GONE', `${path} was taken away, or is failing`);
    default:
      return refuse('ERR_STICK', `cannot use ${path}: ${messageOf(error)}`);
  }
}

/** A stick goes from hand to hand; where its file system has owners, the next laptop's user is another. */
const FOR_EVERYBODY = 0o666;
const EXECUTE = 0o111;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** @param above the folder that has, or will have, the `hearsay` folder in it. */
export function diskFiles(above: string): StickFiles {
  const root = join(above, STICK_FOLDER);
  const at = (path: string): string => join(root, path);
  const syncFolder = async (path: string): Promise<void> => {
    // Windows can't open folders, and commits names by itself.
    if (process.platform === 'win32') return;
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
  const isFolder = async (path: string): Promise<boolean> => (await orMissing(lstat(path)))?.isDirectory() === true;
  return {
    async list(folder, most) {
      if (!(await isFolder(at(folder)))) return [];
      const names: string[] = [];
      // Leaving the loop closes the folder.
      for await (const { name } of await opendir(at(folder))) {
        names.push(name);
        if (names.length >= most) break;
      }
      return names;
    },
    async facts(path) {
      const found = await orMissing(lstat(at(path)));
      return found?.isFile() ? { sizeBytes: found.size, modifiedAt: found.mtimeMs } : undefined;
    },
    async read(path, maxBytes) {
      const file = await orMissing(open(at(path), READ));
      if (file === undefined) return undefined;
      try {
        const facts = await file.stat();
        if (!facts.isFile() || facts.size > maxBytes) return undefined;
        const bytes = new Uint8Array(facts.size);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
        return bytesRead === bytes.length ? bytes : undefined;
      } finally {
        await file.close();
      }
    },
    async write(path, bytes) {
      await unlink(at(path)).catch(ignoreMissing);
      const file = await open(at(path), 'wx');
      try {
        await file.chmod(FOR_EVERYBODY).catch(ignoreUnsupported);
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    rename: (from, to) => rename(at(from), at(to)),
    async remove(path) {
      await unlink(at(path)).catch(ignoreMissing);
    },
    async makeFolder(folder) {
      if (await isFolder(at(folder))) return;
      await mkdir(at(folder));
      await chmod(at(folder), FOR_EVERYBODY | EXECUTE).catch(ignoreUnsupported);
      await syncFolder(dirname(at(folder)));
    },
    syncFolder: (folder) => syncFolder(at(folder)),
    async space() {
      const { bavail, bsize } = await statfs(above);
      return { freeBytes: bavail * bsize, blockBytes: bsize };
    },
  };
}

/** A link where a file should be (ELOOP) is no file of ours either. */
async function orMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(code)) return undefined;
    throw error;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** FAT has no permissions to set. */
function ignoreUnsupported(): void {}
