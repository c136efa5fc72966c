/** `npm run fuzz -- TARGET|all [--seconds N] [--seed N] [--keep]`: coverage-guided fuzzing; see docs/fuzzing.md. */
import { spawnSync } from 'node:child_process';
import { ensureBuild } from './lib/build.js';
import { ensureDependencies } from './lib/dependencies.js';
import { requireNode } from './lib/node-version.js';
import { inRoot, ROOT } from './lib/paths.js';
import { runScript } from './lib/say.js';

await runScript(async () => {
  requireNode();
  await ensureDependencies();
  await ensureBuild();
  const args = [inRoot('dist', 'fuzz', 'main.js'), ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
});
