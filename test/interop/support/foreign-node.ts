/** Other people's DTN nodes as processes beside a test: where their programs are, starting, waiting, ending. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Where scripts/install-peers.sh puts them. Both dtn7 projects call their daemon `dtnd`: never looked up on the PATH. */
const PEERS = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hearsay-ci');
const DTN7_RS = join(PEERS, 'dtn7-rs-0.21.0', 'bin');

export const DTN7_RS_DTND: string = join(DTN7_RS, 'dtnd');
export const DTN7_RS_SEND: string = join(DTN7_RS, 'dtnsend');
export const DTN7_RS_RECEIVE: string = join(DTN7_RS, 'dtnrecv');
export const DTN7_GO_DTND: string = join(PEERS, 'dtn7-go-0.9.1', 'bin', 'dtnd');

/** Our program around Hardy's TCPCLv4: test/interop/peers/hardy. */
export const HARDY_PEER: string = join(PEERS, 'hardy-tcpclv4-0.4.0', 'bin', 'hardy-peer');

export interface ForeignProcess {
  readonly process: ChildProcess;
  /** All that it has printed. */
  log(): string;
}

/** Starts it; it is killed when the running test ends. */
export function startForeign(program: string, args: readonly string[], cwd: string): ForeignProcess {
  const child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  return { process: child, log: () => printed };
}

/** A folder that is removed when the running test ends. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-peer-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Ports that were free a moment ago: these nodes cannot be told to pick one and say which. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
}
