/**
 * The host of one node. This door is light, because every command of `hearsay` passes through it: what only a running
 * node needs is loaded when one starts.
 */
import type { VisitOptions, VisitReport } from '../link/index.js';
import type { DaemonConfig } from './config.js';
import type { RunningNode, Surroundings } from './running-node.js';
import type { StickWish } from './stick-wish.js';

export { replaceFile } from './atomic-file.js';
export {
  type DaemonConfig,
  type DaemonTiming,
  DEFAULT_DOMAIN,
  DEFAULT_QUOTA_BYTES,
  DEFAULT_TCPCL,
  DEFAULT_TIMING,
  DEFAULT_XMPP,
  daemonConfig,
  parseSetting,
  TLS_POLICIES,
} from './config.js';
export { callNode } from './control-path.js';
export { type DiscoverySettings, EVERY_WAY, NO_DISCOVERY } from './discovery-settings.js';
export { type Home, homeAt } from './home.js';
export { formatHostPort, type HostPort, parseHostPort } from './host-port.js';
export { createLogger, LOG_THRESHOLDS, type LogThreshold } from './logger.js';
export type { ReadyReport } from './ready-file.js';
export type { RunningNode, Surroundings } from './running-node.js';
export type { MessageStatus, NeighbourStatus, NodeStatus, StoreStatus } from './status.js';
export type { StickVisit, StickWish } from './stick-wish.js';
export { packageVersion } from './version.js';
export { defaultHome } from './xdg.js';

/**
 * Starts a node. Resolves when everything listens and the ready file is written.
 *
 * @throws HearsayError `ERR_HOME`, `ERR_HOME_BUSY`, `ERR_IDENTITY`, `ERR_IDENTITY_LOST`, `ERR_LISTEN` and what the store
 *   throws; nothing is left running then.
 */
export async function startDaemon(config: DaemonConfig, surroundings: Surroundings = {}): Promise<RunningNode> {
  const { startNode } = await import('./node.js');
  return startNode(config, surroundings);
}

/**
 * Visits a stick with the home of a node that does not run.
 *
 * @throws HearsayError `ERR_NO_HOME`, `ERR_HOME_BUSY`, and what opening the home or the stick throws.
 */
export async function visitWithoutNode(
  config: DaemonConfig,
  wish: StickWish,
  options: Pick<VisitOptions, 'signal' | 'onProgress'>,
): Promise<VisitReport> {
  const visit = await import('./visit-home.js');
  return visit.visitWithoutNode(config, wish, options);
}

/** Reads `--config FILE`. @throws HearsayError `ERR_CONFIG`, naming the line and the key. */
export async function readConfigFile(path: string): Promise<Partial<DaemonConfig>> {
  const file = await import('./config-file.js');
  return file.readConfigFile(path);
}
