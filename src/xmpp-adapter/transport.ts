/** The bytes below a stream: a TCP connection, in clear and then perhaps in TLS. */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Timers } from '../base/index.js';
import { MINUTE_MS } from '../base/index.js';

export interface Transport {
  /** Where the client is, for the log. */
  readonly peer: string;
  /** Both ends are on this machine: nobody else can read along. */
  readonly loopback: boolean;
  readonly encrypted: boolean;
  write(text: string): void;
  pause(): void;
  resume(): void;
  /** Everything from here on is TLS. */
  startTls(): void;
  /** Sends what is left, then ends the connection. */
  end(): void;
}

export interface TransportEvents {
  received(bytes: Uint8Array): void;
  disconnected(): void;
}

export interface TransportLimits {
  readonly maxUnreadBytes: number;
  readonly closeTimeoutMs: number;
}

export class SocketTransport implements Transport {
  readonly peer: string;
  readonly loopback: boolean;
  encrypted = false;
  private readonly raw: Socket;
  private readonly secureContext: SecureContext;
  private readonly limits: TransportLimits;
  private readonly timers: Timers;
  private socket: Socket;
  private events: TransportEvents | undefined;
  private ending = false;

  constructor(socket: Socket, secureContext: SecureContext, limits: TransportLimits, timers: Timers) {
    this.raw = socket;
    this.socket = socket;
    this.secureContext = secureContext;
    this.limits = limits;
    this.timers = timers;
    this.peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
    this.loopback = isLoopback(socket.remoteAddress);
    socket.setNoDelay(true);
    // A laptop that closed its lid says nothing: find out without a word from the client.
    socket.setKeepAlive(true, MINUTE_MS);
  }

  open(events: TransportEvents): void {
    this.events = events;
    this.raw.on('close', () => events.disconnected());
    this.listen(this.raw);
  }

  write(text: string): void {
    if (this.ending || this.socket.destroyed || !this.socket.writable) return;
    this.socket.write(text);
    if (this.socket.writableLength > this.limits.maxUnreadBytes) this.raw.destroy();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  startTls(): void {
    this.raw.removeAllListeners('data');
    const secure = new TLSSocket(this.raw, { isServer: true, secureContext: this.secureContext });
    this.socket = secure;
    this.encrypted = true;
    this.listen(secure);
    secure.on('close', () => this.raw.destroy());
  }

  end(): void {
    if (this.ending) return;
    this.ending = true;
    this.socket.end();
    const forget = this.timers.after(this.limits.closeTimeoutMs, () => this.raw.destroy());
    this.raw.once('close', forget);
  }

  private listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.events?.received(bytes));
    // Every error is followed by `close`, which is what matters.
    socket.on('error', () => socket.destroy());
  }
}

export function isLoopback(address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:/i, '');
  return plain === '::1' || plain?.startsWith('127.') === true;
}
