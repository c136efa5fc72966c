/** TCP under TCPCLv4: the only file of the session that knows sockets. */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { HearsayError, messageOf } from '../../base/index.js';
import { plainAddress, withoutZone } from '../addresses.js';
import type { Connection, ConnectionHandlers, Listener, Transport } from '../connection.js';
import type { Endpoint } from '../types.js';
import { tlsOver } from './tls.js';

/** How long a peer may take to read our last words before we stop waiting. */
const FINISH_MS = 500;
/** For peers that switched keepalives off: the kernel asks instead. */
const TCP_KEEPALIVE_MS = 10_000;
/** Connections that the kernel queues before we accept them. */
const BACKLOG = 64;

export function tcpTransport(): Transport {
  return { dial, listen };
}

function dial(...[to, timeoutMs, handlers]: Parameters<Transport['dial']>): () => void {
  const socket = createConnection({ host: to.host, port: to.port, noDelay: true });
  const fail = (error: Error) => {
    socket.removeAllListeners();
    socket.on('error', () => {});
    socket.destroy();
    clearTimeout(timer);
    handlers.failed(error);
  };
  const timer = setTimeout(() => fail(new HearsayError('ERR_DIAL_TIMEOUT', 'nobody answered in time')), timeoutMs);
  socket.once('error', fail);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.removeListener('error', fail);
    handlers.opened(tcpConnection(socket, to));
  });
  return () => {
    clearTimeout(timer);
    socket.removeAllListeners();
    socket.on('error', () => {});
    socket.destroy();
  };
}

async function listen(on: Endpoint, accept: (connection: Connection) => void): Promise<Listener> {
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    accept(tcpConnection(socket, { host: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 }));
  });
  try {
    await listening(server, on);
  } catch (error) {
    // A machine without IPv6 still has the other half of "everywhere".
    if (on.host === '::' && codeOf(error) === 'EAFNOSUPPORT') return listen({ ...on, host: '0.0.0.0' }, accept);
    throw listenError(error, on);
  }
  // A listening socket does not fail later in any way that we could mend; a crash would only take the node with it.
  server.on('error', () => {});
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address : { address: on.host, port: on.port };
  return {
    address: { host: bound.address, port: bound.port },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listening(server: Server, on: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: on.host, port: on.port, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function listenError(error: unknown, on: Endpoint): HearsayError {
  if (codeOf(error) === 'EADDRINUSE') {
    return new HearsayError(
      'ERR_ADDRESS_IN_USE',
      `port ${on.port} on ${on.host} is taken by another program; stop that program, or choose another port (0 picks a free one)`,
      { cause: error },
    );
  }
  return new HearsayError('ERR_LISTEN', `cannot listen on ${on.host} port ${on.port}: ${messageOf(error)}`, {
    cause: error,
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function tcpConnection(socket: Socket, remote: Endpoint): Connection {
  let handlers: ConnectionHandlers | undefined;
  /** The socket, or TLS over it. */
  let stream = socket;
  socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
  // Without a listener an 'error' would end the process; each is followed by 'close', which is what matters.
  socket.on('error', () => {});
  const local = withoutZone(plainAddress(socket.localAddress));
  const gone = () => {
    const listener = handlers;
    handlers = undefined;
    listener?.closed();
  };
  const listen = () => {
    stream.on('data', (chunk) => handlers?.bytes(chunk));
    // The peer's half-close ends the session too: TCPCL has no use for a one-way connection.
    stream.on('end', gone);
    stream.on('close', gone);
    stream.resume();
  };
  return {
    remote,
    local,
    attach(given) {
      handlers = given;
      listen();
      if (socket.destroyed) process.nextTick(gone);
    },
    write(chunks, taken) {
      if (!stream.writable) return;
      stream.cork();
      for (const [index, chunk] of chunks.entries()) {
        const isLast = index === chunks.length - 1;
        if (isLast) stream.write(chunk, (error) => !error && handlers !== undefined && taken());
        else stream.write(chunk);
      }
      stream.uncork();
    },
    setReading(on) {
      if (on) stream.resume();
      else stream.pause();
    },
    startTls(side, credentials, early, done) {
      socket.removeAllListeners('data').removeListener('end', gone).removeListener('close', gone);
      // A stream that flows without a listener would drop what is put back.
      socket.pause();
      if (early.length > 0) socket.unshift(early);
      stream = tlsOver(socket, { side, credentials, host: remote.host }, (secured) => {
        if (handlers === undefined) return;
        if (secured.ok) listen();
        done(secured);
      });
    },
    finish() {
      handlers = undefined;
      stream.end();
      // Unread bytes would turn our close into a reset that overtakes our last words.
      stream.resume();
      setTimeout(() => socket.destroy(), FINISH_MS).unref();
    },
    drop() {
      handlers = undefined;
      stream.destroy();
      socket.destroy();
    },
  };
}
