/** Installs the dependencies when they are missing; nothing else. */
import { ensureDependencies } from './lib/dependencies.js';
import { requireNode } from './lib/node-version.js';
import { runScript } from './lib/say.js';

await runScript(async () => {
  requireNode();
  await ensureDependencies();
});
