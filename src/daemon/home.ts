/**
 * A node's home: the one folder that holds all it must not lose.
 *
 * ```
 * identity.json    who the node and its people are (identity-file.ts)
 * clock.json       the steady time line (clock.ts)
 * addresses.json   where other nodes were met (address-file.ts)
 * store/           the custody store (LevelDB)
 * tls/             the key and certificate that clients see; the certificate that neighbours see
 * control.sock     where the running node answers `hearsay status` (control.ts)
 * control.path     where that socket is instead, when the home's path is too long for one
 * ```
 */
import { chmod, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HearsayError, type Logger, messageOf } from '../base/index.js';

export interface Home {
  readonly root: string;
  readonly identityFile: string;
  readonly clockFile: string;
  readonly addressFile: string;
  readonly storeFolder: string;
  readonly tlsFolder: string;
  readonly controlSocket: string;
  readonly controlPointer: string;
}

const PRIVATE_FOLDER = 0o700;
const OTHERS = 0o077;

/** The layout alone; nothing is touched. */
export function homeAt(folder: string): Home {
  const root = resolve(folder);
  return {
    root,
    identityFile: join(root, 'identity.json'),
    clockFile: join(root, 'clock.json'),
    addressFile: join(root, 'addresses.json'),
    storeFolder: join(root, 'store'),
    tlsFolder: join(root, 'tls'),
    controlSocket: join(root, 'control.sock'),
    controlPointer: join(root, 'control.path'),
  };
}

/**
 * Makes the home where it is missing, and makes it private: it holds keys.
 *
 * @throws HearsayError `ERR_HOME` when the folder can't be made or used.
 */
export async function openHome(folder: string, log: Logger): Promise<Home> {
  const home = homeAt(folder);
  // Whatever is made from here on (the store's files, sockets) is for this user only.
  process.umask(OTHERS);
  try {
    await mkdir(home.root, { recursive: true, mode: PRIVATE_FOLDER });
    const { mode } = await stat(home.root);
    if ((mode & OTHERS) !== 0 && process.platform !== 'win32') {
      await chmod(home.root, PRIVATE_FOLDER);
      log.warn('the home folder was open to other users; closed it', { home: home.root });
    }
    await mkdir(home.tlsFolder, { recursive: true, mode: PRIVATE_FOLDER });
  } catch (error) {
    throw new HearsayError('ERR_HOME', `can't use ${home.root} as the node's home: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return home;
}
