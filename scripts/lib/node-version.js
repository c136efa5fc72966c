/** The oldest Node.js that runs Hearsay; the same as `engines` in package.json. */
import { SetupError } from './say.js';

const OLDEST = [20, 19];

/** @param {string} version e.g. `20.19.4` */
export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new SetupError(
    `Node.js ${OLDEST.join('.')} or newer is needed, and this is ${version}. ` +
      'Install a newer one (your distribution, nvm, fnm or nodejs.org) and run the same command again.',
  );
}
