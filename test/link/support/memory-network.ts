/**
 * Hosts and cables in memory: connections that take 1 ms per hop on a fake clock, can be cut without a word (a laptop
 * carried off), reset, or made slow. TLS is played: certificates change hands, nothing is encrypted. What one write carries arrives in pieces of any size that a test asks for.
 */
import { X509Certificate } from 'node:crypto';
import type {
  Connection,
  ConnectionHandlers,
  Endpoint,
  Secured,
  TlsCredentials,
  Transport,
} from '../../../src/link/index.js';
import { peerCertificate } from '../../../src/link/security/index.js';
import type { FakeTimers } from './fake-timers.js';

const LATENCY_MS = 1;
/** What the two ends of a played TLS connection export. */
const CHANNEL = new Uint8Array(32).fill(9);

export interface MemoryNetwork {
  /** @param address what others dial and see */
  host(address: string): Transport;
  /** Silence in both directions from now on; nobody is told. */
  cut(a: string, b: string): void;
  mend(a: string, b: string): void;
  /** Both ends of every connection learn at once that it is gone. */
  resetAll(): void;
  /** One host learns that its connections are gone; the others' ends know nothing of it. */
  resetAt(address: string): void;
  /** Another address of the same host. */
  alias(alias: string, address: string): void;
  /** Bytes under way in all connections. */
  inFlight(): number;
  readonly dials: { readonly from: string; readonly to: string; readonly at: number }[];
}

export function memoryNetwork(timers: FakeTimers): MemoryNetwork {
  const listeners = new Map<string, (connection: Connection) => void>();
  const cuts = new Set<string>();
  const ends = new Set<PipeEnd>();
  const owners = new Map<PipeEnd, string>();
  const aliases = new Map<string, string>();
  const dials: { from: string; to: string; at: number }[] = [];
  let nextPort = 40_000;
  const isCut = (a: string, b: string) => cuts.has(`${a} ${b}`);
  return {
    dials,
    cut(a, b) {
      cuts.add(`${a} ${b}`).add(`${b} ${a}`);
    },
    mend(a, b) {
      cuts.delete(`${a} ${b}`);
      cuts.delete(`${b} ${a}`);
    },
    resetAll() {
      for (const end of [...ends]) end.reset();
    },
    resetAt(address) {
      for (const [end, owner] of owners) if (owner === address) end.reset();
    },
    alias(alias, address) {
      aliases.set(alias, address);
    },
    inFlight: () => [...ends].reduce((sum, end) => sum + end.inFlight, 0),
    host: (address) => ({
      dial(to, timeoutMs, handlers) {
        dials.push({ from: address, to: to.host, at: timers.now() });
        const target = aliases.get(to.host) ?? to.host;
        const accept = listeners.get(`${target}:${to.port}`);
        if (isCut(address, target)) {
          return timers.after(timeoutMs, () => handlers.failed(new Error('nobody answered in time')));
        }
        return timers.after(LATENCY_MS, () => {
          if (accept === undefined) {
            handlers.failed(new Error('refused'));
            return;
          }
          const here: Endpoint = { host: address, port: nextPort++ };
          const [near, far] = pipe(timers, to, here, () => isCut(address, target));
          near.local = address;
          far.local = target;
          for (const end of [near, far]) ends.add(end);
          owners.set(near, address).set(far, target);
          handlers.opened(near);
          accept(far);
        });
      },
      async listen(on, accept) {
        const port = on.port === 0 ? nextPort++ : on.port;
        const key = `${address}:${port}`;
        listeners.set(key, accept);
        return { address: { host: address, port }, close: async () => void listeners.delete(key) };
      },
    }),
  };
}

/** A connection between two ends that see each other as `remoteOfNear` and `remoteOfFar`. */
export function pipe(
  timers: FakeTimers,
  remoteOfNear: Endpoint,
  remoteOfFar: Endpoint,
  isCut: () => boolean = () => false,
): [PipeEnd, PipeEnd] {
  const near = new PipeEnd(timers, remoteOfNear, isCut);
  const far = new PipeEnd(timers, remoteOfFar, isCut);
  near.other = far;
  far.other = near;
  return [near, far];
}

export class PipeEnd implements Connection {
  readonly remote: Endpoint;
  local = '';
  other: PipeEnd | undefined;
  /** Sees what this end writes, when it writes it. */
  tap: ((bytes: Uint8Array) => void) | undefined;
  /** When false, the operating system takes nothing more from this end's writer. */
  takesWrites = true;
  inFlight = 0;
  readonly #timers: FakeTimers;
  readonly #isCut: () => boolean;
  #handlers: ConnectionHandlers | undefined;
  #reading = true;
  #open = true;
  readonly #unread: Uint8Array[] = [];
  readonly #untaken: (() => void)[] = [];
  #closedByOther = false;
  /** What this end has shown, or is about to show. */
  credentials: TlsCredentials | undefined;
  handshake: { readonly credentials: TlsCredentials; readonly done: (secured: Secured) => void } | undefined;

  constructor(timers: FakeTimers, remote: Endpoint, isCut: () => boolean) {
    this.#timers = timers;
    this.remote = remote;
    this.#isCut = isCut;
  }

  get reading(): boolean {
    return this.#reading;
  }

  get open(): boolean {
    return this.#open;
  }

  attach(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#timers.after(0, () => this.#deliver());
  }

  write(chunks: readonly Uint8Array[], taken: () => void): void {
    if (!this.#open) return;
    const bytes = Buffer.concat(chunks);
    this.tap?.(bytes);
    this.inFlight += bytes.length;
    const pass = () => {
      this.#timers.after(LATENCY_MS, () => {
        this.inFlight -= bytes.length;
        if (!this.#isCut()) this.other?.receive(bytes);
        if (this.#open) taken();
      });
    };
    if (this.takesWrites) pass();
    else this.#untaken.push(pass);
  }

  /** Lets held writes go. */
  takeWrites(): void {
    for (const pass of this.#untaken.splice(0)) pass();
  }

  receive(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#unread.push(bytes);
    this.#deliver();
  }

  setReading(on: boolean): void {
    this.#reading = on;
    if (on) this.#timers.after(0, () => this.#deliver());
  }

  startTls(_side: string, credentials: TlsCredentials, early: Uint8Array, done: (secured: Secured) => void): void {
    this.credentials = credentials;
    this.handshake = { credentials, done };
    if (early.length > 0) this.#unread.unshift(early);
    const theirs = this.other?.handshake;
    // Whoever comes second completes it: a round trip later for both.
    if (theirs !== undefined)
      for (const end of [this, this.other]) this.#timers.after(2 * LATENCY_MS, () => end?.secure());
    this.#timers.after(0, () => this.#deliver());
  }

  secure(): void {
    const mine = this.handshake;
    const theirs = this.other?.credentials;
    this.handshake = undefined;
    if (!this.#open || mine === undefined || theirs === undefined) return;
    const authorities = (mine.credentials.authorities ?? []).map((pem) => new X509Certificate(pem));
    const certificate = peerCertificate(new X509Certificate(theirs.certificate), authorities);
    mine.done({ ok: true, certificate, channel: CHANNEL });
    this.#deliver();
  }

  finish(): void {
    this.#close(() => this.other?.hangUp());
  }

  drop(): void {
    this.#close(() => this.other?.hangUp());
  }

  reset(): void {
    if (!this.#open) return;
    this.#open = false;
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.closed();
  }

  hangUp(): void {
    this.#closedByOther = true;
    this.#deliver();
  }

  #close(tell: () => void): void {
    if (!this.#open) return;
    this.#open = false;
    this.#handlers = undefined;
    // After what was written before it.
    this.#timers.after(LATENCY_MS, () => this.#isCut() || tell());
  }

  #deliver(): void {
    const handshake = this.handshake;
    if (handshake !== undefined) {
      // Words in clear, where only a handshake may come.
      if (this.#unread.length === 0 && !this.#closedByOther) return;
      this.handshake = undefined;
      handshake.done({ ok: false, why: 'that is not TLS' });
    }
    while (this.#open && this.#reading && this.#handlers !== undefined) {
      const bytes = this.#unread.shift();
      if (bytes === undefined) break;
      this.#handlers.bytes(bytes);
    }
    if (this.#open && this.#reading && this.#closedByOther && this.#unread.length === 0 && this.#handlers) {
      this.#open = false;
      const handlers = this.#handlers;
      this.#handlers = undefined;
      handlers.closed();
    }
  }
}
