/** Tells the program that started us where we listen (`--ready-file`): there once everything does, whole, private. */
import { unlink } from 'node:fs/promises';
import { replaceFile } from './atomic-file.js';
import type { HostPort } from './host-port.js';

export interface ReadyReport {
  readonly personId: string;
  readonly nodeId: string;
  readonly jid: string;
  /** The client's password: which is why the file is private. */
  readonly password: string;
  readonly xmpp: HostPort;
  readonly tcpcl: HostPort;
}

export async function writeReadyFile(path: string, report: ReadyReport): Promise<void> {
  await replaceFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** A report of an earlier run would send its reader to ports that nobody listens on. */
export async function removeReadyFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
