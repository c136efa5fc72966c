/** dtn7-rs 0.21: its daemon, and its two commands for sending and receiving. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../hosts/eventually.js';
import { DTN7_RS_DTND, DTN7_RS_RECEIVE, DTN7_RS_SEND, freePorts, startForeign, workFolder } from './foreign-node.js';

export interface Dtn7Rs {
  readonly nodeEid: string;
  readonly port: number;
  log(): string;
  /** Has its command make a bundle of a payload. */
  send(receiver: string, payload: Uint8Array): Promise<void>;
  /** Hands it a bundle, by the same door that its commands use. */
  insert(bundle: Uint8Array): Promise<void>;
  /** @returns the payload of the next bundle for the endpoint `incoming`, waiting for it. */
  receive(): Promise<Uint8Array>;
}

const run = promisify(execFile);
const NODE_NAME = 'rusty';
const ENDPOINT = 'incoming';

/** @param staticPeer where it dials by itself, e.g. `tcp://127.0.0.1:4556/hearsay` */
export async function startDtn7Rs(staticPeer?: string): Promise<Dtn7Rs> {
  const folder = workFolder();
  const [port = 0, web = 0] = await freePorts(2);
  const node = startForeign(
    DTN7_RS_DTND,
    [
      ...['-d', '-4', '-n', NODE_NAME, '-w', String(web), '-e', ENDPOINT, '-D', 'mem', '-r', 'epidemic', '-j', '1s'],
      ...['--disable_nd', '-i', '1s', '-C', `tcp:port=${port}:bind=127.0.0.1`],
      ...(staticPeer === undefined ? [] : ['-s', staticPeer]),
    ],
    folder,
  );
  await eventually('dtn7-rs answers', async () => (await fetch(`http://127.0.0.1:${web}/status/nodeid`)).ok);
  return {
    nodeEid: `dtn://${NODE_NAME}/`,
    port,
    log: node.log,
    async send(receiver, payload) {
      const file = join(folder, 'payload');
      writeFileSync(file, payload);
      await run(DTN7_RS_SEND, ['-p', String(web), '-r', receiver, file]);
    },
    async insert(bundle) {
      const answer = await fetch(`http://127.0.0.1:${web}/insert`, { method: 'POST', body: Buffer.from(bundle) });
      if (!answer.ok) throw new Error(`dtn7-rs refuses the bundle: ${await answer.text()}`);
    },
    receive: () =>
      eventually('dtn7-rs has delivered a bundle', async () => {
        const { stdout } = await run(DTN7_RS_RECEIVE, ['-p', String(web), '-e', ENDPOINT], { encoding: 'buffer' });
        return stdout.length > 0 && !stdout.includes('Nothing to fetch') && new Uint8Array(stdout);
      }),
  };
}
