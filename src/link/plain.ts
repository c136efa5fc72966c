/**
 * TCPCLv4 sessions on their own, without a neighbourhood and without gossip: for tools that hand one bundle over, or take
 * what comes.
 */
import { HearsayError, type Logger, messageOf } from '../base/index.js';
import type { Connection, Listener, Transport } from './connection.js';
import { DEFAULT_LIMITS } from './tcpcl/limits.js';
import { DEFAULT_RECEPTION_BYTES, ReceptionBudget } from './tcpcl/reception-budget.js';
import { type SessionHandlers, TcpclSession } from './tcpcl/session.js';
import { tcpTransport } from './tcpcl/tcp.js';
import type { Timers } from './timers.js';
import type { DownReason, Endpoint, IncomingTransfer, LinkSession } from './types.js';

export interface PlainOptions {
  /** Our node id as text, e.g. `dtn://tool/`. */
  readonly nodeEid: string;
  readonly timers: Timers;
  readonly log: Logger;
  /** @default TCP */
  readonly transport?: Transport;
}

export interface PlainHandlers {
  bundle(session: LinkSession, transfer: IncomingTransfer): void;
  /** The peer is there. */
  up?(session: LinkSession): void;
  down?(session: LinkSession, reason: DownReason): void;
}

/**
 * Resolves when the session stands.
 *
 * @throws HearsayError `ERR_DIAL`: nobody answers there, or no TCPCLv4 node does.
 */
export function dialPlain(
  to: Endpoint,
  timeoutMs: number,
  options: PlainOptions,
  handlers: PlainHandlers,
): Promise<LinkSession> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void => reject(new HearsayError('ERR_DIAL', why, { cause }));
    const place = `${to.host} port ${to.port}`;
    (options.transport ?? tcpTransport()).dial(to, timeoutMs, {
      failed: (error) => fail(`cannot connect to ${place}: ${messageOf(error)}`, error),
      opened: (connection) => {
        openPlain(connection, 'active', options, {
          ...handlers,
          up: (session) => {
            handlers.up?.(session);
            resolve(session);
          },
          down: (session, reason) => {
            handlers.down?.(session, reason);
            // Nothing happens where the session had stood.
            fail(`no TCPCLv4 session with ${place}: ${reason}`);
          },
        });
      },
    });
  });
}

/** @throws HearsayError `ERR_ADDRESS_IN_USE` or `ERR_LISTEN` */
export function listenPlain(on: Endpoint, options: PlainOptions, handlers: PlainHandlers): Promise<Listener> {
  return (options.transport ?? tcpTransport()).listen(on, (connection) => {
    openPlain(connection, 'passive', options, handlers);
  });
}

function openPlain(
  connection: Connection,
  role: 'active' | 'passive',
  options: PlainOptions,
  handlers: PlainHandlers,
): void {
  const session: SessionHandlers = {
    up: (up) => {
      handlers.up?.(up);
      up.release();
    },
    frame: () => {},
    bundle: (from, transfer) => handlers.bundle(from, transfer),
    alive: () => {},
    closed: (closed, reason) => handlers.down?.(closed, reason),
  };
  new TcpclSession(connection, {
    role,
    nodeEid: options.nodeEid,
    limits: DEFAULT_LIMITS,
    offer: undefined,
    budget: new ReceptionBudget(DEFAULT_RECEPTION_BYTES),
    timers: options.timers,
    log: options.log,
    handlers: session,
  });
}
