/**
 * Hearsay as a library: a node in your own program.
 *
 * ```ts
 * import { daemonConfig, startDaemon } from 'hearsay';
 *
 * const node = await startDaemon(daemonConfig({ home: '/tmp/ana', nick: 'Ana' }));
 * await node.account.send({ to: 'ben.k3xq2a@mesh.localhost', body: 'hello' });
 * await node.stop();
 * ```
 *
 * Bundles alone are at `hearsay/bundle`, meshes under virtual time at `hearsay/sim`.
 */
export { HearsayError } from './base/index.js';
export type * from './chat/index.js';
export {
  type DaemonConfig,
  daemonConfig,
  type HostPort,
  type NodeStatus,
  type RunningNode,
  startDaemon,
} from './daemon/index.js';
