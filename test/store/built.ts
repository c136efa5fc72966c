/** Where a child process finds the compiled store: it cannot run TypeScript. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @returns the URL of the compiled store; `npm test` has just built it. */
export function builtStore(): string {
  const path = resolve(import.meta.dirname, '../../dist/src/store/index.js');
  if (!existsSync(path)) throw new Error('dist/ is missing: run `npm run build` first, or the whole `npm test`');
  return pathToFileURL(path).href;
}
