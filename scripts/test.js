/** `npm test [-- VITEST ARGUMENTS]`: installs, type-checks, builds, then runs the tests. */
import { spawn } from 'node:child_process';
import { ensureBuild, typeCheck } from './lib/build.js';
import { ensureDependencies } from './lib/dependencies.js';
import { requireNode } from './lib/node-version.js';
import { inRoot, ROOT } from './lib/paths.js';
import { runScript, SetupError } from './lib/say.js';

await runScript(async () => {
  requireNode();
  await ensureDependencies();
  if (!typeCheck()) throw new SetupError('type errors (above); no test was run.');
  await ensureBuild();
  process.exitCode = await vitest(process.argv.slice(2));
});

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function vitest(args) {
  const child = spawn(process.execPath, [inRoot('node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  // The terminal (or npm) signals the whole group; we only wait for the runner to tidy up.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}
