/** Hardy's TCPCLv4 (Rust, TLS by rustls) as a program that prints what comes and sends what it is given. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { privateKeyPem } from '../../../src/daemon/node-certificate.js';
import { eventually } from '../../hosts/eventually.js';
import { nodeIdentity } from '../../link/support/node-identity.js';
import { freePorts, HARDY_PEER, startForeign, workFolder } from './foreign-node.js';

export interface Hardy {
  readonly nodeEid: string;
  readonly port: number;
  log(): string;
  /** Dials if it has to. @returns `sent` or `no neighbour` */
  send(port: number, bundle: Uint8Array): Promise<string>;
  /** The next bundle that comes, waiting for it. */
  receive(): Promise<Uint8Array>;
}

const NODE = 'ipn:977.0';

/** It shows a certificate for its node id when it is dialled, never asks for ours, and takes any when it dials. */
export async function startHardy(tls: 'off' | 'offer' | 'require'): Promise<Hardy> {
  const folder = workFolder();
  const [port = 0] = await freePorts(1);
  const { credentials } = (await nodeIdentity(77, { eid: NODE })).security('offer');
  mkdirSync(join(folder, 'tls'));
  writeFileSync(join(folder, 'tls', 'cert.pem'), credentials.certificate);
  writeFileSync(join(folder, 'tls', 'key.pem'), privateKeyPem(new Uint8Array(32).fill(77)));
  const args = [NODE, `127.0.0.1:${port}`, tls, 'tls/cert.pem', 'tls/key.pem', '-'];
  const node = startForeign(HARDY_PEER, args, folder);
  /** Only lines that have come to their end. */
  const lines = (word: string) =>
    node
      .log()
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith(word));
  let received = 0;
  await eventually('Hardy listens', () => answers(port));
  return {
    nodeEid: NODE,
    port,
    log: node.log,
    async send(to, bundle) {
      const before = lines('sent').length + lines('no neighbour').length;
      node.process.stdin?.write(`send 127.0.0.1:${to} ${Buffer.from(bundle).toString('hex')}\n`);
      await eventually('Hardy has sent', () => lines('sent').length + lines('no neighbour').length > before);
      return (
        node
          .log()
          .trimEnd()
          .split('\n')
          .filter((line) => line === 'sent' || line === 'no neighbour')
          .at(-1) ?? ''
      );
    },
    async receive() {
      const line = await eventually('Hardy has a bundle', () => lines('bundle')[received] ?? false);
      received++;
      return new Uint8Array(Buffer.from(line.slice('bundle '.length), 'hex'));
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
