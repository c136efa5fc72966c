/**
 * One node a home. Three nets, in this order:
 *
 * 1. {@link refuseIfRunning} asks whoever answers on the control socket: a clear message with the other's process id.
 *    A socket left by a crash answers nobody, and process ids that were given away again mean nothing here.
 * 2. The store's own lock, held by the kernel for as long as the process lives, is the truth. {@link homeBusy} words its
 *    refusal.
 * 3. Only who holds the store may claim the control socket's path (control-path.ts), so that step needs no lock.
 */
import { HearsayError } from '../base/index.js';
import { callNode } from './control-path.js';
import type { Home } from './home.js';

const PROBE_TIMEOUT_MS = 2000;

/** @throws HearsayError `ERR_HOME_BUSY` when a node runs on this home. */
export async function refuseIfRunning(home: Home): Promise<void> {
  try {
    const answer = (await callNode(home, 'ping', null, { timeoutMs: PROBE_TIMEOUT_MS })) as { pid?: unknown } | null;
    throw homeBusy(home, typeof answer?.pid === 'number' ? answer.pid : undefined);
  } catch (error) {
    if (error instanceof HearsayError && error.code === 'ERR_NOT_RUNNING') return;
    // It accepts connections but says nothing useful: stopped, swamped, or of another version. It runs, though.
    if (error instanceof HearsayError && error.code === 'ERR_CONTROL') throw homeBusy(home);
    throw error;
  }
}

/** @param pid of the running node, when it could be asked. */
export function homeBusy(home: Home, pid?: number): HearsayError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new HearsayError(
    'ERR_HOME_BUSY',
    `a node is already running on ${home.root} (${who}); stop it first, or start this one with another --home`,
  );
}
