/** `npm run build`: compiles what changed since the last build. */
import { ensureBuild } from './lib/build.js';
import { ensureDependencies } from './lib/dependencies.js';
import { requireNode } from './lib/node-version.js';
import { runScript } from './lib/say.js';

await runScript(async () => {
  requireNode();
  await ensureDependencies();
  await ensureBuild();
});
