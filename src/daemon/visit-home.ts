/** A visit to a stick by a home whose node does not run: the store is opened for as long as that takes. */
import { stat } from 'node:fs/promises';
import { HearsayError } from '../base/index.js';
import type { VisitOptions, VisitReport } from '../link/index.js';
import type { DaemonConfig } from './config.js';
import { openCore } from './core.js';
import { homeAt } from './home.js';
import { createLogger } from './logger.js';
import { visitPath } from './stick-desk.js';
import type { StickWish } from './stick-wish.js';
import { Undo } from './undo.js';

/**
 * @throws HearsayError `ERR_NO_HOME` when there has never been a node, `ERR_HOME_BUSY` when one runs, and what opening the
 *   home or visiting the stick throws.
 */
export async function visitWithoutNode(
  config: DaemonConfig,
  wish: StickWish,
  options: Pick<VisitOptions, 'signal' | 'onProgress'>,
): Promise<VisitReport> {
  const { root, identityFile } = homeAt(config.home);
  // Opening a home makes one, and a person, where there is none: nobody asked for that here.
  if ((await stat(identityFile).catch(() => undefined)) === undefined) {
    throw new HearsayError('ERR_NO_HOME', `there is no node in ${root}; make one with: hearsay start`);
  }
  const log = createLogger({ threshold: config.logLevel });
  const undo = new Undo(log);
  try {
    const { host } = await openCore(config, log, undo);
    return await visitPath(host, wish, options);
  } finally {
    await undo.run();
  }
}
