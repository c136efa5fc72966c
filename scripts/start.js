/**
 * `npm start [-- OPTIONS]`: installs what is missing, builds what changed, then becomes `hearsay start OPTIONS`.
 *
 * The node runs in this very process, so signals reach it directly and its exit status is ours.
 */
import { ensureBuild } from './lib/build.js';
import { ensureDependencies } from './lib/dependencies.js';
import { requireNode } from './lib/node-version.js';
import { inRoot } from './lib/paths.js';
import { runScript } from './lib/say.js';

await runScript(async () => {
  requireNode();
  await ensureDependencies();
  await ensureBuild();
  process.argv = [process.execPath, inRoot('bin', 'hearsay.js'), 'start', ...process.argv.slice(2)];
  await import('../bin/hearsay.js');
});
