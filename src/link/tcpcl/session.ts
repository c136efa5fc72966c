/** Hosts one session machine: carries out its actions on a connection, keeps its timer, answers its promises. */
import { invariant, type Logger, printable } from '../../base/index.js';
import type { Connection } from '../connection.js';
import type { Timers } from '../timers.js';
import type {
  CutTransfer,
  DownReason,
  Endpoint,
  IncomingTransfer,
  LinkSession,
  SendOutcome,
  SessionSecurity,
} from '../types.js';
import { type RefuseReason, TermReason } from './codes.js';
import { SessionMachine } from './machine.js';
import type { MachineOptions, SessionAction, SessionEvent } from './machine-events.js';
import { MAX_FRAME_BYTES } from './messages.js';
import type { SessionTerms } from './negotiation.js';

export interface SessionHandlers {
  /** The session stands; it delivers nothing until `release`. */
  up(session: TcpclSession): void;
  frame(session: TcpclSession, bytes: Uint8Array): void;
  bundle(session: TcpclSession, transfer: IncomingTransfer): void;
  /** The start of a bundle, before `closed`: the rest will not come. */
  cut?(session: TcpclSession, start: CutTransfer): void;
  /** A probe was answered. */
  alive(session: TcpclSession): void;
  /** Called once, also for a session that never was up. */
  closed(session: TcpclSession, reason: DownReason, detail: string): void;
}

export interface SessionOptions extends MachineOptions {
  readonly timers: Timers;
  readonly log: Logger;
  readonly handlers: SessionHandlers;
}

const NO_SECURITY: SessionSecurity = { encrypted: false, proved: false, channel: new Uint8Array(0) };

let lastSessionId = 0;

export class TcpclSession implements LinkSession {
  readonly id = ++lastSessionId;
  readonly role: 'active' | 'passive';
  readonly remote: Endpoint;
  /** Our own address at this end. */
  readonly local: string;
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #machine: SessionMachine;
  readonly #settlers = new Map<number, (outcome: SendOutcome) => void>();
  readonly #waitingForRoom: (() => void)[] = [];
  readonly #events: SessionEvent[] = [];
  #running = false;
  #nextToken = 0;
  #terms: SessionTerms | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerAt: number | undefined;

  constructor(connection: Connection, options: SessionOptions) {
    this.role = options.role;
    this.remote = connection.remote;
    this.local = connection.local;
    this.#connection = connection;
    this.#options = options;
    this.#machine = new SessionMachine(options);
    connection.attach({
      bytes: (bytes) => this.#run({ type: 'bytes', bytes }),
      closed: () => this.#run({ type: 'lost' }),
    });
    this.#run({ type: 'open' });
  }

  get peerEid(): string {
    return this.#terms?.peerEid ?? '';
  }

  get gossip(): boolean {
    return this.#terms?.gossip !== undefined;
  }

  get security(): SessionSecurity {
    return this.#terms?.security ?? NO_SECURITY;
  }

  /** What was agreed on; undefined before `up`. */
  get terms(): SessionTerms | undefined {
    return this.#terms;
  }

  get maxBundleBytes(): number {
    return this.#terms?.peerTransferBytes ?? Number.POSITIVE_INFINITY;
  }

  get bufferedBytes(): number {
    return this.#machine.bufferedBytes;
  }

  /** How long nothing has come from the peer though we listened, in ms. */
  silenceMs(): number {
    return this.#machine.silenceMs(this.#options.timers.now());
  }

  get ending(): boolean {
    return this.#machine.state === 'ending' || this.#machine.state === 'closed';
  }

  /**
   * True when the peer seems to have failed on our offer of gossip: it hung up on our SESS_INIT. A peer that sends its own
   * SESS_INIT before it has read ours (dtn7-rs) lets the session stand for a moment, and is not heard again.
   */
  get choked(): boolean {
    const { saidHello, heardFromPeer } = this.#machine;
    if (!saidHello || this.gossip) return false;
    return this.#terms === undefined || (this.#options.offer !== undefined && !heardFromPeer);
  }

  ready(): Promise<void> {
    return this.#machine.ready || this.ending
      ? Promise.resolve()
      : new Promise((resolve) => this.#waitingForRoom.push(resolve));
  }

  sendBundle(bytes: Uint8Array): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const token = this.#nextToken++;
      this.#settlers.set(token, resolve);
      this.#run({ type: 'send', token, bytes });
    });
  }

  sendFrame(bytes: Uint8Array): boolean {
    if (bytes.length > MAX_FRAME_BYTES || !this.#machine.takesFrame(bytes.length)) return false;
    this.#run({ type: 'send-frame', bytes });
    return true;
  }

  close(): void {
    this.end('terminated', TermReason.Unknown, this.#options.limits.drainMs);
  }

  /** Says goodbye for a reason; transfers that have begun get `drainMs` to finish. */
  end(reason: DownReason, code: TermReason, drainMs: number): void {
    this.#run({ type: 'terminate', code, reason, drainMs });
  }

  /** Lets frames and bundles through. */
  release(): void {
    this.#run({ type: 'release' });
  }

  /** Asks the peer for a sign of life; gossiping sessions only. */
  probe(): void {
    this.#run({ type: 'probe' });
  }

  /** Drops the connection without a word. */
  drop(): void {
    this.#connection.drop();
    this.#run({ type: 'lost' });
  }

  /** Handlers may call back into the session; such events wait until the current one is dealt with. */
  #run(event: SessionEvent): void {
    this.#events.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        this.#perform(this.#machine.handle(next, this.#options.timers.now()));
      }
    } finally {
      this.#running = false;
    }
    if (this.#machine.ready || this.ending) for (const resolve of this.#waitingForRoom.splice(0)) resolve();
    this.#setTimer();
  }

  #perform(actions: readonly SessionAction[]): void {
    // Everything that one event writes goes out in one piece: with TCP_NODELAY each write is a packet of its own.
    const chunks = actions.flatMap((action) => (action.type === 'write' ? [action.bytes] : []));
    if (chunks.length > 0) {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      this.#connection.write(chunks, () => this.#run({ type: 'flushed', length }));
    }
    for (const action of actions) this.#act(action);
  }

  #act(action: SessionAction): void {
    const { handlers, log } = this.#options;
    switch (action.type) {
      case 'write':
        break;
      case 'start-tls':
        this.#startTls(action.early);
        break;
      case 'up':
        this.#terms = action.terms;
        handlers.up(this);
        break;
      case 'frame':
        handlers.frame(this, action.bytes);
        break;
      case 'transfer':
        handlers.bundle(this, this.#incomingTransfer(action));
        break;
      case 'cut':
        handlers.cut?.(this, action);
        break;
      case 'settled':
        this.#settlers.get(action.token)?.(action.outcome);
        this.#settlers.delete(action.token);
        break;
      case 'alive':
        handlers.alive(this);
        break;
      case 'read':
        this.#connection.setReading(action.on);
        break;
      case 'closed':
        if (action.graceful) this.#connection.finish();
        else this.#connection.drop();
        log.debug('link session closed', {
          peer: printable(this.peerEid),
          host: this.remote.host,
          port: this.remote.port,
          reason: action.reason,
          detail: printable(action.detail, 200),
        });
        handlers.closed(this, action.reason, action.detail);
        break;
    }
  }

  #startTls(early: Uint8Array): void {
    const { security } = this.#options;
    invariant(security !== undefined, 'TLS is agreed on only where it was offered');
    const side = this.role === 'active' ? 'client' : 'server';
    this.#connection.startTls(side, security.credentials, early, (secured) => this.#run({ type: 'secured', secured }));
  }

  #incomingTransfer(action: Extract<SessionAction, { type: 'transfer' }>): IncomingTransfer {
    const { transferId, bytes, tookMs } = action;
    return {
      bytes,
      tookMs,
      accept: () => this.#run({ type: 'accept', transferId }),
      refuse: (reason: RefuseReason) => this.#run({ type: 'refuse', transferId, reason }),
    };
  }

  #setTimer(): void {
    const deadline = this.#machine.deadline;
    if (deadline === this.#timerAt) return;
    // An earlier timer that fires for nothing is cheaper than a new one for every message.
    if (deadline !== undefined && this.#timerAt !== undefined && deadline > this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = deadline;
    if (deadline === undefined) return;
    const { timers } = this.#options;
    this.#cancelTimer = timers.after(Math.max(0, deadline - timers.now()), () => {
      this.#timerAt = undefined;
      this.#run({ type: 'time' });
    });
  }
}
