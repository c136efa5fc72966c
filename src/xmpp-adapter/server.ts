/** The endpoint that XMPP clients connect to: it listens, and keeps its clients apart. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Logger, Random, Timers } from '../base/index.js';
import { Connection } from './connection.js';
import { StreamError } from './errors.js';
import { IQ_HANDLERS } from './handlers.js';
import { createHost, type FindAccount } from './host.js';
import { DEFAULT_LIMITS, type XmppLimits } from './limits.js';
import type { EdgeContext } from './person.js';
import { fakeSaltKey } from './sasl/index.js';
import { SocketTransport } from './transport.js';

export interface XmppServerOptions {
  /** Port 0 picks a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The mesh's domain; streams to any other are refused. */
  readonly domain: string;
  /** Asked at every login with a localpart in lower case; the same account every time. */
  readonly accounts: FindAccount;
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  readonly log: Logger;
  readonly random: Random;
  readonly timers: Timers;
  readonly limits?: Partial<XmppLimits>;
  /** What XEP-0092 answers. @default 'development' */
  readonly softwareVersion?: string;
}

export interface XmppServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Closes every stream with `system-shutdown`. Resolves once all connections are gone, within `closeTimeoutMs`. */
  stop(): Promise<void>;
}

/** @throws what `net.Server.listen` reports, such as `EADDRINUSE`. */
export async function startXmppServer(options: XmppServerOptions): Promise<XmppServer> {
  const { log, random, timers } = options;
  const limits: XmppLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const secureContext = createSecureContext({ ...options.tls, minVersion: 'TLSv1.2' });
  const connections = new Map<Socket, Connection>();
  /** In the order of their coming. */
  const unauthenticated = new Set<Connection>();
  const context: EdgeContext = {
    domain: options.domain.toLowerCase(),
    softwareVersion: options.softwareVersion ?? 'development',
    log,
    random,
    timers,
    limits,
    handlers: IQ_HANDLERS,
    startedAt: timers.now(),
  };
  const host = createHost(context, options.accounts, fakeSaltKey(options.tls.key), (connection) => {
    unauthenticated.delete(connection);
  });

  function accept(socket: Socket): void {
    const transport = new SocketTransport(socket, secureContext, limits, timers);
    const connection = new Connection(host, transport);
    connections.set(socket, connection);
    unauthenticated.add(connection);
    const [oldest] = unauthenticated;
    if (unauthenticated.size > limits.maxUnauthenticated) {
      oldest?.fail(new StreamError('resource-constraint', 'too many clients are logging in'));
    }
    transport.open({
      received: (bytes) => connection.received(bytes),
      disconnected: () => {
        connections.delete(socket);
        connection.disconnected();
      },
    });
  }

  const server = createServer(accept);
  server.listen(options.listen.port, options.listen.host);
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  server.on('error', (error) => log.error('the XMPP server failed', { error: error.message }));
  log.info('XMPP clients may connect', { host: address, port, domain: context.domain });

  return {
    address: { host: address, port },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections.values()) {
        connection.fail(new StreamError('system-shutdown', 'the node is stopping'));
      }
      await closed;
    },
  };
}
