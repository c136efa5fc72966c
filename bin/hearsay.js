#!/usr/bin/env node
/** The `hearsay` command. It builds nothing: from a checkout, `npm start` or `npm run build` comes first. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/src/cli/main.js', import.meta.url);

if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  process.stderr.write(
    'hearsay: this checkout is not built yet. Run `npm start` (installs, builds and starts a node) ' +
      'or `npm ci && npm run build` first.\n',
  );
  process.exitCode = 1;
}
