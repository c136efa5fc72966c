/** What the database throws, in the store's own words: a stable code, and what the person at the laptop can do. */
import { HearsayError, messageOf } from '../base/index.js';

export type StoreErrorCode =
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_CORRUPT'
  | 'ERR_STORE_FORMAT'
  | 'ERR_STORE_IO'
  | 'ERR_STORE_CLOSED';

export function storeError(code: StoreErrorCode, message: string, cause?: unknown): HearsayError {
  return new HearsayError(code, message, { cause });
}

/** For whatever was thrown while the database in `dir` was opened or read. Our own errors pass through. */
export function explain(error: unknown, dir: string): HearsayError {
  if (error instanceof HearsayError && error.code !== 'ERR_STORE_CORRUPT') return error;
  const root = rootOf(error);
  if (root.code === 'LEVEL_LOCKED') {
    return storeError('ERR_STORE_LOCKED', `another Hearsay node is using the store in ${dir}; stop it first`, error);
  }
  // A table file that is gone is reported as an I/O error, but only a repair helps.
  if (root.code === 'LEVEL_CORRUPTION' || root.code === 'ERR_STORE_CORRUPT' || /no such file/i.test(root.message)) {
    return storeError(
      'ERR_STORE_CORRUPT',
      `the store in ${dir} is damaged (${root.message}). Copy the folder away, then open it with the option repair: ` +
        'what can still be read is kept, the rest is fetched again from neighbours who have it',
      error,
    );
  }
  return storeError('ERR_STORE_IO', `the store in ${dir} cannot be read or written: ${root.message}`, error);
}

/** abstract-level wraps what LevelDB said; the innermost error with a code says it best. */
function rootOf(error: unknown): { readonly code: string; readonly message: string } {
  let root: unknown = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  const code = root instanceof Error && 'code' in root ? String(root.code) : '';
  return { code, message: messageOf(root) };
}
